// A tokenizer as a folder that AutoTokenizer reads, here and in Python.
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/text/tokenizers/detail/state.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

namespace lamina {

void PretrainedTokenizer::save_pretrained(const std::string& folder) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError("'" + folder + "' cannot be made: " + error.message());
  const auto write = [&](const std::string& name, const std::string& content) {
    write_file((std::filesystem::path(folder) / name).string(), content);
  };
  const detail::tokenizers::TokenizerState& state = *state_;
  Json config = state.config.json;
  Json roles = Json::object();
  for (const auto& [role, token] : state.config.special_tokens) roles[role] = token;
  for (const auto& [role, token] : state.config.special_tokens) {
    if (!config.contains(role)) config[role] = token;
  }
  if (!config.contains("tokenizer_class")) config["tokenizer_class"] = "PreTrainedTokenizerFast";
  if (state.files.empty()) {
    write("tokenizer.json", to_json().dump(2) + "\n");
  } else {
    for (const auto& [name, content] : state.files) write(name, content);
  }
  write("tokenizer_config.json", config.dump(2) + "\n");
  write("special_tokens_map.json", roles.dump(2) + "\n");
}

}  // namespace lamina
