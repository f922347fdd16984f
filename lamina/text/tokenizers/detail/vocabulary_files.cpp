// Tokenizers that are told by a vocabulary alone: the rest of the pipeline is that of the architecture.
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/detail/files.h"

namespace lamina::detail::tokenizers {
namespace {

std::string class_of(const TokenizerConfig& config) {
  const Json* name = config.json.find("tokenizer_class");
  return name != nullptr && name->is_string() ? name->as_string() : "";
}

bool flag(const TokenizerConfig& config, const char* key, bool otherwise) {
  const Json* value = config.json.find(key);
  return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
}

void set_role_unless_there(TokenizerConfig& config, const char* role, const char* token) {
  for (const auto& [name, value] : config.special_tokens) {
    if (name == role) return;
  }
  config.special_tokens.emplace_back(role, token);
}

std::string role_of(const TokenizerConfig& config, const char* role) {
  for (const auto& [name, value] : config.special_tokens) {
    if (name == role) return value;
  }
  return "";
}

// The token with its id, as post-processors are told.
Json token_and_id(const Vocabulary& vocabulary, const std::string& token, const std::string& name) {
  const int32_t id = vocabulary.find(token);
  if (id < 0) throw FileError("'" + name + "' lacks the token '" + token + "', which is put around texts");
  return Json::list({token, id});
}

Json special(const std::string& token, int64_t id, bool lstrip = false) {
  return Json::object(
      {{"id", id}, {"content", token}, {"lstrip", lstrip}, {"normalized", false}, {"special", true}});
}

}  // namespace

std::shared_ptr<TokenizerState> word_piece_state(const std::string& path, TokenizerConfig config) {
  for (const auto& [role, token] :
       {std::pair{"unk_token", "[UNK]"}, std::pair{"sep_token", "[SEP]"}, std::pair{"pad_token", "[PAD]"},
        std::pair{"cls_token", "[CLS]"}, std::pair{"mask_token", "[MASK]"}})
    set_role_unless_there(config, role, token);
  const Vocabulary vocabulary = read_vocab_txt(path);
  const bool lower = flag(config, "do_lower_case", true);
  Json added = Json::list();
  for (const auto& [role, token] : config.special_tokens) {
    if (const int32_t id = vocabulary.find(token); id >= 0) added.push_back(special(token, id));
  }
  const Json* strip_accents = config.json.find("strip_accents");
  Json json = Json::object(
      {{"version", "1.0"},
       {"added_tokens", added},
       {"normalizer", Json::object({{"type", "BertNormalizer"},
                                    {"clean_text", true},
                                    {"handle_chinese_chars", flag(config, "tokenize_chinese_chars", true)},
                                    {"strip_accents", strip_accents ? *strip_accents : Json()},
                                    {"lowercase", lower}})},
       {"pre_tokenizer", Json::object({{"type", "BertPreTokenizer"}})},
       {"post_processor",
        Json::object({{"type", "BertProcessing"},
                      {"sep", token_and_id(vocabulary, role_of(config, "sep_token"), path)},
                      {"cls", token_and_id(vocabulary, role_of(config, "cls_token"), path)}})},
       {"decoder", Json::object({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}})},
       {"model", Json::object({{"type", "WordPiece"},
                               {"unk_token", role_of(config, "unk_token")},
                               {"continuing_subword_prefix", "##"},
                               {"max_input_chars_per_word", 100},
                               {"vocab", vocabulary.to_json()}})}});
  auto state = read_state(json, path);
  state->config = std::move(config);
  add_configured_tokens(*state);
  return state;
}

std::shared_ptr<TokenizerState> byte_bpe_state(const std::string& vocab, const std::string& merges,
                                               TokenizerConfig config) {
  const Json model = bpe_of_files(vocab, merges);
  const Vocabulary vocabulary = [&] {
    try {
      return Vocabulary::from_json(model.at("vocab"));
    } catch (const InvalidArgument& error) {
      throw FileError("'" + vocab + "': " + error.what());
    }
  }();
  // RoBERTa's vocabularies have <s> and </s>; GPT-2's end texts in one way.
  const std::string name = class_of(config);
  const bool roberta = name.starts_with("Roberta") || name.starts_with("Bart") ||
                       (name.empty() && vocabulary.find("<s>") >= 0 && vocabulary.find("</s>") >= 0);
  const bool prefix = flag(config, "add_prefix_space", false);
  std::vector<std::pair<const char*, const char*>> roles;
  if (roberta) {
    roles = {{"bos_token", "<s>"},   {"eos_token", "</s>"}, {"unk_token", "<unk>"},  {"sep_token", "</s>"},
             {"pad_token", "<pad>"}, {"cls_token", "<s>"},  {"mask_token", "<mask>"}};
  } else if (vocabulary.find("<|endoftext|>") >= 0) {
    roles = {{"bos_token", "<|endoftext|>"}, {"eos_token", "<|endoftext|>"}, {"unk_token", "<|endoftext|>"}};
  }
  for (const auto& [role, token] : roles) set_role_unless_there(config, role, token);
  Json added = Json::list();
  for (const auto& [role, token] : config.special_tokens) {
    if (const int32_t id = vocabulary.find(token); id >= 0)
      added.push_back(special(token, id, role == "mask_token"));
  }
  const Json bytes = Json::object(
      {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", true}, {"use_regex", true}});
  Json processor = Json::object(
      {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", false}, {"use_regex", true}});
  if (roberta) {
    processor = Json::object({{"type", "RobertaProcessing"},
                              {"sep", token_and_id(vocabulary, role_of(config, "sep_token"), vocab)},
                              {"cls", token_and_id(vocabulary, role_of(config, "cls_token"), vocab)},
                              {"trim_offsets", true},
                              {"add_prefix_space", prefix}});
  }
  auto state = read_state(Json::object({{"version", "1.0"},
                                        {"added_tokens", added},
                                        {"pre_tokenizer", bytes},
                                        {"post_processor", processor},
                                        {"decoder", bytes},
                                        {"model", model}}),
                          vocab);
  state->config = std::move(config);
  add_configured_tokens(*state);
  return state;
}

}  // namespace lamina::detail::tokenizers
