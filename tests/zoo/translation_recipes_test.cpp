// Recipes that translate: what is built, what config.json keeps, scores, and the mean of weights.
#include "lamina/zoo/translation_recipes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/average_weights.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

ParallelTexts pairs() {
  ParallelTexts texts;
  for (const char* thing : {"dog", "cat", "man", "boy"}) {
    texts.sources.push_back(std::string("A ") + thing + " runs.");
    texts.targets.push_back(std::string("Un ") + thing + " court.");
  }
  return texts;
}

const TranslationRecipe& recipe() { return *find_translation_recipe("translate-en-fr"); }

TranslationNetwork tiny_transformer() {
  TranslationNetwork network = translation_network("transformer");
  for (const auto& [key, value] :
       {std::pair{"d_model", 16}, {"d_kv", 8}, {"num_heads", 2}, {"d_ff", 32}, {"num_layers", 1}})
    network.config[key] = value;
  network.config["num_decoder_layers"] = 1;
  network.config["dropout_rate"] = 0.0;
  network.learning_rate = 0.006;
  return network;
}

TranslationNetwork tiny_lstm() {
  TranslationNetwork network = translation_network("lstm");
  network.config["hidden_size"] = 32;
  network.learning_rate = 0.005;
  network.config["dropout"] = 0.0;
  return network;
}

TEST(TranslationRecipes, HaveThreeLanguages) {
  ASSERT_EQ(translation_recipes().size(), 3u);
  EXPECT_EQ(find_translation_recipe("translate-en-zh")->data, "tatoeba_en_zh");
  EXPECT_EQ(find_translation_recipe("translate-en-de")->task.prefix, "Translate English to German: ");
  EXPECT_EQ(find_translation_recipe("translate-fr-en"), nullptr);
}

TEST(TranslationRecipes, HaveTwoNetworks) {
  EXPECT_EQ(translation_networks().front().name, "transformer");
  EXPECT_EQ(translation_network("lstm").config.at("is_encoder_decoder").as_bool(), true);
  EXPECT_THROW(translation_network("lstms"), InvalidArgument);
}

TEST(TranslationRecipes, LearnAVocabularyOfBothSidesAndThePrefix) {
  const Translator translator = recipe().build(tiny_transformer(), pairs(), 1, 64, 1);
  const Encoding encoding = translator.tokenizer().encode("Translate English to French: A dog");
  EXPECT_LE(encoding.ids.size(), 8u) << "words of the prefix are tokens";
  EXPECT_EQ(translator.tokenizer().decode(translator.tokenizer().encode("Un dog court.").ids,
                                          {.skip_special_tokens = true}),
            "Un dog court.");
  EXPECT_EQ(translator.model().generation_config().num_beams, recipe().num_beams);
}

// T5's own first values are for another optimizer than Adam.
TEST(TranslationRecipes, BeginWithValuesForStepsOfOneSize) {
  const Translator translator = recipe().build(tiny_transformer(), pairs(), 1, 64, 1);
  const auto deviation = [&](const std::string& path) {
    for (const WeightPtr& weight : translator.model().weights(true)) {
      if (weight->path != path) continue;
      double sum = 0;
      const std::vector<float> values = weight->read().to_vector<float>();
      for (const float value : values) sum += static_cast<double>(value) * value;
      return std::sqrt(sum / static_cast<double>(values.size()));
    }
    ADD_FAILURE() << "there is no " << path;
    return 0.0;
  };
  EXPECT_NEAR(deviation("shared/weight"), 0.08, 0.01);
  EXPECT_NEAR(deviation("encoder.block.0.layer.0.SelfAttention.q/weight"), 0.2, 0.03);
  EXPECT_NEAR(deviation("decoder.block.0.layer.1.EncDecAttention.k/weight"), 0.2, 0.03);
  EXPECT_FLOAT_EQ(static_cast<float>(deviation("decoder.block.0.layer.1.layer_norm/weight")), 0.08f);
  EXPECT_FLOAT_EQ(static_cast<float>(deviation("decoder.final_layer_norm/weight")), 12.5f);
}

