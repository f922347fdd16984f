// Fine-tuning as a user writes it: a folder, texts with labels, a few epochs, and a folder again.
#include "lamina/zoo/transformers/fine_tuning.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/optimizer.h"
#include "lamina/zoo/transformers/language_loss.h"
#include "lamina/zoo/transformers/responder.h"
#include "lamina/zoo/transformers/text_classifier.h"
#include "lamina/zoo/transformers/text_tagger.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"
#include "tests/zoo/transformers/small_checkpoints.h"

namespace lamina {
namespace {

using Words = std::vector<std::string>;

const Words kTexts{
    "a good film", "a bad film", "good good music", "bad bad music", "the good one", "the bad one",
    "good",        "bad",        "what a good day", "what a bad day"};

Words labels_of(const Words& texts) {
  Words labels;
  for (const std::string& text : texts)
    labels.push_back(text.find("good") != std::string::npos ? "good" : "bad");
  return labels;
}

class FineTuning : public ::testing::Test {
 protected:
  test::TemporaryFolder folder_;
  test::Told told_;
};

TEST_F(FineTuning, OfAClassifierFindsWhatItWasTaught) {
  const std::string from =
      test::folder_with(folder_, "bert", test::untrained_bert(), bert_wordpiece_pipeline());
  auto classifier = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}, .seed = 1});
  LabelledBatches batches = classifier.batches(kTexts, labels_of(kTexts), {.rows = 4});
  compile_for_fine_tuning(classifier.model(), 30 * *batches.steps(), {.learning_rate = 5e-3});
  classifier.model().fit(batches, {.epochs = 30, .verbose = 0});
  EXPECT_EQ(classifier.predict(kTexts), labels_of(kTexts));
  const ClassScores scores = classifier.evaluate(kTexts, labels_of(kTexts));
  EXPECT_EQ(scores.accuracy, 1);
  EXPECT_EQ(scores.macro_f1, 1);
  EXPECT_LT(scores.loss, 0.3);
  classifier.save_pretrained(folder_ / "tuned");
  const auto again = TextClassifier::from_pretrained(folder_ / "tuned");
  EXPECT_EQ(again.probabilities(kTexts), classifier.probabilities(kTexts));
  EXPECT_EQ(again.labels(), (Words{"bad", "good"}));
}

TEST_F(FineTuning, CountsTextsAndNotBatches) {
  const std::string from =
      test::folder_with(folder_, "bert", test::untrained_bert(), bert_wordpiece_pipeline());
  auto classifier = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}, .seed = 1});
  classifier.model().compile({});
  const Words texts(kTexts.begin(), kTexts.begin() + 5);
  const ClassScores scores = classifier.evaluate(texts, labels_of(texts));
  for (const int64_t rows : {1, 4, 5, 8}) {
    LabelledBatches batches = classifier.batches(texts, labels_of(texts), {.rows = rows, .shuffle = false});
    const Logs logs = classifier.model().evaluate(batches, {.verbose = 0});
    EXPECT_NEAR(logs["loss"], scores.loss, 1e-5) << rows;
    EXPECT_NEAR(logs["accuracy"], scores.accuracy, 1e-6) << rows;
  }
}

// Batches are filled up to a multiple of eight, which such a model has no positions for.
TEST_F(FineTuning, FillsTextsUpNoFurtherThanTheModelSees) {
  constexpr int64_t kContext = 13;
  Json config = test::untrained_bert();
  config["max_position_embeddings"] = kContext;
  const std::string from = test::folder_with(folder_, "bert", config, bert_wordpiece_pipeline());
  Words texts = kTexts;
  texts.push_back("good music good music good music good music good music good music good music");
  auto classifier = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}, .seed = 1});
  LabelledBatches batches = classifier.batches(texts, labels_of(texts), {.rows = 4});
  batches.begin(0, 0);
  int64_t longest = 0;
  for (Batch batch; batches.next(batch);) longest = std::max(longest, batch.x[0].shape()[1]);
  EXPECT_EQ(longest, kContext);
  compile_for_fine_tuning(classifier.model(), *batches.steps());
  classifier.model().fit(batches, {.epochs = 1, .verbose = 0});
  EXPECT_EQ(classifier.predict(texts).size(), texts.size());
  EXPECT_GT(classifier.evaluate(texts, labels_of(texts)).loss, 0);
}

