// Which tokens may come next, and how likely they are made: what stands between a model's logits and the
// choice. Internal header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lamina/zoo/transformers/generation_config.h"

namespace lamina::detail {

/// The rules of one generation, in the order in which Hugging Face's library applies them.
class TokenRules {
 public:
  /// @param prompt  tokens that each row begins with (padding included)
  /// @param end     tokens that a row has at most
  TokenRules(const GenerationConfig& config, int64_t vocab_size, int64_t prompt, int64_t end);

  /// Whether apply() changes anything.
  bool any() const { return any_; }
  /// Changes `scores`, one for each token: -infinity for what may not come.
  /// @param row      the tokens so far, without padding
  /// @param padding  how many of it stood before them
  void apply(std::span<const int32_t> row, int64_t padding, std::span<float> scores);

 private:
  void penalise_repetition(std::span<const int32_t> row, std::span<float> scores);
  void forbid_repeated_ngrams(std::span<const int32_t> row, std::span<float> scores) const;
  void forbid_words(std::span<const int32_t> row, std::span<float> scores) const;
  void keep_top(std::span<float> scores);

  const GenerationConfig& config_;
  int64_t end_, shortest_, begin_;
  size_t kept_;  ///< tokens that stay in any case
  bool any_;
  std::vector<std::vector<int32_t>> words_;
  std::vector<uint32_t> seen_;  ///< by token: the call that saw it last
  uint32_t call_ = 0;
  std::vector<float> sorted_;
};

/// softmax, in place, of scores that may be -infinity.
void to_probabilities(std::span<float> scores);
/// log softmax, in place.
void to_log_probabilities(std::span<float> scores);

}  // namespace lamina::detail
