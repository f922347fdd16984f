// Beam search over rows of scores, without a model: which texts go on, and which are done. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "lamina/zoo/transformers/generation_config.h"

namespace lamina::detail {

/// The beams of a batch of texts, as Hugging Face's library keeps them (generation/utils.py, _beam_search).
class BeamSearch {
 public:
  /// @param prompts  the tokens that each text begins with, padded to one length
  /// @param end      tokens that a text has at most
  /// @param seed     of what is drawn, where config.do_sample says so
  BeamSearch(const GenerationConfig& config, const std::vector<std::vector<int32_t>>& prompts, int64_t end,
             uint64_t seed = 0);

  /// The running texts, num_beams for each prompt.
  const std::vector<std::vector<int32_t>>& running() const { return running_; }
  /// Log probabilities of what comes next, a row of the vocabulary for each running text. Gives for each of
  /// the texts that run from now on the row that it continues.
  /// @param ends  whether a text is over, beside the tokens that end one and the length
  std::vector<int32_t> advance(std::span<const float> log_probabilities,
                               const std::function<bool(const std::vector<int32_t>&)>& ends);
  bool done() const { return done_; }
  /// The best texts, `count` for each prompt, with the prompt.
  std::vector<std::vector<int32_t>> best(int64_t count) const;

 private:
  struct Finished {
    std::vector<int32_t> tokens;
    float score = -1e9f;
    bool is_finished = false;
  };
  struct Candidate {
    int32_t beam, token;
    float score;
    bool over = false;
  };
  /// Continuations of one prompt's texts, the likeliest first: the likeliest of all, or drawn ones.
  std::vector<Candidate> likeliest(size_t prompt, std::span<const float> log_probabilities) const;
  std::vector<Candidate> drawn(size_t prompt, std::span<const float> log_probabilities);
  size_t candidates() const { return std::max<size_t>(2, 1 + config_.eos_token_id.size()) * beams_; }
  void finish(size_t prompt, const std::vector<Candidate>& candidates);
  bool is_full(size_t prompt) const;
  bool may_improve(size_t prompt) const;

  const GenerationConfig& config_;
  size_t beams_;
  int64_t length_, prompt_, end_;
  std::vector<std::vector<int32_t>> running_;
  std::vector<float> scores_;                    // of the running texts
  std::vector<std::vector<Finished>> finished_;  // of each prompt, the best first
  std::vector<bool> improvable_;
  std::vector<std::mt19937_64> numbers_;  // of each prompt, if it is drawn
  bool done_ = false;
};

}  // namespace lamina::detail