TEST_F(FineTuning, ByNarrowMatricesTrainsTheHeadBesideThem) {
  const std::string from =
      test::folder_with(folder_, "bert", test::untrained_bert(), bert_wordpiece_pipeline());
  auto classifier = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}, .seed = 1});
  PretrainedModel& model = classifier.model();
  model.add_adapter({.r = 2, .lora_alpha = 4});
  const auto before = model.weight("bert.embeddings.word_embeddings/weight")->read().to_vector<float>();
  const auto head = model.weight("classifier/weight")->read().to_vector<float>();
  LabelledBatches batches = classifier.batches(kTexts, labels_of(kTexts), {.rows = 4});
  compile_for_fine_tuning(model, 4 * *batches.steps(), {.learning_rate = 1e-2});
  model.fit(batches, {.epochs = 4, .verbose = 0});
  EXPECT_EQ(model.weight("bert.embeddings.word_embeddings/weight")->read().to_vector<float>(), before);
  EXPECT_NE(model.weight("classifier/weight")->read().to_vector<float>(), head);
  const auto expected = classifier.probabilities(kTexts);
  // The adapter alone makes of the checkpoint what was trained, head included.
  model.save_adapter(folder_ / "adapter");
  auto other = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}, .seed = 9});
  other.model().load_adapter(folder_ / "adapter");
  EXPECT_EQ(other.probabilities(kTexts), expected);
  other.model().merge_adapter();
  const auto merged = other.probabilities(kTexts);
  for (size_t i = 0; i < merged.size(); ++i) EXPECT_NEAR(merged[i][0], expected[i][0], 1e-5);
}

/// How often an op stands in the graph of a training step.
int count_of(const std::string& graph, const std::string& op) {
  int count = 0;
  for (size_t at = graph.find(op); at != std::string::npos; at = graph.find(op, at + 1)) ++count;
  return count;
}

// Nothing is computed, kept or updated for weights that are frozen; below the first that is trained there is
// no backward pass at all.
TEST_F(FineTuning, CostsNothingForWhatIsFrozen) {
  Json config = test::untrained_bert();
  config["num_hidden_layers"] = 4;
  const std::string from = test::folder_with(folder_, "bert", config, bert_wordpiece_pipeline());
  struct Cost {
    int products, lookups;
    size_t state_bytes;
  };
  const auto cost = [&](const std::function<void(PretrainedModel&)>& freeze) {
    auto classifier = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}});
    PretrainedModel& model = classifier.model();
    freeze(model);
    LabelledBatches batches = classifier.batches(kTexts, labels_of(kTexts), {.rows = 4, .shuffle = false});
    compile_for_fine_tuning(model, 10);
    batches.begin(0, 0);
    Batch batch;
    batches.next(batch);
    const std::string graph = model.train_graph(batch.x, batch.y);
    size_t bytes = 0;
    for (const WeightPtr& variable : model.optimizer_variables()) bytes += variable->type.bytes();
    return Cost{count_of(graph, "matmul"), count_of(graph, "scatter"), bytes};
  };
  const Cost full = cost([](PretrainedModel&) {});
  const Cost head = cost([](PretrainedModel& model) {
    for (const auto& [name, layer] : model.sublayers()) {
      if (name.find("classifier") != 0) layer->set_trainable(false);
    }
  });
  // Four layers of six products, pooler and head. Backward has two for each, and four in each attention.
  constexpr int kLayers = 4, kForward = 6 * kLayers + 2;
  EXPECT_EQ(full.products, 3 * kForward + 4 * kLayers);
  EXPECT_GT(full.lookups, 0) << "the gradient of the tables";
  EXPECT_EQ(head.products, kForward + 1) << "the head's own gradient alone";
  EXPECT_EQ(head.lookups, 0);
  EXPECT_LT(head.state_bytes, size_t{1000});
  // Narrow matrices at queries and values: two products each. Backward they have four, of which the first
  // layer lacks the one to what is below it. Frozen matrices pass the gradient on, one product each, the
  // first layer's queries, keys and values not even that, and nobody asks for the gradient of its keys.
  const Cost narrow = cost([](PretrainedModel& model) { model.add_adapter({.r = 2}); });
  const int own = 2 * kLayers * 2 + (2 * kLayers * 4 - 2), passed_on = 6 * kLayers - 3 + 2;
  EXPECT_EQ(narrow.products, kForward + own + passed_on + 1 + (4 * kLayers - 1));
  EXPECT_EQ(narrow.lookups, 0);
  EXPECT_LT(narrow.state_bytes, full.state_bytes / 10);
}

