// What a PretrainedTokenizer consists of.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/text/tokenizers/detail/added_tokens.h"
#include "lamina/text/tokenizers/detail/encodings.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/word_cache.h"

namespace lamina::detail::tokenizers {

/// A part with the JSON that it was made from, which is written again when the tokenizer is saved.
template <class Part>
struct Described {
  std::shared_ptr<const Part> part;
  Json json;
};

/// What tokenizer_config.json and special_tokens_map.json say.
struct TokenizerConfig {
  std::vector<std::pair<std::string, std::string>> special_tokens;  ///< {"eos_token", "</s>"}, ...
  std::optional<int64_t> model_max_length = {};
  std::string padding_side = "right", truncation_side = "right";
  bool clean_up_tokenization_spaces = false;
  Json json = Json::object();  ///< all of it, to be written again
};

struct TokenizerState {
  std::string name;  ///< the file or folder, for messages
  Described<Normalizer> normalizer;
  Described<PreTokenizer> pre_tokenizer;
  Described<PostProcessor> post_processor;
  Described<Decoder> decoder;
  std::shared_ptr<const Model> model;
  AddedTokens added;
  std::optional<Truncation> truncation = {};  ///< of tokenizer.json
  std::optional<Padding> padding = {};
  TokenizerConfig config;
  /// Files to be written when this is saved, where tokenizer.json cannot say it: name and content.
  std::vector<std::pair<std::string, std::string>> files;
  /// Marian: the tokenizer of the target's language.
  std::shared_ptr<const TokenizerState> target = {};

  // What encoding uses: the same as above but for byte-level tokenizers, where the model takes bytes.
  std::shared_ptr<const PreTokenizer> fast_pre_tokenizer;
  std::shared_ptr<const Model> fast_model;
  std::unique_ptr<WordCaches> caches = std::make_unique<WordCaches>();

  /// Chooses the two. Call once all parts are there.
  void finish();
  /// The id of the token with that role; absent where there is none.
  std::optional<int32_t> id_of_role(const char* role) const;
  /// -1 where there is none.
  int32_t find(std::string_view token) const;
};

/// A state from the content of a tokenizer.json. Throws FileError; `name` opens its message.
std::shared_ptr<TokenizerState> read_state(const Json& json, const std::string& name);
/// The content of tokenizer.json of a state. Throws Unsupported.
Json state_to_json(const TokenizerState& state);

}  // namespace lamina::detail::tokenizers
