// Scores are added and divided in float32 and in the library's order, so that equal texts come out.
#include "lamina/zoo/transformers/detail/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <utility>

#include "lamina/zoo/transformers/detail/token_rules.h"

namespace lamina::detail {
namespace {

constexpr float kOut = -1e9f;

float with_penalty(float score, int64_t length, double penalty) {
  return score / static_cast<float>(std::pow(static_cast<double>(length), penalty));
}

}  // namespace

BeamSearch::BeamSearch(const GenerationConfig& config, const std::vector<std::vector<int32_t>>& prompts,
                       int64_t end, uint64_t seed)
    : config_(config),
      beams_(static_cast<size_t>(config.num_beams)),
      length_(static_cast<int64_t>(prompts.at(0).size())),
      prompt_(length_),
      end_(end),
      finished_(prompts.size(), std::vector<Finished>(beams_)),
      improvable_(prompts.size(), true) {
  for (const auto& prompt : prompts) {
    for (size_t beam = 0; beam < beams_; ++beam) {
      running_.push_back(prompt);
      scores_.push_back(beam == 0 ? 0 : kOut);  // else all would go on alike
    }
    if (config.do_sample) numbers_.emplace_back(seed * 0x9E3779B97F4A7C15u + numbers_.size());
  }
}

std::vector<BeamSearch::Candidate> BeamSearch::likeliest(size_t prompt,
                                                         std::span<const float> log_probabilities) const {
  const size_t count = candidates(), vocabulary = log_probabilities.size() / running_.size();
  const auto worse = [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.beam != b.beam ? a.beam < b.beam : a.token < b.token;
  };
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(worse)> best(worse);
  for (size_t beam = 0; beam < beams_; ++beam) {
    const size_t row = prompt * beams_ + beam;
    const std::span<const float> scores = log_probabilities.subspan(row * vocabulary, vocabulary);
    for (size_t token = 0; token < vocabulary; ++token) {
      const float score = scores[token] + scores_[row];
      if (best.size() == count && !(score > best.top().score)) continue;
      best.push({static_cast<int32_t>(beam), static_cast<int32_t>(token), score});
      if (best.size() > count) best.pop();
    }
  }
  std::vector<Candidate> all;
  for (; !best.empty(); best.pop()) all.push_back(best.top());
  std::reverse(all.begin(), all.end());
  return all;
}

// As many as likeliest() gives, drawn one after the other by their probabilities among all that are left.
// Where nothing is left that could be drawn, the likeliest of the rest follow.
std::vector<BeamSearch::Candidate> BeamSearch::drawn(size_t prompt,
                                                     std::span<const float> log_probabilities) {
  const size_t vocabulary = log_probabilities.size() / running_.size(), first = prompt * beams_;
  std::vector<float> scores, shares;
  for (size_t beam = 0; beam < beams_; ++beam) {
    for (const float score : log_probabilities.subspan((first + beam) * vocabulary, vocabulary))
      scores.push_back(score + scores_[first + beam]);
  }
  shares = scores;
  to_probabilities(shares);
  double left = 0;
  for (const float share : shares) left += share;
  std::vector<Candidate> all;
  const auto take = [&](size_t at) {
    all.push_back({static_cast<int32_t>(at / vocabulary), static_cast<int32_t>(at % vocabulary), scores[at]});
    left -= std::exchange(shares[at], 0.0f);
    scores[at] = -std::numeric_limits<float>::infinity();
  };
  for (size_t n = std::min(candidates(), scores.size()); n > 0; --n) {
    const double at = static_cast<double>(numbers_[prompt]() >> 11) * 0x1p-53 * left;
    double total = 0;
    size_t chosen = scores.size();
    for (size_t i = 0; i < shares.size() && !(at < total); ++i) {
      if (shares[i] <= 0) continue;
      total += shares[i];
      chosen = i;
    }
    if (chosen == scores.size())
      chosen = static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    take(chosen);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  return all;
}

std::vector<int32_t> BeamSearch::advance(std::span<const float> log_probabilities,
                                         const std::function<bool(const std::vector<int32_t>&)>& ends) {
  std::vector<std::vector<int32_t>> next_running;
  std::vector<float> next_scores;
  std::vector<int32_t> rows;
  bool all_over = true, all_full = true;
  for (size_t prompt = 0; prompt < finished_.size(); ++prompt) {
    std::vector<Candidate> candidates =
        config_.do_sample ? drawn(prompt, log_probabilities) : likeliest(prompt, log_probabilities);
    for (Candidate& candidate : candidates) {
      candidate.over = length_ + 1 >= end_ || std::count(config_.eos_token_id.begin(),
                                                         config_.eos_token_id.end(), candidate.token) > 0;
      if (!candidate.over && ends) {
        std::vector<int32_t> tokens = running_[prompt * beams_ + static_cast<size_t>(candidate.beam)];
        tokens.push_back(candidate.token);
        candidate.over = ends(tokens);
      }
      all_over = all_over && candidate.over;
    }
    finish(prompt, candidates);
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.score + (a.over ? kOut : 0) > b.score + (b.over ? kOut : 0);
    });
    for (size_t beam = 0; beam < beams_; ++beam) {
      const Candidate& candidate = candidates[beam];
      const size_t row = prompt * beams_ + static_cast<size_t>(candidate.beam);
      rows.push_back(static_cast<int32_t>(row));
      next_running.push_back(running_[row]);
      next_running.back().push_back(candidate.token);
      next_scores.push_back(candidate.score + (candidate.over ? kOut : 0));
    }
    all_full = all_full && is_full(prompt);
  }
  running_ = std::move(next_running);
  scores_ = std::move(next_scores);
  ++length_;
  bool any = false;
  for (size_t prompt = 0; prompt < finished_.size(); ++prompt) {
    improvable_[prompt] = improvable_[prompt] && may_improve(prompt);
    any = any || improvable_[prompt];
  }
  done_ = !any || (all_full && config_.early_stopping == Json(true)) || all_over;
  return rows;
}

