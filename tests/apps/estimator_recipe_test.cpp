// lamina train imdb-forest: an estimator under the same verbs as networks.
#include <gtest/gtest.h>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Outcome;

class EstimatorRecipe : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string text = "label\ttext\n";
    for (int i = 0; i < 60; ++i)
      text += i % 2 == 0 ? "bad\ta dull and tiresome film\n" : "good\ta moving and wise film\n";
    write_file(folder_ / "reviews.tsv", text);
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments);
  }
  test::TemporaryFolder folder_;
};

TEST_F(EstimatorRecipe, FitsJudgesAndAnswers) {
  const Outcome fitted =
      run({"train", "imdb-forest", "--data", "reviews.tsv", "--validation-data", "reviews.tsv", "--json"});
  ASSERT_EQ(fitted.status, 0) << fitted.err;
  const Json last = Json::parse(fitted.out);
  EXPECT_TRUE(last.at("done").as_bool());
  EXPECT_EQ(last.at("model").as_string(), "imdb-forest.classic");
  EXPECT_EQ(last.at("metrics_of").as_string(), "validation");
  EXPECT_EQ(last.at("metrics").at("accuracy").as_double(), 1);

  const Outcome judged = run({"evaluate", "imdb-forest.classic", "--data", "reviews.tsv[0:10]", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("samples").as_int(), 10);
  EXPECT_EQ(Json::parse(judged.out).at("metrics").at("accuracy").as_double(), 1);

  const Outcome page =
      run({"evaluate", "imdb-forest.classic", "--data", "reviews.tsv", "--report", "forest.html"});
  EXPECT_EQ(page.out, "accuracy: 1.0000 - 60 samples\nReport: forest.html\n") << page.err;
  const std::string html = read_file(folder_ / "forest.html");
  for (const char* part : {"evaluated on 60 samples of reviews.tsv", "Confusion matrix", "ROC", "area 1.0000",
                           "Calibration", "mean probability of good"})
    EXPECT_NE(html.find(part), std::string::npos) << part;

  const Outcome said = run({"predict", "imdb-forest.classic", "wise and moving", "reviews.tsv[0]", "--json"});
  ASSERT_EQ(said.lines().size(), 2u) << said.err;
  const Json first = Json::parse(said.lines()[0]);
  EXPECT_EQ(first.at("label").as_string(), "good");
  EXPECT_GT(first.at("confidence").as_double(), 0.5);
  EXPECT_EQ(first.at("probabilities").size(), 2u);
  EXPECT_EQ(Json::parse(said.lines()[1]).at("label").as_string(), "bad");
}

TEST_F(EstimatorRecipe, RefusesWhatMeansNothing) {
  const auto refusal = [&](const std::vector<std::string>& more, int status) {
    std::vector<std::string> words = {"train", "imdb-forest", "--data", "reviews.tsv", "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    return outcome.err;
  };
  EXPECT_NE(refusal({"--epochs", "3"}, 2).find("no --epochs"), std::string::npos);
  EXPECT_NE(refusal({"--out", "f.keras"}, 2).find("must end in .classic"), std::string::npos);
  EXPECT_EQ(refusal({}, 0), "");
  EXPECT_NE(refusal({}, 1).find("there already"), std::string::npos);
  EXPECT_EQ(refusal({"--overwrite"}, 0), "");
  write_file(folder_ / "new.tsv", "label\ttext\nodd\ta film\n");
  const Outcome unknown = run({"evaluate", "imdb-forest.classic", "--data", "new.tsv"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.err.find("odd"), std::string::npos) << unknown.err;
  write_file(folder_ / "damaged.classic", "PK");
  EXPECT_EQ(run({"predict", "damaged.classic", "a film"}).status, 1);
}

}  // namespace
}  // namespace lamina
