// tokenizer_config.json and special_tokens_map.json.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/text/tokenizers/detail/files.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr const char* kRoles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                  "pad_token", "cls_token", "mask_token"};

// A token is a text, or an object with its content.
std::optional<std::string> content_of(const Json* json) {
  if (json == nullptr) return std::nullopt;
  if (json->is_string()) return json->as_string();
  const Json* content = json->find("content");
  if (content == nullptr || !content->is_string()) return std::nullopt;
  return content->as_string();
}

void set_role(TokenizerConfig& config, const std::string& role, const std::string& token) {
  for (auto& [name, value] : config.special_tokens) {
    if (name == role) {
      value = token;
      return;
    }
  }
  config.special_tokens.emplace_back(role, token);
}

void read_roles(const Json& json, TokenizerConfig& config) {
  for (const char* role : kRoles) {
    if (const auto token = content_of(json.find(role))) set_role(config, role, *token);
  }
}

AddedTokenOptions added_of(const Json& json, bool special) {
  AddedTokenOptions token;
  token.special = special;
  token.normalized = !special;
  if (json.is_string()) {
    token.content = json.as_string();
    return token;
  }
  const auto flag = [&](const char* key, bool otherwise) {
    const Json* value = json.find(key);
    return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
  };
  token.content = content_of(&json).value_or("");
  token.single_word = flag("single_word", false);
  token.lstrip = flag("lstrip", false);
  token.rstrip = flag("rstrip", false);
  token.special = flag("special", special);
  token.normalized = flag("normalized", !token.special);
  return token;
}

}  // namespace

Json read_json(const std::string& path) {
  constexpr size_t kMost = size_t{256} << 20;
  return Json::parse(read_file(path, kMost), path, kMost);
}

TokenizerConfig read_config(const std::string& folder) {
  TokenizerConfig config;
  const auto file = [&](const char* name) { return (std::filesystem::path(folder) / name).string(); };
  if (const std::string path = file("special_tokens_map.json"); std::filesystem::exists(path))
    read_roles(read_json(path), config);
  const std::string path = file("tokenizer_config.json");
  if (!std::filesystem::exists(path)) return config;
  config.json = read_json(path);
  if (!config.json.is_object()) throw FileError("'" + path + "' holds no object");
  read_roles(config.json, config);
  if (const Json* length = config.json.find("model_max_length"); length != nullptr && length->is_number()) {
    // Python writes 1e30 where there is no limit.
    if (const double value = length->as_double(); value >= 1 && value < 1e9)
      config.model_max_length = static_cast<int64_t>(value);
  }
  for (const auto& [key, to] : {std::pair{"padding_side", &config.padding_side},
                                std::pair{"truncation_side", &config.truncation_side}}) {
    const Json* side = config.json.find(key);
    if (side == nullptr || side->is_null()) continue;
    if (*side != Json("left") && *side != Json("right"))
      throw FileError("'" + path + "': " + key + " is " + side->dump().substr(0, 40) +
                      "; \"left\" or \"right\" can be");
    *to = side->as_string();
  }
  if (const Json* clean = config.json.find("clean_up_tokenization_spaces");
      clean != nullptr && clean->is_bool())
    config.clean_up_tokenization_spaces = clean->as_bool();
  return config;
}

void add_configured_tokens(TokenizerState& state) {
  std::vector<std::pair<int64_t, AddedTokenOptions>> numbered;
  if (const Json* added = state.config.json.find("added_tokens_decoder");
      added != nullptr && added->is_object()) {
    for (const auto& [id, token] : added->as_object())
      numbered.emplace_back(std::strtoll(id.c_str(), nullptr, 10), added_of(token, false));
  }
  std::stable_sort(numbered.begin(), numbered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<AddedTokenOptions> tokens;
  const auto want = [&](AddedTokenOptions token) {
    if (token.content.empty()) return;
    for (const AddedTokenOptions& other : tokens) {
      if (other.content == token.content) return;
    }
    if (state.added.find(token.content) < 0) tokens.push_back(std::move(token));
  };
  for (auto& [id, token] : numbered) want(token);
  for (const auto& [role, token] : state.config.special_tokens) {
    const Json* json = state.config.json.find(role);
    want(added_of(json != nullptr && json->is_object() ? *json : Json(token), true));
  }
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    const Json* list = state.config.json.find(key);
    if (list == nullptr || !list->is_list()) continue;
    for (const Json& token : list->as_list()) want(added_of(token, true));
  }
  state.added.add(tokens, state.model->vocabulary(), state.normalizer.part.get());
}

}  // namespace lamina::detail::tokenizers
