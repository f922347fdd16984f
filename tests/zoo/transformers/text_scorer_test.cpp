// Pairs of texts, several labels, numbers: what a checkpoint learns beside one class of a text.
#include "lamina/zoo/transformers/text_scorer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/ops/full.h"
#include "lamina/zoo/transformers/fine_tuning.h"
#include "lamina/zoo/transformers/multi_label_classifier.h"
#include "lamina/zoo/transformers/text_classifier.h"
#include "lamina/zoo/transformers/text_regressor.h"
#include "tests/support/told.h"
#include "tests/zoo/transformers/small_checkpoints.h"

namespace lamina {
namespace {

using Lines = std::vector<std::string>;

const Lines kFirst{"red apple", "green grass", "blue sky", "red apple", "green grass",
                   "blue sky",  "red apple",   "blue sky", "green",     "red"};
const Lines kSecond{"red", "green", "blue", "green", "blue", "red", "blue", "green", "green", "red"};

bool has(const std::string& text, const char* word) { return text.find(word) != std::string::npos; }

class TextScorers : public ::testing::Test {
 protected:
  std::string checkpoint() const {
    Json config = test::untrained_bert();
    config["initializer_range"] = 0.2;
    return test::folder_with(folder_, "bert", config, bert_wordpiece_pipeline());
  }
  test::TemporaryFolder folder_;
  test::Told told_;
};

template <class Scorer, class Labels>
void teach(const Scorer& scorer, const TextInputs& texts, const Labels& labels, int epochs) {
  LabelledBatches batches = scorer.batches(texts, labels, {.rows = 4});
  compile_for_fine_tuning(scorer.model(), epochs * *batches.steps(), {.learning_rate = 8e-3});
  scorer.model().fit(batches, {.epochs = epochs, .verbose = 0});
}

TEST_F(TextScorers, LearnFromPairs) {
  Lines labels;
  for (const std::string& text : kSecond) labels.push_back(text == "green" ? "same" : "other");
  auto classifier = TextClassifier::from_pretrained(checkpoint(), {.labels = {"other", "same"}, .seed = 1});
  teach(classifier, {kFirst, kSecond}, labels, 40);
  EXPECT_EQ(classifier.predict({kFirst, kSecond}), labels);
  EXPECT_EQ(classifier.evaluate({kFirst, kSecond}, labels).accuracy, 1);
  classifier.save_pretrained(folder_ / "tuned");
  EXPECT_EQ(TextClassifier::from_pretrained(folder_ / "tuned").predict({kFirst, kSecond}), labels);
}

// The model is told which text a token is of, as by the tokenizer.
TEST_F(TextScorers, TellTheTextsOfAPairApart) {
  const auto classifier =
      TextClassifier::from_pretrained(checkpoint(), {.labels = {"other", "same"}, .seed = 1});
  LabelledBatches batches =
      classifier.batches({Lines{"red apple"}, Lines{"green"}}, Lines{"same"}, {.rows = 1});
  batches.begin(0, 0);
  Batch batch;
  ASSERT_TRUE(batches.next(batch));
  const Encoding encoding = classifier.tokenizer().encode("red apple", "green");
  ASSERT_EQ(batch.x.size(), 3u);
  std::vector<int32_t> ids = encoding.ids, types = encoding.type_ids;
  ids.resize(8, 0);
  types.resize(8, 0);
  EXPECT_EQ(batch.x[0].to_vector<int32_t>(), ids);
  EXPECT_EQ(batch.x[2].to_vector<int32_t>(), types);
  const Shape row{1, static_cast<int64_t>(encoding.ids.size())};
  const auto as_is = classifier.model().run({{"input_ids", Tensor::from(encoding.ids, row)},
                                             {"token_type_ids", Tensor::from(encoding.type_ids, row)}});
  const auto alone = classifier.model().run({{"input_ids", Tensor::from(encoding.ids, row)}});
  const auto probabilities = classifier.probabilities({Lines{"red apple"}, Lines{"green"}});
  const auto scores = as_is[0].to_vector<float>();
  EXPECT_NEAR(probabilities[0][0], 1 / (1 + std::exp(scores[1] - scores[0])), 1e-6);
  EXPECT_NE(scores, alone[0].to_vector<float>());
}

TEST_F(TextScorers, GiveSeveralLabels) {
  Lines texts;
  for (int i = 0; i < 54; ++i)
    texts.push_back(std::string(i % 3 == 0   ? "red"
                                : i % 3 == 1 ? "green"
                                             : "blue") +
                    (i / 3 % 3 == 0   ? " apple"
                     : i / 3 % 3 == 1 ? " grass"
                                      : " sky"));
  std::vector<Lines> labels;
  for (const std::string& text : texts) {
    labels.emplace_back();
    if (has(text, "apple")) labels.back().push_back("fruit");
    if (has(text, "red")) labels.back().push_back("warm");
  }
  auto classifier =
      MultiLabelClassifier::from_pretrained(checkpoint(), {.labels = {"fruit", "warm"}, .seed = 1});
  teach(classifier, texts, labels, 20);
  EXPECT_EQ(classifier.predict(texts), labels);
  const MultiLabelScores scores = classifier.evaluate(texts, labels);
  EXPECT_EQ(scores.exact_match, 1);
  EXPECT_EQ(scores.micro_f1, 1);
  EXPECT_EQ(scores.macro_f1, 1);
  LabelledBatches batches = classifier.batches(texts, labels, {.rows = 3, .shuffle = false});
  const Logs logs = classifier.model().evaluate(batches, {.verbose = 0});
  EXPECT_NEAR(logs["loss"], scores.loss, 1e-5);
  EXPECT_EQ(logs["binary_accuracy"], 1);
  classifier.save_pretrained(folder_ / "tuned");
  EXPECT_EQ(MultiLabelClassifier::from_pretrained(folder_ / "tuned").probabilities(texts),
            classifier.probabilities(texts));
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              TextClassifier::from_pretrained(folder_ / "tuned");
            }).find("which MultiLabelClassifier asks"),
            std::string::npos);
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              classifier.batches({"red"}, std::vector<Lines>{{"worm"}});
            }).find("did you mean 'warm'"),
            std::string::npos);
}

