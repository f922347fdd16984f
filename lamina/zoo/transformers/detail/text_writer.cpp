// Drawing by a number in [0, 1), and taking what a draft drew.
#include "lamina/zoo/transformers/detail/text_writer.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

int32_t drawn(std::span<const float> probabilities, double at) {
  double total = 0;
  int32_t last = 0;
  for (size_t token = 0; token < probabilities.size(); ++token) {
    if (probabilities[token] <= 0) continue;
    total += probabilities[token];
    last = static_cast<int32_t>(token);
    if (at < total) break;
  }
  return last;
}

int32_t likeliest(std::span<const float> scores) {
  return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

GenerationConfig effective(GenerationConfig config, const GenerateOptions& options) {
  if (options.config) config = *options.config;
  const auto take = [](const auto& stated, auto& value) {
    if (stated) value = *stated;
  };
  take(options.max_new_tokens, config.max_new_tokens);
  if (options.min_new_tokens) config.min_new_tokens = options.min_new_tokens;
  take(options.num_beams, config.num_beams);
  take(options.num_return_sequences, config.num_return_sequences);
  take(options.do_sample, config.do_sample);
  take(options.temperature, config.temperature);
  take(options.top_k, config.top_k);
  take(options.top_p, config.top_p);
  take(options.min_p, config.min_p);
  take(options.repetition_penalty, config.repetition_penalty);
  take(options.no_repeat_ngram_size, config.no_repeat_ngram_size);
  take(options.length_penalty, config.length_penalty);
  return config;
}

void check_numbers(std::span<const float> logits) {
  uint32_t found = 0;  // no branch: as many at a time as a register holds
  for (const float value : logits) found |= (std::bit_cast<uint32_t>(value) & 0x7fffffffu) > 0x7f800000u;
  if (found)
    throw Error(
        "generate: the model's scores of tokens are no numbers (NaN): its weights are damaged, or too large "
        "for the type that it computes with");
}

TextWriter::TextWriter(const GenerationConfig& config, int64_t vocab_size, TextPlan plan, Stops stops,
                       uint64_t seed, size_t row)
    : config_(config),
      plan_(std::move(plan)),
      stops_(std::move(stops)),
      rules_(config, vocab_size, static_cast<int64_t>(plan_.prompt.size()) + plan_.padding, plan_.end),
      numbers_(seed * 0x9E3779B97F4A7C15u + row),
      text_(plan_.prompt) {}

std::span<const float> TextWriter::ruled(std::span<const int32_t> text, std::span<const float> logits) {
  check_numbers(logits);
  if (!rules_.any() && !config_.do_sample) return logits;
  scores_.assign(logits.begin(), logits.end());
  rules_.apply(text, plan_.padding, scores_);
  if (rules_.any() &&
      *std::max_element(scores_.begin(), scores_.end()) == -std::numeric_limits<float>::infinity())
    throw InvalidArgument(
        "generate: no token is allowed here: suppress_tokens, bad words and the like leave none");
  if (config_.do_sample) to_probabilities(scores_);
  return scores_;
}

bool TextWriter::ends(int32_t token) const {
  return std::count(config_.eos_token_id.begin(), config_.eos_token_id.end(), token) > 0;
}

void TextWriter::append(int32_t token) {
  text_.push_back(token);
  over_ = left() <= 0 || ends(token) || (stops_ && stops_(written()));
}

int32_t TextWriter::write(std::span<const float> logits) {
  const std::span<const float> scores = ruled(text_, logits);
  const int32_t token = config_.do_sample ? drawn(scores, next_number()) : likeliest(scores);
  append(token);
  return token;
}

int32_t TextWriter::propose(std::span<const int32_t> text, std::span<const float> logits,
                            std::vector<float>& probabilities) {
  const std::span<const float> scores = ruled(text, logits);
  if (!config_.do_sample) return likeliest(scores);
  probabilities.assign(scores.begin(), scores.end());
  return drawn(scores, next_number());
}

// Algorithm 1 of Leviathan et al.: what the draft makes too likely is refused as often as that is so, and
// then drawn from what it makes too unlikely.
bool TextWriter::take(int32_t proposed, std::span<const float> probabilities, std::span<const float> logits) {
  const std::span<const float> scores = ruled(text_, logits);
  int32_t token = proposed;
  if (!config_.do_sample) {
    token = likeliest(scores);
  } else {
    const auto at = static_cast<size_t>(proposed);
    if (next_number() * static_cast<double>(probabilities[at]) >= static_cast<double>(scores[at])) {
      double total = 0;
      for (size_t i = 0; i < scores_.size(); ++i)
        total += scores_[i] = std::max(0.0f, scores_[i] - probabilities[i]);
      token = drawn(scores_, next_number() * total);
    }
  }
  append(token);
  return token == proposed;
}

}  // namespace lamina::detail
