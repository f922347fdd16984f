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

/// Classes of a model that classifies: num_labels, or as many as id2label names, or 2.
inline int64_t number_of_labels(const ConfigValues& values) {
  int64_t labels = 2;
  if (const Json* const names = values.find("id2label")) {
    if (!names->is_object() || names->size() == 0) values.fail("id2label", *names, "names of classes");
    labels = static_cast<int64_t>(names->size());
  }
  values.size_or_null("num_labels", labels);
  return labels;
}

inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// The name, and the same with or without `prefix`: files of the model below a head have none.
inline std::vector<std::string> with_and_without(const std::string& prefix, const std::string& name) {
  return {name, name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : prefix + name};
}

}  // namespace lamina::detail
