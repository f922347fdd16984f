// How text is generated, in the words of Hugging Face's GenerationConfig.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/json.h"

namespace lamina {

class PretrainedModel;
class PromptPrefix;

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

/// What one call of generate() took.
struct GenerationFigures {
  int64_t steps = 0;         ///< of the model: each reads new tokens of all texts
  int64_t read = 0;          ///< tokens that it read, of prompts and of what it wrote
  int64_t drafted = 0;       ///< tokens that the draft proposed
  int64_t accepted = 0;      ///< those of them that were taken
  uint64_t cache_bytes = 0;  ///< memory of what it kept of earlier tokens, at the end
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

  // How it is computed
  /// A smaller model that proposes tokens, which the model then reads together (Leviathan et al., 2023, arXiv
  /// 2211.17192; the library's assistant_model). Texts are those that come without it, sampled ones have the
  /// same distribution. It must have the same vocabulary, kind (an encoder or none) and a context as long as
  /// the texts; neither model may keep states that do not go back (LSTM), and num_beams must be 1.
  std::shared_ptr<const PretrainedModel> draft = {};
  int64_t num_assistant_tokens = 5;  ///< tokens that the draft proposes at a time, 1 to 64
  /// How keys and values of earlier tokens are kept: empty: as the model computes them; "int8": integers with
  /// a scale for each token and head, in little more than a quarter of float32's memory.
  std::string cache = {};
  /// What PretrainedModel::read_prefix() gave: prompts that begin alike do not read that part again. Made by
  /// the same model, with weights as they are, and with the same `cache`.
  std::shared_ptr<const PromptPrefix> prefix = {};

  /// Called with each new token of text number `row`, as soon as it is certain (with several beams: when all
  /// is done). Where it returns false the generation ends, and what there is so far is the result.
  std::function<bool(size_t row, int32_t id)> on_token = {};
  /// Whether a text ends with the last of these new tokens, beside the tokens that end one: for stop strings.
  std::function<bool(std::span<const int32_t> tokens)> stops = {};
  /// Called once, when all is written.
  std::function<void(const GenerationFigures& figures)> on_end = {};
};

}  // namespace lamina