TEST_F(TextScorers, GiveNumbers) {
  const Lines texts{"good good film",  "good film",  "film",  "bad film",  "bad bad film",
                    "good good music", "good music", "music", "bad music", "bad bad music"};
  const std::vector<float> values{1, 0.5F, 0, -0.5F, -1, 1, 0.5F, 0, -0.5F, -1};
  auto regressor = TextRegressor::from_pretrained(checkpoint(), {.name = "stars", .seed = 1});
  teach(regressor, texts, values, 60);
  std::vector<float> said;
  const RegressionScores scores = regressor.evaluate(texts, values, &said);
  EXPECT_LT(scores.mean_absolute_error, 0.15);
  EXPECT_GT(scores.r2, 0.9);
  EXPECT_GT(scores.pearson, 0.95);
  EXPECT_EQ(said, regressor.predict(texts));
  LabelledBatches batches = regressor.batches(texts, values, {.rows = 4, .shuffle = false});
  const Logs logs = regressor.model().evaluate(batches, {.verbose = 0});
  EXPECT_NEAR(logs["loss"], scores.loss, 1e-5);
  EXPECT_NEAR(logs["mean_absolute_error"], scores.mean_absolute_error, 1e-5);
  regressor.save_pretrained(folder_ / "tuned");
  const auto again = TextRegressor::from_pretrained(folder_ / "tuned");
  EXPECT_EQ(again.predict(texts), said);
  EXPECT_EQ(again.name(), "stars");
}

TEST(LabelLosses, HaveTheRightGradients) {
  const float none = std::nanf("");
  const Tensor targets = Tensor::from(std::vector<float>{1, 0, none, 1, none, 0}, {2, 3});
  const Tensor scores = Tensor::from(std::vector<double>{0.3, -1.2, 0.7, 2.1, -0.4, 0.9}, {2, 3});
  for (const auto loss : {any_labels_loss, numbers_loss}) {
    check_gradients([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{loss(targets, in[0])}; },
                    {scores});
    EXPECT_EQ(loss(Tensor::from(std::vector<float>{none}, {1, 1}), zeros({1, 1})).item<float>(), 0);
  }
}

TEST_F(TextScorers, RefuseWhatDoesNotFit) {
  const std::string from = checkpoint();
  const auto regressor = TextRegressor::from_pretrained(from);
  EXPECT_EQ(regressor.name(), "LABEL_0");
  EXPECT_THROW(regressor.batches({"a", "b"}, std::vector<float>{1}), InvalidArgument);
  EXPECT_THROW(regressor.batches({"a"}, std::vector<float>{std::nanf("")}), InvalidArgument);
  EXPECT_THROW(regressor.evaluate(Lines{}, {}), InvalidArgument);
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              regressor.predict({Lines{"a", "b"}, Lines{"c"}});
            }).find("2 texts and 1 second"),
            std::string::npos);
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              MultiLabelClassifier::from_pretrained(from);
            }).find("tells no classes apart"),
            std::string::npos);
  // Of all texts or of none.
  EXPECT_THROW(LabelledBatches({{{1}, {}, {1}}, {{1}, {}, {1, 2}}}), InvalidArgument);
  EXPECT_THROW(LabelledBatches({{{1}, {0}, {}, {0}}, {{1}, {0}}}), InvalidArgument);
  EXPECT_THROW(LabelledBatches({{{1}, {0}, {}, {0}}}, {.attention_mask = false}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