TEST_F(FineTuning, OfATaggerLabelsTheFirstPieceOfAWord) {
  Json config = test::untrained_bert();
  config["initializer_range"] = 0.3;
  const std::string from = test::folder_with(folder_, "bert", config, bert_wordpiece_pipeline());
  const TaggedTexts texts{
      {{"in", "new", "york", "a", "film"}, {"boston", "and", "rome"}, {"the", "sunny", "one"}},
      {{"O", "B-LOC", "I-LOC", "O", "O"}, {"B-LOC", "O", "B-LOC"}, {"O", "O", "O"}}};
  auto tagger = TextTagger::from_pretrained(from, {.labels = tags_of(texts), .seed = 1});
  EXPECT_EQ(tagger.labels(), (Words{"O", "B-LOC", "I-LOC"}));
  LabelledBatches batches = tagger.batches(texts, {.rows = 1, .shuffle = false});
  Batch batch;
  batches.begin(0, 0);
  for (int text = 0; batches.next(batch); ++text) {
    const std::vector<int32_t> labels = batch.y[0].to_vector<int32_t>();
    EXPECT_EQ(labels.front(), kIgnoredLabel) << "[CLS] has no tag";
    const auto counted =
        labels.size() - static_cast<size_t>(std::count(labels.begin(), labels.end(), kIgnoredLabel));
    EXPECT_EQ(counted, texts.words[batches.texts().at(0)].size())
        << "one label for each word, whatever its pieces";
  }
  LabelledBatches training = tagger.batches(texts, {.rows = 3});
  compile_for_fine_tuning(tagger.model(), 60, {.learning_rate = 1e-2});
  tagger.model().fit(training, {.epochs = 60, .verbose = 0});
  EXPECT_EQ(tagger.predict(texts.words), texts.tags);
  const TaggingScores scores = tagger.evaluate(texts);
  EXPECT_EQ(scores.tags.all.f1, 1);
  EXPECT_EQ(scores.tags.all.support, 3);
  tagger.save_pretrained(folder_ / "tuned");
  EXPECT_EQ(TextTagger::from_pretrained(folder_ / "tuned").predict(texts.words), texts.tags);
}

TEST_F(FineTuning, OfATaggerLeavesWordsThatItCannotSee) {
  Json config = test::untrained_bert();
  config["max_position_embeddings"] = 8;
  const std::string from = test::folder_with(folder_, "bert", config, bert_wordpiece_pipeline());
  const auto tagger = TextTagger::from_pretrained(from, {.labels = {"B-X", "O"}});
  const Words words(30, "good");
  const std::vector<Words> tags = tagger.predict({words});
  ASSERT_EQ(tags.at(0).size(), 30u);
  EXPECT_EQ(tags[0].back(), "O");
  EXPECT_TRUE(told_.holds("1 of 1 texts have more than 8 tokens")) << told_.text();
}

TEST_F(FineTuning, OfAResponderCountsTheAnswerAlone) {
  Json config = test::small_gpt2();
  config["n_positions"] = 32;
  config["pad_token_id"] = nullptr;
  const std::string from = test::folder_with(folder_, "gpt2", config, byte_level_bpe_pipeline());
  const auto responder = Responder::from_pretrained(from);
  const ParallelTexts pairs{{"apple", "what grass"}, {"red", "green"}};
  const std::unique_ptr<BatchSource> batches = responder.batches(pairs, {.rows = 2, .shuffle = false});
  batches->begin(0, 0);
  Batch batch;
  ASSERT_TRUE(batches->next(batch));
  const auto ids = batch.x[0].to_vector<int32_t>(), labels = batch.y[0].to_vector<int32_t>();
  const PretrainedTokenizer& tokenizer = responder.tokenizer();
  std::vector<int32_t> answers;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kIgnoredLabel) continue;
    answers.push_back(labels[i]);
    if (i + 1 < labels.size() && labels[i] != *tokenizer.eos_token_id()) {
      EXPECT_EQ(ids[i + 1], labels[i]);
    }
  }
  EXPECT_EQ(tokenizer.decode(answers), "red<|endoftext|>green<|endoftext|>");
}

