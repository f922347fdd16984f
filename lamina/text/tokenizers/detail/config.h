// What parts read from their JSON, beyond what ConfigReader has.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/nn/config.h"

namespace lamina::detail::tokenizers {

/// A reader of a part; its "type" was read when the part was chosen.
inline ConfigReader read_part(const Json& json, const char* type) {
  ConfigReader reader(json, type);
  reader.known("type");
  return reader;
}

/// A member that must be a text.
std::string text_of(ConfigReader& reader, const char* key);
/// A member that is one character.
uint32_t character_of(ConfigReader& reader, const char* key);
/// {"String": text} or {"Regex": pattern}, or a plain text: whether it is a regular expression, and its text.
std::pair<bool, std::string> pattern_of(ConfigReader& reader, const char* key);
/// ["token", id], as BertProcessing writes.
std::pair<std::string, int32_t> token_of(ConfigReader& reader, const char* key);
/// The parts of a Sequence: the list `key` of objects.
std::vector<Json> parts_of(ConfigReader& reader, const char* key);

/// A part of the Base that JSON describes: {"type": ..., ...}. Throws InvalidArgument for an unknown type.
template <class Part>
std::shared_ptr<Part> make_part(const Json& json) {
  if (!json.is_object() || !json.contains("type") || !json.at("type").is_string())
    throw InvalidArgument(std::string("a ") + Part::kKind +
                          " without a \"type\": " + json.dump().substr(0, 80));
  return Registry<Part>::make(json.at("type").as_string(), json);
}

}  // namespace lamina::detail::tokenizers
