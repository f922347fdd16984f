// TextWriter: one text that is written token by token. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "lamina/zoo/transformers/detail/token_rules.h"
#include "lamina/zoo/transformers/generation_config.h"

namespace lamina::detail {

/// What generate() goes by: the model's configuration, and what the options say instead. It is not checked.
GenerationConfig effective(GenerationConfig config, const GenerateOptions& options);

/// Throws Error where the scores of tokens are no numbers.
void check_numbers(std::span<const float> logits);

/// What a text begins with, and how far it goes.
struct TextPlan {
  std::vector<int32_t> prompt;
  int64_t padding = 0;  ///< tokens that stand before the prompt as far as lengths are counted
  int64_t end = 0;      ///< tokens at most, padding included
};

/// Scores become tokens: rules, choice, and the end. A text depends on its own scores and numbers alone.
class TextWriter {
 public:
  using Stops = std::function<bool(std::span<const int32_t> tokens)>;
  /// @param config  must live as long; `row` and `seed` say what is drawn
  TextWriter(const GenerationConfig& config, int64_t vocab_size, TextPlan plan, Stops stops, uint64_t seed,
             size_t row);

  /// Writes the token that follows by these scores, and gives it. Throws Error for scores that are no
  /// numbers, and InvalidArgument where no token is allowed.
  int32_t write(std::span<const float> logits);

  /// What a draft would write after `text`, by its own scores. The text stays as it is. `probabilities` are
  /// filled if tokens are drawn.
  int32_t propose(std::span<const int32_t> text, std::span<const float> logits,
                  std::vector<float>& probabilities);
  /// Writes `proposed`, which was drawn from `probabilities`, or another token, so that what is written has
  /// the distribution that `logits` say. Gives whether it was `proposed`.
  bool take(int32_t proposed, std::span<const float> probabilities, std::span<const float> logits);

  /// Whether the token ends a text.
  bool ends(int32_t token) const;
  bool over() const { return over_; }
  /// Tokens that can still be written.
  int64_t left() const { return plan_.end - plan_.padding - static_cast<int64_t>(text_.size()); }
  /// The prompt and what was written.
  const std::vector<int32_t>& text() const { return text_; }
  std::span<const int32_t> written() const { return std::span(text_).subspan(plan_.prompt.size()); }

 private:
  /// Scores after the rules; scores_, or `logits` where nothing changes them.
  std::span<const float> ruled(std::span<const int32_t> text, std::span<const float> logits);
  double next_number() { return static_cast<double>(numbers_() >> 11) * 0x1p-53; }
  void append(int32_t token);

  const GenerationConfig& config_;
  TextPlan plan_;
  Stops stops_;
  TokenRules rules_;
  std::mt19937_64 numbers_;
  std::vector<int32_t> text_;
  std::vector<float> scores_;
  bool over_ = false;
};

}  // namespace lamina::detail