TEST_F(FineTuning, OfRespondersAnswers) {
  Json t5 = Json::object({{"model_type", "t5"},
                          {"d_model", 32},
                          {"d_kv", 8},
                          {"d_ff", 32},
                          {"num_layers", 2},
                          {"num_heads", 2},
                          {"dropout_rate", 0.0},
                          {"initializer_factor", 0.3}});
  Json gpt2 = test::small_gpt2();
  gpt2["n_positions"] = 64;
  gpt2["n_embd"] = 16;
  gpt2["pad_token_id"] = nullptr;
  for (const char* dropped : {"resid_pdrop", "embd_pdrop", "attn_pdrop"}) gpt2[dropped] = 0.0;
  Json end = Json::object({{"decoder_start_token_id", 0}, {"eos_token_id", 1}, {"pad_token_id", 0}});
  for (const auto& [key, value] : end.as_object()) t5[key] = value;
  const ParallelTexts pairs{{"apple", "grass", "sky"}, {"red", "green", "blue"}};
  for (const std::string& from : {test::folder_with(folder_, "t5", t5, t5_unigram_pipeline()),
                                  test::folder_with(folder_, "gpt2", gpt2, byte_level_bpe_pipeline())}) {
    const auto responder = Responder::from_pretrained(from);
    const std::unique_ptr<BatchSource> batches = responder.batches(pairs, {.rows = 3});
    compile_for_fine_tuning(responder.model(), 150, {.learning_rate = 1e-2});
    responder.model().fit(*batches, {.epochs = 150, .verbose = 0});
    EXPECT_EQ(responder.respond(pairs.sources), pairs.targets) << from;
    EXPECT_EQ(responder.evaluate(pairs).exact_match, 1) << from;
    responder.save_pretrained(folder_ / "tuned");
    const auto again = Responder::from_pretrained(folder_ / "tuned");
    EXPECT_EQ(again.respond(pairs.sources), pairs.targets) << from;
    EXPECT_TRUE(Responder::separator_of(again.model().config_json()));
  }
}

TEST_F(FineTuning, HasTheRateOfTransformersTrainer) {
  auto model = AutoModel::from_config(test::untrained_bert());
  compile_for_fine_tuning(*model, 20, {.learning_rate = 1, .warmup = 0.25});
  const auto schedule = model->compile_options().optimizer.get()->schedule();
  // get_linear_schedule_with_warmup(5, 20): step / 5, then (20 - step) / 15.
  for (int step = 0; step < 21; ++step) {
    const double expected = step < 5 ? step / 5.0 : std::max(0.0, (20.0 - step) / 15.0);
    EXPECT_NEAR((*schedule)(Tensor::from(std::vector<int64_t>{step}, {})).item<float>(), expected, 1e-6)
        << step;
  }
  const Json config = model->compile_options().optimizer.get()->config();
  EXPECT_FALSE(config.at("decays_vectors").as_bool());
}

TEST_F(FineTuning, RefusesWhatCannotBe) {
  const std::string from =
      test::folder_with(folder_, "bert", test::untrained_bert(), bert_wordpiece_pipeline());
  const auto classifier = TextClassifier::from_pretrained(from, {.labels = {"bad", "good"}});
  const auto refused = [](const auto& action) { return test::message_of<InvalidArgument>(action); };
  EXPECT_NE(refused([&] { classifier.batches({"a"}, {"goood"}); }).find("did you mean 'good'"),
            std::string::npos);
  EXPECT_NE(refused([&] { classifier.batches({"a"}, {}); }).find("1 texts and 0 labels"), std::string::npos);
  EXPECT_NE(refused([&] { classifier.batches({}, {}); }).find("no texts"), std::string::npos);
  classifier.batches(
      {std::string(400, 'a') + " good film good film good film good film good film good film good film "
                               "good film good film good film good film good film good film"},
      {"good"});
  EXPECT_TRUE(told_.holds("1 of 1 texts have more than 24 tokens: what is behind them is not seen"))
      << told_.text();
  const auto tagger = TextTagger::from_pretrained(from, {.labels = {"O", "B-X"}});
  EXPECT_NE(refused([&] {
              tagger.batches({{{"a", "b"}}, {{"O"}}});
            }).find("2 words and 1 tags"),
            std::string::npos);
  EXPECT_NE(refused([&] { tagger.batches({{{"a"}}, {{"B-Y"}}}); }).find("tagged 'B-Y'"), std::string::npos);
  EXPECT_THROW(Responder::from_pretrained(from), InvalidArgument);
  EXPECT_NE(refused([&] {
              classifier.model().add_adapter({.target_modules = {"querry"}});
            }).find("did you mean 'query'"),
            std::string::npos);
  EXPECT_THROW(compile_for_fine_tuning(classifier.model(), 0), InvalidArgument);
  EXPECT_THROW(compile_for_fine_tuning(classifier.model(), 5, {.warmup = 1}), InvalidArgument);
  EXPECT_THROW(compile_for_fine_tuning(classifier.model(), 5, {.learning_rate = 0}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
