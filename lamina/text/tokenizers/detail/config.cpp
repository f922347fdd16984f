// Members of parts; also the registries of all kinds of parts.
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/base/utf8.h"

#include "lamina/nn/detail/registry-inl.h"
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina {
template class Registry<detail::tokenizers::Normalizer>;
template class Registry<detail::tokenizers::PreTokenizer>;
template class Registry<detail::tokenizers::Model>;
template class Registry<detail::tokenizers::PostProcessor>;
template class Registry<detail::tokenizers::Decoder>;
}  // namespace lamina

namespace lamina::detail::tokenizers {

std::string text_of(ConfigReader& reader, const char* key) {
  const Json json = reader.json(key);
  if (!json.is_string()) reader.fail(key, "a text was expected, and " + json.dump().substr(0, 40) + " came");
  return json.as_string();
}

uint32_t character_of(ConfigReader& reader, const char* key) {
  const std::string text = text_of(reader, key);
  if (count_characters(text) != 1)
    reader.fail(key, "one character was expected, and '" + text.substr(0, 40) + "' came");
  return character_at(text, 0).code;
}

std::pair<bool, std::string> pattern_of(ConfigReader& reader, const char* key) {
  const Json json = reader.json(key);
  if (json.is_string()) return {false, json.as_string()};
  for (const bool regex : {false, true}) {
    const Json* text = json.find(regex ? "Regex" : "String");
    if (text != nullptr && text->is_string() && json.size() == 1) return {regex, text->as_string()};
  }
  reader.fail(key, "{\"String\": text} or {\"Regex\": pattern} was expected, and " +
                       json.dump().substr(0, 60) + " came");
}

std::pair<std::string, int32_t> token_of(ConfigReader& reader, const char* key) {
  const Json json = reader.json(key);
  if (!json.is_list() || json.size() != 2 || !json.at(size_t{0}).is_string() ||
      !json.at(size_t{1}).is_int() || json.at(size_t{1}).as_int() < 0 ||
      json.at(size_t{1}).as_int() > INT32_MAX)
    reader.fail(key, "[token, id] was expected, and " + json.dump().substr(0, 60) + " came");
  return {json.at(size_t{0}).as_string(), static_cast<int32_t>(json.at(size_t{1}).as_int())};
}

std::vector<Json> parts_of(ConfigReader& reader, const char* key) {
  const Json json = reader.json(key);
  if (!json.is_list())
    reader.fail(key, "a list of parts was expected, and " + json.dump().substr(0, 60) + " came");
  return json.as_list();
}

}  // namespace lamina::detail::tokenizers
