// A draft makes texts come sooner and changes none; drawn ones keep their distribution.
#include <algorithm>
#include <cmath>
#include <map>

#include "lamina/base/threads.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

using Ids = std::vector<int32_t>;

/// Each model with a draft that knows it a little: the same with other weights, mixed.
struct Pair {
  std::shared_ptr<PretrainedModel> model, draft;
};

std::shared_ptr<PretrainedModel> with_seed(const Json& config, uint64_t seed) {
  return AutoModel::from_config(config, {.seed = seed});
}

std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const Json& config : {small_gpt2(), small_llama(), small_marian(), small_t5()})
    all.push_back({small(config), with_seed(config, 99)});
  return all;
}

TEST(Speculation, ChangesNoText) {
  const std::vector<Ids> prompts{{3, 4, 5, 6, 7, 8, 9}, {10}, {11, 12, 13}};
  for (const Pair& pair : pairs()) {
    SCOPED_TRACE(pair.model->class_name());
    GenerateOptions options{.max_new_tokens = 14, .no_repeat_ngram_size = 3};
    const auto alone = pair.model->generate(prompts, options);
    for (const auto& draft : {pair.draft, pair.model}) {
      for (const int64_t count : {1, 3, 5}) {
        options.draft = draft;
        options.num_assistant_tokens = count;
        GenerationFigures figures;
        options.on_end = [&](const GenerationFigures& all) { figures = all; };
        EXPECT_EQ(pair.model->generate(prompts, options), alone);
        EXPECT_GT(figures.drafted, 0);
        if (draft == pair.model) {
          EXPECT_EQ(figures.accepted, figures.drafted);
        } else {
          EXPECT_LT(figures.accepted, figures.drafted);
        }
        for (size_t i = 0; i < prompts.size(); ++i)
          EXPECT_EQ(pair.model->generate(prompts[i], options), alone[i]);
      }
    }
  }
}

TEST(Speculation, ReadsSeveralTokensInAStep) {
  const auto model = small(small_t5());
  GenerationConfig endless = model->generation_config();
  endless.eos_token_id = {};
  GenerationFigures figures;
  GenerateOptions options{.config = endless, .max_new_tokens = 61, .draft = model};
  options.on_end = [&](const GenerationFigures& all) { figures = all; };
  EXPECT_EQ(model->generate(Ids{5}, options).size(), 61u);
  EXPECT_EQ(figures.steps, 11);  // one, and then six tokens each
  EXPECT_EQ(figures.drafted, 50);
}

TEST(Speculation, StreamsAndStops) {
  for (const Pair& pair : pairs()) {
    GenerateOptions options{.max_new_tokens = 10};
    const Ids whole = pair.model->generate(Ids{5, 6}, options);
    options.draft = pair.model;
    Ids seen;
    options.on_token = [&](size_t, int32_t id) {
      seen.push_back(id);
      return seen.size() < 4;
    };
    const Ids beginning(whole.begin(),
                        whole.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(4, whole.size())));
    EXPECT_EQ(pair.model->generate(Ids{5, 6}, options), beginning);
    EXPECT_EQ(seen, beginning);
    options.on_token = {};
    options.stops = [](std::span<const int32_t> tokens) { return tokens.size() == 2; };
    EXPECT_EQ(pair.model->generate(Ids{5, 6}, options), Ids(whole.begin(), whole.begin() + 2));
  }
}

/// What three tokens of `kept` likeliest are drawn with, by the model's own scores.
std::map<Ids, double> expected_texts(const PretrainedModel& model, const Ids& prompt, size_t kept) {
  std::map<Ids, double> texts{{{}, 1.0}};
  for (int i = 0; i < 3; ++i) {
    std::map<Ids, double> longer;
    for (const auto& [written, probability] : texts) {
      Ids text = prompt;
      text.insert(text.end(), written.begin(), written.end());
      const auto length = static_cast<int64_t>(text.size());
      const std::vector<float> logits =
          model.run({Tensor::from(text, {1, length})})["logits"].to_vector<float>();
      std::vector<std::pair<float, int32_t>> ranked;
      for (int32_t id = 0; id < 20; ++id) ranked.emplace_back(*(logits.end() - 20 + id), id);
      std::sort(ranked.rbegin(), ranked.rend());
      ranked.resize(kept);
      double total = 0;
      for (const auto& [score, id] : ranked) total += std::exp(score - ranked[0].first);
      for (const auto& [score, id] : ranked) {
        Ids next = written;
        next.push_back(id);
        longer[next] = probability * std::exp(score - ranked[0].first) / total;
      }
    }
    texts = longer;
  }
  return texts;
}

