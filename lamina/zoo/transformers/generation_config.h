// How text is generated, in the words of Hugging Face's GenerationConfig.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/json.h"

namespace lamina {

/// What generate() does. The defaults are those of the library where generation_config.json says nothing.
struct GenerationConfig {
  // How long
  /// Tokens with the prompt (of the decoder, its start token included); absent: 20 new ones.
  std::optional<int64_t> max_length = {};
  std::optional<int64_t> max_new_tokens = {};  ///< counts instead of max_length
  int64_t min_length = 0;                      ///< the same the other way: the text may not end before
  std::optional<int64_t> min_new_tokens = {};

  // How a token is chosen
  bool do_sample = false;  ///< draw from the distribution; else the likeliest
  int64_t num_beams = 1;   ///< how many texts are followed at the same time
  int64_t num_return_sequences = 1;
  double length_penalty = 1.0;  ///< beams are compared by log probability / length ^ this
  /// When a beam search ends: true: with as many finished texts as beams; false: when it is unlikely that a
  /// better one comes; "never" (Json string): when none can come.
  Json early_stopping = false;
  double temperature = 1.0;
  int64_t top_k = 50;  ///< 0: all
  double top_p = 1.0;
  std::optional<double> min_p = {};

  // What may not come
  double repetition_penalty = 1.0;
  int64_t no_repeat_ngram_size = 0;
  std::vector<int32_t> suppress_tokens = {};
  std::vector<int32_t> begin_suppress_tokens = {};
  std::vector<std::vector<int32_t>> bad_words_ids = {};
  std::optional<int32_t> forced_bos_token_id = {};
  std::optional<int32_t> forced_eos_token_id = {};

  // Tokens with a meaning
  std::vector<int32_t> eos_token_id = {};
  std::optional<int32_t> pad_token_id = {};
  std::optional<int32_t> bos_token_id = {};
  std::optional<int32_t> decoder_start_token_id = {};

  /// From generation_config.json, or from config.json of older folders, which has the same keys. Throws
  /// FileError for values that cannot be, and, by name, for keys that are not here and would change what is
  /// generated.
  /// @param source  the file, for messages
  static GenerationConfig from_json(const Json& json, const std::string& source);
  /// What differs from the defaults, as the library writes it.
  Json to_json() const;
  /// Throws InvalidArgument for values that cannot be or contradict each other, naming them.
  void check(int64_t vocab_size) const;
};

/// One call of generate().
struct GenerateOptions {
  std::optional<GenerationConfig> config = {};  ///< instead of the model's
  // Instead of what the configuration says:
  std::optional<int64_t> max_new_tokens = {};
  std::optional<int64_t> min_new_tokens = {};
  std::optional<int64_t> num_beams = {};
  std::optional<int64_t> num_return_sequences = {};
  std::optional<bool> do_sample = {};
  std::optional<double> temperature = {};
  std::optional<int64_t> top_k = {};
  std::optional<double> top_p = {};
  std::optional<double> min_p = {};
  std::optional<double> repetition_penalty = {};
  std::optional<int64_t> no_repeat_ngram_size = {};
  std::optional<double> length_penalty = {};

  uint64_t seed = 0;  ///< of sampling
  /// Called with each new token of text number `row`, as soon as it is certain (with several beams: when all
  /// is done). Where it returns false the generation ends, and what there is so far is the result.
  std::function<bool(size_t row, int32_t id)> on_token = {};
  /// Whether a text ends with the last of these new tokens, beside the tokens that end one: for stop strings.
  std::function<bool(std::span<const int32_t> tokens)> stops = {};
};

}  // namespace lamina