TEST(TranslationRecipes, LearnAndComeBackFromTheirFolder) {
  for (const TranslationNetwork& network : {tiny_transformer(), tiny_lstm()}) {
    SCOPED_TRACE(network.name);

    const ParallelTexts texts = pairs();
    const Translator translator = recipe().build(network, texts, 400, 64, 1);
    TokenBatches batches = translator.batches(texts, true, 64);
    AverageWeights average(2);
    translator.model().fit(batches, {.epochs = 400, .callbacks = {&average}, .verbose = 0});
    EXPECT_EQ(average.count(), 2);
    average.apply(translator.model());
    EXPECT_EQ(translator.translate(texts.sources), texts.targets);
    EXPECT_DOUBLE_EQ(score_translations(translator.translate(texts.sources), texts.targets, "fr").bleu, 100);

    const test::TemporaryFolder folder;
    translator.save_pretrained(folder / "model");
    const Translator loaded = Translator::from_pretrained(folder / "model");
    EXPECT_EQ(loaded.task().prefix, recipe().task.prefix);
    EXPECT_EQ(loaded.task().source, "en");
    EXPECT_EQ(loaded.task().target, "fr");
    EXPECT_EQ(loaded.translate(texts.sources), texts.targets);
  }
}

TEST(TranslationRecipes, SayWhatTheyLookedAt) {
  for (const TranslationNetwork& network : {tiny_transformer(), tiny_lstm()}) {
    const Translator translator = recipe().build(network, pairs(), 1, 64, 1);
    const Alignment alignment = translator.align("A dog runs.", {.max_new_tokens = 3, .num_beams = 1});
    EXPECT_EQ(alignment.source.back(), "</s>");
    ASSERT_EQ(alignment.weights.size(), alignment.target.size());
    for (const std::vector<float>& row : alignment.weights) {
      ASSERT_EQ(row.size(), alignment.source.size());
      EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1, 1e-5);
    }
  }
}

TEST(TranslationRecipes, EvaluateAModelOfAFolder) {
  const ParallelTexts texts = pairs();
  const Translator translator = recipe().build(tiny_transformer(), texts, 1, 64, 1);
  const test::TemporaryFolder folder;
  translator.save_pretrained(folder / "model");
  const Translator loaded = Translator::from_pretrained(folder / "model");
  TokenBatches batches = loaded.batches(texts, false, 64);
  loaded.model().compile({});
  // No batch has built it before.
  EXPECT_GT(loaded.model().evaluate(batches, {.verbose = 0}).find("loss").value_or(0), 0);
}

TEST(TranslationRecipes, ScoreChineseByCharacters) {
  const TranslationScores scores = score_translations({"我喜欢猫。"}, {"我喜欢猫。"}, "zh");
  EXPECT_DOUBLE_EQ(scores.bleu, 100);
  EXPECT_NE(scores.signature.find("tok:zh"), std::string::npos);
  EXPECT_NE(score_translations({"a"}, {"a"}, "fr").signature.find("tok:13a"), std::string::npos);
}

TEST(TranslationTasks, ComeFromAConfigThatNeedNotSayAnything) {
  EXPECT_EQ(TranslationTask::from_config(Json::object()).prefix, "");
  EXPECT_EQ(TranslationTask::from_config(Json::object({{"task_specific_params", 3}})).prefix, "");
  const TranslationTask task{"to fr: ", "en", "fr"};
  const Json config = Json::object({{"task_specific_params", task.to_json()}});
  EXPECT_EQ(TranslationTask::from_config(config).target, "fr");
}

TEST(AverageWeightsOptions, AreChecked) { EXPECT_THROW(AverageWeights(0), InvalidArgument); }

}  // namespace
}  // namespace lamina