TEST(Speculation, DrawsWhatTheModelSays) {
  const auto model = small(small_llama()), draft = with_seed(small_llama(), 99);
  constexpr int kRows = 500, kRounds = 12;
  const std::map<Ids, double> expected = expected_texts(*model, {5, 6}, 3);
  for (const bool with_draft : {false, true}) {
    std::map<Ids, int> found;
    int64_t drafted = 0, accepted = 0;
    for (uint64_t seed = 0; seed < kRounds; ++seed) {
      GenerateOptions options{
          .max_new_tokens = 3, .num_return_sequences = kRows, .do_sample = true, .top_k = 3, .seed = seed};
      if (with_draft) options.draft = draft;
      options.on_end = [&](const GenerationFigures& figures) {
        drafted += figures.drafted;
        accepted += figures.accepted;
      };
      for (const Ids& ids : model->generate(std::vector<Ids>{{5, 6}}, options)) ++found[ids];
    }
    if (with_draft) {
      EXPECT_GT(accepted, drafted / 20);
      EXPECT_LT(accepted, drafted * 19 / 20);
    }
    double all = 0;
    constexpr double kDraws = kRows * kRounds;
    for (const auto& [ids, probability] : expected) {
      const double deviation = std::sqrt(kDraws * probability * (1 - probability));
      EXPECT_NEAR(found[ids], kDraws * probability, 5 * deviation + 1) << with_draft;
      all += found[ids];
    }
    EXPECT_EQ(all, kDraws);
  }
}

TEST(Speculation, DrawsTheSameFromASeedWithAnyThreads) {
  const int before = num_threads();
  for (const Pair& pair : pairs()) {
    const GenerateOptions options{
        .max_new_tokens = 9, .do_sample = true, .temperature = 2.0, .seed = 7, .draft = pair.draft};
    set_num_threads(1);
    const Ids first = pair.model->generate(Ids{5, 6}, options);
    set_num_threads(3);
    EXPECT_EQ(pair.model->generate(Ids{5, 6}, options), first);
    set_num_threads(before);
  }
}

TEST(Speculation, SaysWhichDraftsDoNotFit) {
  const auto model = small(small_llama());
  const auto refusal = [&](const std::shared_ptr<PretrainedModel>& draft, GenerateOptions options = {},
                           std::shared_ptr<PretrainedModel> asked = nullptr) {
    options.draft = draft;
    return message_of<InvalidArgument>([&] { (asked ? asked : model)->generate(Ids{5, 6}, options); });
  };
  EXPECT_NE(refusal(small(with(small_llama(), "vocab_size", 21)))
                .find("the draft has a vocabulary of 21 tokens, and the model of 20"),
            std::string::npos);
  EXPECT_NE(refusal(small(small_t5())).find("both with an encoder, or both without one"), std::string::npos);
  EXPECT_NE(refusal(small(small_bert())).find("does not write text"), std::string::npos);
  EXPECT_NE(refusal(small(small_lstm())).find("LSTMForCausalLM keeps a state that does not go back"),
            std::string::npos);
  EXPECT_NE(refusal(model, {}, small(small_lstm())).find("LSTMForCausalLM keeps a state"), std::string::npos);
  EXPECT_NE(refusal(model, {.num_beams = 2}).find("num_beams is 2; with a draft, 1"), std::string::npos);
  EXPECT_NE(refusal(model, {.num_assistant_tokens = 0}).find("num_assistant_tokens is 0; 1 to 64"),
            std::string::npos);
  EXPECT_NE(refusal(small(small_gpt2()), {.max_new_tokens = 30})
                .find("up to 32 tokens, more than the 24 that the draft can look at"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina::test
