// New heads on folders: what is new is told, what must be there is missed, and names of classes decide.
#include "lamina/zoo/transformers/pretrained_heads.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"
#include "tests/support/words.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina {
namespace {

using Names = std::vector<std::string>;

Json bert_of(const std::string& name) {
  Json config = test::small_bert();
  config["architectures"] = Json::list({name});
  return config;
}

std::vector<float> values_of(const PretrainedModel& model, const std::string& name) {
  return model.weight(name)->read().to_vector<float>();
}

class PretrainedHeads : public ::testing::Test {
 protected:
  std::string saved(const Json& config, uint64_t seed = 3) {
    const std::string folder = folder_ / ("model" + std::to_string(number_++));
    AutoModel::from_config(config, {.seed = seed})->save_pretrained(folder);
    return folder;
  }
  test::TemporaryFolder folder_;
  test::Told told_;
  int number_ = 0;
};

TEST_F(PretrainedHeads, StandOnAHeadlessModelAndSayWhatIsNew) {
  const std::string folder = saved(bert_of("BertModel"));
  HeadReport report;
  const auto model = AutoModelForSequenceClassification::from_pretrained(
      folder, {.labels = {"no", "yes", "so"}, .seed = 5}, &report);
  EXPECT_EQ(model->class_name(), "BertForSequenceClassification");
  EXPECT_EQ(model->class_names(), (Names{"no", "yes", "so"}));
  EXPECT_EQ(report.created, (Names{"classifier.weight", "classifier.bias"}));
  EXPECT_TRUE(report.unused.empty());
  EXPECT_TRUE(told_.holds("new, and of no meaning before they are trained: classifier.weight"))
      << told_.text();
  // The body and its pooler are the folder's.
  const auto body = AutoModel::from_pretrained(folder);
  EXPECT_EQ(values_of(*model, "bert.pooler.dense/weight"), values_of(*body, "pooler.dense/weight"));
  const std::vector<float> head = values_of(*model, "classifier/weight");
  EXPECT_NE(head, std::vector<float>(head.size(), 0));
  const Json& config = model->config_json();
  EXPECT_EQ(config.at("label2id").at("so").as_int(), 2);
}

TEST_F(PretrainedHeads, StandWhereAnotherHeadStood) {
  const std::string folder = saved(bert_of("BertForMaskedLM"));
  HeadReport report;
  AutoModelForSequenceClassification::from_pretrained(folder, {.labels = {"a", "b"}}, &report);
  EXPECT_EQ(report.created, (Names{"bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight",
                                   "classifier.bias"}));
  const auto tagger =
      AutoModelForTokenClassification::from_pretrained(folder, {.labels = {"O", "B-X"}}, &report);
  EXPECT_EQ(tagger->class_name(), "BertForTokenClassification");
  EXPECT_EQ(report.created, (Names{"classifier.weight", "classifier.bias"}));
}

TEST_F(PretrainedHeads, AreKeptForTheSameNamesAndNewForOthers) {
  Json config = bert_of("BertForSequenceClassification");
  config["id2label"] = Json::object({{"0", "a"}, {"1", "b"}});
  const std::string folder = saved(config);
  HeadReport report;
  const auto same =
      AutoModelForSequenceClassification::from_pretrained(folder, {.labels = {"b", "a"}}, &report);
  EXPECT_TRUE(report.created.empty());
  EXPECT_EQ(same->class_names(), (Names{"a", "b"}));  // the folder's order
  EXPECT_EQ(AutoModelForSequenceClassification::from_pretrained(folder)->class_names(), (Names{"a", "b"}));
  const auto other =
      AutoModelForSequenceClassification::from_pretrained(folder, {.labels = {"a", "b", "c"}}, &report);
  EXPECT_EQ(report.created, (Names{"classifier.weight", "classifier.bias"}));
  EXPECT_EQ(report.unused, (Names{"classifier.bias", "classifier.weight"}));
  EXPECT_EQ(other->class_names().size(), 3u);
}

TEST_F(PretrainedHeads, OfDecodersLookAtTheLastTokenOfAText) {
  for (Json config : {test::small_gpt2(), test::small_llama()}) {
    config["pad_token_id"] = nullptr;
    const auto model = AutoModelForSequenceClassification::from_pretrained(
        saved(config), {.labels = {"a", "b"}, .pad_token_id = 0});
    const Tensor alone = model->run({Tensor::from(std::vector<int32_t>{5, 6, 7}, {1, 3})})[0];
    const Tensor padded =
        model->run({Tensor::from(std::vector<int32_t>{5, 6, 7, 0, 0, 9, 8, 7, 6, 5}, {2, 5}),
                    Tensor::from(std::vector<int32_t>{1, 1, 1, 0, 0, 1, 1, 1, 1, 1}, {2, 5})})[0];
    const auto a = alone.to_vector<float>(), b = padded.to_vector<float>();
    ASSERT_EQ(b.size(), 4u);
    EXPECT_NEAR(a[0], b[0], 1e-6);
    EXPECT_NEAR(a[1], b[1], 1e-6);
    EXPECT_NE(b[0], b[2]);
  }
}

TEST_F(PretrainedHeads, OfDecodersNeedToKnowPadding) {
  Json config = test::small_gpt2();
  config["pad_token_id"] = nullptr;
  const auto model =
      AutoModelForSequenceClassification::from_pretrained(saved(config), {.labels = {"a", "b"}});
  EXPECT_NO_THROW(model->run({Tensor::from(std::vector<int32_t>{5, 6}, {1, 2})}));
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              model->run({Tensor::from(std::vector<int32_t>{5, 6}, {2, 1})});
            }).find("has no pad_token_id"),
            std::string::npos);
}

