// lamina train imdb-forest: an estimator under the same verbs as networks.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/classic/linear.h"
#include "lamina/formats/classic.h"
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

// ---- Estimators of numbers ----

// y = 2 a + b.
class EstimatorOfNumbers : public EstimatorRecipe {
 protected:
  void SetUp() override {
    classic::LinearRegression line;
    line.fit(Tensor::from<float>({{0, 0}, {1, 0}, {0, 1}, {2, 3}}), Tensor::from<float>({0, 2, 1, 7}));
    DataInfo info;
    info.features = {"a", "b"};
    info.target = "y";
    save_classic(line, folder_ / "line.classic", info);
    info.missing = Missing::kDrop;
    info.infinite = Infinite::kDrop;
    save_classic(line, folder_ / "drops.classic", info);
    write_file(folder_ / "gap.csv", "a,b,y\n1,1,3\n2,,5\n3,1,7\n4,1,9\n");
    write_file(folder_ / "inf.csv", "a,b,y\n1,1,3\n2,inf,5\n3,1,7\n4,1,9\n");
  }
  // Names and outputs that predict says.
  std::string said(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "predict");
    arguments.push_back("--json");
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    std::string text;
    for (const std::string& line : outcome.lines()) {
      const Json object = Json::parse(line);
      text += object.at("input").as_string() + "=" +
              std::to_string(std::lround(object.at("output").at(0).as_double())) + " ";
    }
    return text;
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& words,
                      int status = 1) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  }
};

TEST_F(EstimatorOfNumbers, TakeMissingAndInfiniteAsNetworksDo) {
  const std::string gap = "gap.csv[0]=3 gap.csv[2]=7 gap.csv[3]=9 ",
                    inf = "inf.csv[0]=3 inf.csv[2]=7 inf.csv[3]=9 ";
  EXPECT_EQ(said({"line.classic", "gap.csv", "--missing", "drop"}), gap);
  EXPECT_EQ(said({"line.classic", "inf.csv", "--infinite", "drop"}), inf);
  EXPECT_EQ(said({"drops.classic", "gap.csv"}), gap);
  EXPECT_EQ(said({"drops.classic", "inf.csv"}), inf);
  EXPECT_EQ(said({"drops.classic", "gap.csv[1:3]"}), "gap.csv[2]=7 gap.csv[3]=9 ");
  for (const std::vector<std::string>& what :
       std::vector<std::vector<std::string>>{{"line.classic", "--data", "gap.csv", "--missing", "drop"},
                                             {"line.classic", "--data", "inf.csv", "--infinite", "drop"},
                                             {"drops.classic", "--data", "gap.csv"},
                                             {"drops.classic", "--data", "inf.csv"}}) {
    std::vector<std::string> words = {"evaluate", "--json"};
    words.insert(words.end(), what.begin(), what.end());
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.out).at("samples").as_int(), 3);
    EXPECT_NEAR(Json::parse(outcome.out).at("metrics").at("r2").as_double(), 1, 1e-5);
  }
  for (const char* verb : {"evaluate", "predict"}) {
    std::vector<std::string> words = {verb};
    const auto with = [&](const char* model, const char* data, const char* option, const char* way) {
      words = {verb, model};
      if (std::string(verb) == "evaluate") words.emplace_back("--data");
      words.insert(words.end(), {data, option, way});
      return words;
    };
    expect_refused(with("drops.classic", "gap.csv", "--missing", "fail"), "line 3");
    expect_refused(with("drops.classic", "inf.csv", "--infinite", "fail"), "line 3");
    expect_refused(with("line.classic", "gap.csv", "--missing", "maybe"), "--missing: unknown way", 2);
    expect_refused(with("line.classic", "gap.csv", "--infinite", "maybe"), "--infinite: unknown way", 2);
    expect_refused(with("line.classic", "gap.csv", "--scale", "none"), "--scale: an estimator takes", 2);
    expect_refused(with("line.classic", "gap.csv", "--labels", "no,yes"), "--labels: ");
  }
  // What cannot be taken is told, not reckoned with.
  expect_refused({"predict", "line.classic", "gap.csv"}, "line 3");
  expect_refused({"predict", "line.classic", "inf.csv", "--infinite", "keep"}, "infinite");
}

TEST_F(EstimatorRecipe, FitsWithoutRowsThatLackSomething) {
  std::string text = read_file(folder_ / "reviews.tsv");
  write_file(folder_ / "gaps.tsv", text + "good\t\n\ta film without a label\n");
  const auto fit = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"train", "imdb-forest", "--data", "gaps.tsv", "--overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  const Outcome refused = fit({});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("line 63"), std::string::npos) << refused.err;
  const Outcome fitted = fit({"--missing", "drop"});
  ASSERT_EQ(fitted.status, 0) << fitted.err;
  EXPECT_NE(fitted.out.find("fitted to 61 samples"), std::string::npos) << fitted.out;
  EXPECT_EQ(fit({"--scale", "none"}).status, 2);
}

}  // namespace
}  // namespace lamina
