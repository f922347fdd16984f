// The rules, one function each.
#include "lamina/zoo/transformers/detail/token_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lamina::detail {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

/// Leaves `token` alone.
void force(int32_t token, std::span<float> scores) {
  std::fill(scores.begin(), scores.end(), kNever);
  scores[static_cast<size_t>(token)] = 0;
}

void forbid(const std::vector<int32_t>& tokens, std::span<float> scores) {
  for (const int32_t token : tokens) scores[static_cast<size_t>(token)] = kNever;
}

float greatest(std::span<const float> scores) { return *std::max_element(scores.begin(), scores.end()); }

}  // namespace

TokenRules::TokenRules(const GenerationConfig& config, int64_t vocab_size, int64_t prompt, int64_t end)
    : config_(config), end_(end), shortest_(config.min_length) {
  if (config.min_new_tokens) shortest_ = prompt + *config.min_new_tokens;
  begin_ = prompt > 1 || !config.forced_bos_token_id ? prompt : prompt + 1;
  // The ways that a text may end must not be cut off where beams have to go on.
  kept_ = config.num_beams > 1 ? config.eos_token_id.size() + 1 : 1;
  const auto is_end = [&](const std::vector<int32_t>& word) {
    return word.size() == 1 &&
           std::count(config.eos_token_id.begin(), config.eos_token_id.end(), word[0]) > 0;
  };
  for (const auto& word : config.bad_words_ids) {
    if (!is_end(word)) words_.push_back(word);
  }
  const bool narrows =
      config.do_sample && (config.temperature != 1 || config.top_k > 0 || config.top_p < 1 || config.min_p);
  any_ = config.repetition_penalty != 1 || config.no_repeat_ngram_size > 0 || !words_.empty() ||
         shortest_ > prompt || config.forced_bos_token_id || config.forced_eos_token_id ||
         !config.suppress_tokens.empty() || !config.begin_suppress_tokens.empty() || narrows;
  if (config.repetition_penalty != 1) seen_.assign(static_cast<size_t>(vocab_size), 0);
}

void TokenRules::apply(std::span<const int32_t> row, int64_t padding, std::span<float> scores) {
  const int64_t length = static_cast<int64_t>(row.size()) + padding;
  if (config_.repetition_penalty != 1) penalise_repetition(row, scores);
  if (config_.no_repeat_ngram_size > 0) forbid_repeated_ngrams(row, scores);
  if (!words_.empty()) forbid_words(row, scores);
  if (length < shortest_) forbid(config_.eos_token_id, scores);
  if (config_.forced_bos_token_id && length == 1) force(*config_.forced_bos_token_id, scores);
  if (config_.forced_eos_token_id && length == end_ - 1) force(*config_.forced_eos_token_id, scores);
  forbid(config_.suppress_tokens, scores);
  if (length == begin_) forbid(config_.begin_suppress_tokens, scores);
  if (!config_.do_sample) return;
  const auto temperature = static_cast<float>(config_.temperature);
  if (temperature != 1) {
    for (float& score : scores) score /= temperature;
  }
  keep_top(scores);
}

void TokenRules::penalise_repetition(std::span<const int32_t> row, std::span<float> scores) {
  const auto penalty = static_cast<float>(config_.repetition_penalty);
  ++call_;
  for (const int32_t token : row) {
    const auto at = static_cast<size_t>(token);
    if (seen_[at] == call_) continue;
    seen_[at] = call_;
    scores[at] = scores[at] < 0 ? scores[at] * penalty : scores[at] / penalty;
  }
}

// What followed the last tokens where they stood before.
void TokenRules::forbid_repeated_ngrams(std::span<const int32_t> row, std::span<float> scores) const {
  const auto size = static_cast<size_t>(config_.no_repeat_ngram_size);
  if (row.size() + 1 < size) return;
  const std::span<const int32_t> last = row.last(size - 1);
  for (size_t i = 0; i + size <= row.size(); ++i) {
    if (std::equal(last.begin(), last.end(), row.begin() + static_cast<std::ptrdiff_t>(i)))
      scores[static_cast<size_t>(row[i + size - 1])] = kNever;
  }
}

void TokenRules::forbid_words(std::span<const int32_t> row, std::span<float> scores) const {
  for (const auto& word : words_) {
    const size_t before = word.size() - 1;
    if (before <= row.size() &&
        std::equal(word.begin(), word.end() - 1, row.end() - static_cast<std::ptrdiff_t>(before)))
      scores[static_cast<size_t>(word.back())] = kNever;
  }
}

// The tokens from the likeliest on: so many, of so much probability together, and of so much of the
// likeliest's.
void TokenRules::keep_top(std::span<float> scores) {
  const auto cut_below = [&](float least) {
    for (float& score : scores) {
      if (score < least) score = kNever;
    }
  };
  const size_t most = std::max(static_cast<size_t>(config_.top_k), kept_);
  if (config_.top_k > 0 && most < scores.size()) {
    sorted_.assign(scores.begin(), scores.end());
    std::nth_element(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(most - 1), sorted_.end(),
                     std::greater<>());
    cut_below(sorted_[most - 1]);
  }
  if (config_.top_p < 1) {
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
    sorted_.clear();
    for (const size_t token : order) sorted_.push_back(scores[token]);
    to_probabilities(sorted_);
    float below = 0;
    for (size_t i = 0; i + kept_ < order.size(); ++i) {
      below += sorted_[i];
      if (below > static_cast<float>(1 - config_.top_p)) break;
      scores[order[i]] = kNever;
    }
  }
  if (config_.min_p) {
    sorted_.assign(scores.begin(), scores.end());
    to_probabilities(sorted_);
    const float least = static_cast<float>(*config_.min_p) * greatest(sorted_);
    std::vector<float> ranked = sorted_;
    const auto kept = static_cast<std::ptrdiff_t>(std::min(kept_, ranked.size()) - 1);
    std::nth_element(ranked.begin(), ranked.begin() + kept, ranked.end(), std::greater<>());
    const float always = ranked[static_cast<size_t>(kept)];
    for (size_t i = 0; i < scores.size(); ++i) {
      if (sorted_[i] < least && sorted_[i] < always) scores[i] = kNever;
    }
  }
}

void to_probabilities(std::span<float> scores) {
  const float top = greatest(scores);
  double total = 0;
  for (float& score : scores) total += score = std::exp(score - top);
  const auto factor = static_cast<float>(1 / total);
  for (float& score : scores) score *= factor;
}

void to_log_probabilities(std::span<float> scores) {
  const float top = greatest(scores);
  double total = 0;
  for (const float score : scores) total += std::exp(score - top);
  const float shift = top + static_cast<float>(std::log(total));
  for (float& score : scores) score -= shift;
}

}  // namespace lamina::detail