// Only those among the best num_beams count as finished; the others were there so that enough go on.
void BeamSearch::finish(size_t prompt, const std::vector<Candidate>& candidates) {
  std::vector<Finished>& finished = finished_[prompt];
  if ((config_.early_stopping == Json(true) && is_full(prompt)) || !improvable_[prompt]) return;
  for (size_t i = 0; i < beams_; ++i) {
    const Candidate& candidate = candidates[i];
    if (!candidate.over) continue;
    Finished text{running_[prompt * beams_ + static_cast<size_t>(candidate.beam)],
                  with_penalty(candidate.score, length_ + 1 - prompt_, config_.length_penalty), true};
    text.tokens.push_back(candidate.token);
    finished.push_back(std::move(text));
  }
  std::stable_sort(finished.begin(), finished.end(),
                   [](const Finished& a, const Finished& b) { return a.score > b.score; });
  finished.resize(beams_);
}

bool BeamSearch::is_full(size_t prompt) const {
  return std::all_of(finished_[prompt].begin(), finished_[prompt].end(),
                     [](const Finished& f) { return f.is_finished; });
}

// Whether the best running text could become better than the worst of the finished.
bool BeamSearch::may_improve(size_t prompt) const {
  const bool never = config_.early_stopping == Json("never") && config_.length_penalty > 0;
  const float possible =
      with_penalty(scores_[prompt * beams_], (never ? end_ : length_) - prompt_, config_.length_penalty);
  float worst = finished_[prompt][0].score;
  for (const Finished& f : finished_[prompt]) worst = std::min(worst, f.score);
  return std::any_of(finished_[prompt].begin(), finished_[prompt].end(),
                     [&](const Finished& f) { return possible > (f.is_finished ? worst : kOut); });
}

std::vector<std::vector<int32_t>> BeamSearch::best(int64_t count) const {
  std::vector<std::vector<int32_t>> all;
  for (size_t prompt = 0; prompt < finished_.size(); ++prompt) {
    for (int64_t i = 0; i < count; ++i) {
      const Finished& text = finished_[prompt][static_cast<size_t>(i)];
      // Where generation was ended early there may be fewer: what runs is the next best.
      all.push_back(text.is_finished ? text.tokens : running_[prompt * beams_ + static_cast<size_t>(i)]);
    }
  }
  return all;
}

}  // namespace lamina::detail