TEST_F(PretrainedHeads, RefuseWhatCannotBe) {
  const auto refused = [&](const std::string& folder, const Names& labels) {
    try {
      AutoModelForSequenceClassification::from_pretrained(folder, {.labels = labels});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string bert = saved(bert_of("BertModel"));
  EXPECT_NE(refused(bert, {}).find("tells no classes apart: name them"), std::string::npos);
  EXPECT_NE(refused(bert, {"a"}).find("one class only, 'a'"), std::string::npos);
  EXPECT_NE(refused(bert, {"a", "a"}).find("twice"), std::string::npos);
  EXPECT_NE(refused(bert, {"a", ""}).find("no name"), std::string::npos);
  EXPECT_NE(refused(folder_ / "nothing", {"a", "b"}).find("is no folder"), std::string::npos);
  const std::string marian = saved(test::small_marian());
  EXPECT_NE(refused(marian, {"a", "b"}).find("those that have: bert, distilbert, gpt2"), std::string::npos);
  // The body must be whole.
  Json deeper = bert_of("BertModel");
  deeper["num_hidden_layers"] = 2;
  write_file(bert + "/config.json", deeper.dump());
  EXPECT_NE(refused(bert, {"a", "b"}).find("encoder.layer.1"), std::string::npos);
  EXPECT_NE(refused(bert, {"a", "b"}).find("missing: "), std::string::npos);
  Json shallower = bert_of("BertModel");
  const std::string deep = saved(deeper);
  write_file(deep + "/config.json", shallower.dump());
  EXPECT_NE(refused(deep, {"a", "b"}).find("has no place"), std::string::npos);
  // What it is to be trained for is not guessed.
  Json ranking = bert_of("BertForSequenceClassification");
  ranking["problem_type"] = "ranking";
  const auto model = AutoModel::from_config(ranking);
  model->compile({});
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              model->fit({Tensor::from(std::vector<int32_t>{5, 6}, {1, 2})},
                         Tensor::from(std::vector<int32_t>{1}, {1}), {.verbose = 0});
            }).find("problem_type is \"ranking\""),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
