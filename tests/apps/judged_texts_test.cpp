// lamina train classify of pairs, label and regress: what a checkpoint learns of texts beside one class each.
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/apps/recipe_test.h"
#include "tests/zoo/transformers/small_checkpoints.h"

namespace lamina {
namespace {

using test::Outcome;
using Words = std::vector<std::string>;

const char* const kColours[] = {"red", "green", "blue"};
const char* const kThings[] = {"apple", "grass", "sky"};

void prepare(const std::string& at) {
  std::string pairs = "premise,hypothesis,label\n", lists = "text,label\n", numbers = "text,stars\n";
  for (int i = 0; i < 54; ++i) {
    const std::string colour = kColours[i % 3], thing = kThings[i / 3 % 3], other = kColours[i / 9 % 3];
    pairs += colour + " " + thing + "," + other + "," + (other == "red" ? "same" : "other") + "\n";
    std::string labels = i % 3 == 0 ? "warm" : "";
    if (i / 3 % 3 == 0) labels += labels.empty() ? "fruit" : "; fruit";
    lists += colour + " " + thing + "," + (labels.empty() ? "-" : labels) + "\n";
    numbers += colour + " " + thing + "," + std::to_string(0.5 * (i % 3) - 0.5) + "\n";
  }
  write_file(at + "/pairs.csv", pairs);
  write_file(at + "/lists.csv", lists);
  write_file(at + "/numbers.csv", numbers);
}

class JudgedTexts : public test::RecipeTest<JudgedTexts> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    prepare(folder_->path());
    Json config = test::untrained_bert();
    config["initializer_range"] = 0.2;
    test::folder_with(*folder_, "bert", config, bert_wordpiece_pipeline());
  }
  static Words train(const std::string& task, const std::string& data, const std::string& out,
                     const Words& more) {
    Words words{"train",  task,
                "--from", "bert",
                "--data", data,
                "--out",  out,
                "--json", "--batch-size",
                "8",      "--validation-data",
                data,     "--learning-rate",
                "0.01"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static Json metrics_of(const Outcome& outcome) {
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return Json::parse(outcome.lines().back()).at("metrics");
  }
  static void refused(const Words& words, const std::string& why) {
    const Outcome outcome = run(words);
    EXPECT_NE(outcome.status, 0) << outcome.out;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
  }
};

TEST_F(JudgedTexts, PairsAreClassified) {
  const Words columns{"--text-column", "premise", "--pair-column", "hypothesis"};
  Words words = train("classify", "pairs.csv", "same", columns);
  words.insert(words.end(), {"--epochs", "20"});
  const Json metrics = metrics_of(run(words));
  EXPECT_EQ(metrics.at("accuracy").as_double(), 1);
  Words judged{"evaluate", "same", "--data", "pairs.csv", "--json"};
  judged.insert(judged.end(), columns.begin(), columns.end());
  EXPECT_EQ(metrics_of(run(judged)).dump(), metrics.dump());
  const Outcome asked = run({"predict", "same", "--pairs", "red apple\tred", "blue sky\tgreen", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  EXPECT_EQ(Json::parse(asked.lines().at(0)).at("label").as_string(), "same");
  EXPECT_EQ(Json::parse(asked.lines().at(1)).at("label").as_string(), "other");
  EXPECT_EQ(Json::parse(asked.lines().at(1)).at("pair").as_string(), "green");
  refused({"predict", "same", "--pairs", "red apple"}, "two texts with a tab between them");
  refused(train("classify", "pairs.csv", "x", {"--pair-column", "hypotheses"}), "did you mean 'hypothesis'");
  refused(train("classify", "pairs.csv", "x", {"--text-column", "premise", "--pair-column", "premise"}),
          "cannot hold both");
  refused({"evaluate", "same", "--data", "pairs.csv", "--label-separator", ";"}, "--label-separator");
}

TEST_F(JudgedTexts, LabelsAreLists) {
  const Json metrics =
      metrics_of(run(train("label", "lists.csv", "labels", {"--label-separator", ";", "--epochs", "20"})));
  EXPECT_EQ(metrics.at("exact_match").as_double(), 1);
  EXPECT_EQ(metrics.at("micro_f1").as_double(), 1);
  EXPECT_EQ(metrics_of(run({"evaluate", "labels", "--data", "lists.csv", "--label-separator", ";", "--json"}))
                .dump(),
            metrics.dump());
  const Outcome asked = run({"predict", "labels", "red apple", "green sky", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  EXPECT_EQ(Json::parse(asked.lines().at(0)).at("labels").dump(), Json::list({"fruit", "warm"}).dump());
  EXPECT_EQ(Json::parse(asked.lines().at(1)).at("labels").size(), 0u);
  refused({"evaluate", "labels", "--data", "pairs.csv", "--text-column", "premise"},
          "none of the model's labels");
  refused({"train", "label", "--from", "nothing", "--data", "lists.csv"}, "nothing");
}

TEST_F(JudgedTexts, NumbersAreLearned) {
  const Json metrics = metrics_of(
      run(train("regress", "numbers.csv", "stars", {"--label-column", "stars", "--epochs", "20"})));
  EXPECT_LT(metrics.at("mean_absolute_error").as_double(), 0.1);
  EXPECT_GT(metrics.at("pearson").as_double(), 0.95);
  const Outcome asked = run({"predict", "stars", "red apple", "blue sky", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  EXPECT_NEAR(Json::parse(asked.lines().at(0)).at("value").as_double(), -0.5, 0.2);
  EXPECT_NEAR(Json::parse(asked.lines().at(1)).at("value").as_double(), 0.5, 0.2);
  refused(train("regress", "lists.csv", "x", {}), "lists.csv");
  refused({"predict", "stars", "--pairs", "red"}, "two texts with a tab between them");
}

}  // namespace
}  // namespace lamina
