// What the files of all architectures have in common. Internal header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lamina/zoo/transformers/detail/config_values.h"

namespace lamina::detail {

/// The members of config.json, after a look at those that every model of the library may have and that would
/// change what is computed.
/// @param name  of the configuration, for messages: "GPT2Config"
inline ConfigValues family_values(const Json& json, const std::string& name) {
  const ConfigValues values(json, name);
  values.only("pruned_heads", Json::object());
  values.only("tie_encoder_decoder", false);
  if (const Json* const found = values.find("quantization_config"))
    values.fail("quantization_config", *found, "a model that is not quantized");
  return values;
}

inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// The name, and the name without `prefix`: files of the model without a head have none.
inline std::vector<std::string> with_and_without(std::string_view prefix, const std::string& name) {
  if (name.compare(0, prefix.size(), prefix) != 0) return {name};
  return {name, name.substr(prefix.size())};
}

}  // namespace lamina::detail
