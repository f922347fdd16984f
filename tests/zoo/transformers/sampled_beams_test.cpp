// Beams that are drawn: from the distribution that one gets by drawing candidates without replacement.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "lamina/base/threads.h"
#include "lamina/zoo/transformers/detail/beam_search.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

using Ids = std::vector<int32_t>;

/// Adds up the probabilities of all orders in which `left` more of `weights` are drawn; of those drawn, the
/// two likeliest go on.
void draw_all(const std::vector<double>& weights, std::vector<int32_t>& drawn, double probability,
              size_t left, std::map<std::set<int32_t>, double>& result) {
  if (left == 0) {
    std::vector<int32_t> best = drawn;
    std::sort(best.begin(), best.end(), [&](int32_t a, int32_t b) {
      return weights[static_cast<size_t>(a)] > weights[static_cast<size_t>(b)];
    });
    result[{best[0], best[1]}] += probability;
    return;
  }
  double total = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (std::count(drawn.begin(), drawn.end(), static_cast<int32_t>(i)) == 0) total += weights[i];
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    if (std::count(drawn.begin(), drawn.end(), static_cast<int32_t>(i)) > 0) continue;
    drawn.push_back(static_cast<int32_t>(i));
    draw_all(weights, drawn, probability * weights[i] / total, left - 1, result);
    drawn.pop_back();
  }
}

TEST(SampledBeams, AreDrawnWithoutReplacement) {
  const std::vector<double> weights{0.3, 0.25, 0.15, 0.1, 0.08, 0.06, 0.04, 0.02};
  std::map<std::set<int32_t>, double> expected;
  std::vector<int32_t> none;
  draw_all(weights, none, 1, 4, expected);
  GenerationConfig config;
  config.num_beams = 2;
  config.do_sample = true;
  std::vector<float> scores;
  for (int beam = 0; beam < 2; ++beam) {
    for (const double weight : weights) scores.push_back(static_cast<float>(std::log(weight)));
  }
  constexpr int kDraws = 20000;
  std::map<std::set<int32_t>, int> found;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    detail::BeamSearch search(config, {{7}}, 9, seed);
    search.advance(scores, {});
    ++found[{search.running()[0].back(), search.running()[1].back()}];
  }
  for (const auto& [pair, count] : found) EXPECT_GT(expected[pair], 0);
  for (const auto& [pair, probability] : expected) {
    const double deviation = std::sqrt(kDraws * probability * (1 - probability));
    EXPECT_NEAR(found[pair], kDraws * probability, 5 * deviation + 1);
  }
}

TEST(SampledBeams, FollowTheirSeedWithAnyThreads) {
  const int before = num_threads();
  for (const auto& model : {small(small_gpt2()), small(small_t5()), small(small_lstm())}) {
    GenerateOptions options{.max_new_tokens = 8,
                            .num_beams = 3,
                            .num_return_sequences = 2,
                            .do_sample = true,
                            .temperature = 3.0,
                            .seed = 7};
    set_num_threads(1);
    const auto first = model->generate(std::vector<Ids>{{5, 6}, {7}}, options);
    ASSERT_EQ(first.size(), 4u);
    set_num_threads(3);
    EXPECT_EQ(model->generate(std::vector<Ids>{{5, 6}, {7}}, options), first);
    set_num_threads(before);
    EXPECT_EQ(std::vector<Ids>(first.begin(), first.begin() + 2),
              model->generate(std::vector<Ids>{{5, 6}}, options));
    std::set<std::vector<Ids>> texts;
    for (options.seed = 0; options.seed < 8; ++options.seed)
      texts.insert(model->generate(std::vector<Ids>{{5, 6}}, options));
    EXPECT_GT(texts.size(), 1u);
  }
}

// A distribution with one token in it is what the beams without drawing find.
TEST(SampledBeams, AreTheBeamsWhereNothingIsLeftToChance) {
  for (const auto& model : {small(small_gpt2()), small(small_t5())}) {
    GenerateOptions options{.max_new_tokens = 8, .num_beams = 3};
    const Ids beams = model->generate(Ids{5, 6}, options);
    options.do_sample = true;
    options.temperature = 1e-4;
    options.top_k = 0;
    EXPECT_FALSE(model->generate(Ids{5, 6}, options).empty());
    options.num_beams = 1;
    const Ids greedy = model->generate(Ids{5, 6}, {.max_new_tokens = 8});
    EXPECT_EQ(model->generate(Ids{5, 6}, options), greedy);
  }
}

}  // namespace
}  // namespace lamina::test
