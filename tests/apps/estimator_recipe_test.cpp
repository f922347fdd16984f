// lamina train imdb-forest: an estimator under the same verbs as networks.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/classic/forest.h"
#include "lamina/classic/linear.h"
#include "lamina/formats/classic.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
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

// As networks do: a folder with a page and a note, which `lamina report` lays beside others.
TEST_F(EstimatorRecipe, LeavesARunFolder) {
  ASSERT_EQ(run({"train", "imdb-forest", "--data", "reviews.tsv", "--validation-split", "0.5", "--quiet",
                 "--run-dir", "forest"})
                .status,
            0);
  const Json note = Json::parse(read_file(folder_ / "forest/run.json"));
  EXPECT_EQ(note.at("name").as_string(), "imdb-forest");
  EXPECT_EQ(note.at("task").as_string(), "classification");
  EXPECT_EQ(note.at("metrics").at("accuracy").as_double(), 1);
  EXPECT_EQ(note.at("metrics_of").as_string(), "validation");
  EXPECT_EQ(note.at("options").at("training samples").as_string(), "30");
  EXPECT_EQ(note.at("options").at("trees").as_string(), "100");
  const std::string page = read_file(folder_ / "forest/report.html");
  for (const char* part :
       {"fitted on 30 samples", "validation accuracy", "100.00 %", "Confusion matrix", "ROC",
        "Precision and recall", "Importance of features", "moving", "Machine and versions"})
    EXPECT_NE(page.find(part), std::string::npos) << part;

  ASSERT_EQ(run({"train", "imdb-forest", "--data", "reviews.tsv", "--model", "linear-svm", "--out",
                 "svm.classic", "--quiet", "--run-dir", "svm", "--validation-split", "0.5"})
                .status,
            0);
  EXPECT_EQ(read_file(folder_ / "svm/report.html").find("ROC"), std::string::npos) << "without probabilities";
  const Outcome both = run({"report", "forest", "svm", "--json"});
  ASSERT_EQ(both.status, 0) << both.err;
  EXPECT_EQ(Json::parse(both.out).at("runs").at(0).at("metrics").at("accuracy").as_double(), 1);
  EXPECT_NE(read_file(folder_ / "comparison.html").find("LinearSVC"), std::string::npos);

  write_file(folder_ / "forest/history.csv", "epoch,loss\n0,1\n");
  const Outcome refused =
      run({"train", "imdb-forest", "--data", "reviews.tsv", "--run-dir", "forest", "--out", "other.classic"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("belongs to a training of a network"), std::string::npos) << refused.err;
}

TEST_F(EstimatorRecipe, TakesAFolderOfTexts) {
  for (int i = 0; i < 20; ++i) {
    const bool good = i % 2 == 1;
    std::filesystem::create_directories(folder_ / ("texts/" + std::string(good ? "好 评" : "bad")));
    write_file(folder_ / ("texts/" + std::string(good ? "好 评/" : "bad/") + std::to_string(i) + ".txt"),
               good ? "a moving\nand wise film" : "a dull film");
  }
  const Outcome fitted = run({"train", "imdb-forest", "--data", "texts", "--json"});
  ASSERT_EQ(fitted.status, 0) << fitted.err;
  EXPECT_EQ(Json::parse(fitted.out).at("metrics").at("accuracy").as_double(), 1);
  const Outcome said = run({"predict", "imdb-forest.classic", "wise", "texts/bad", "--json"});
  ASSERT_EQ(said.lines().size(), 11u) << said.err;
  EXPECT_EQ(Json::parse(said.lines()[0]).at("label").as_string(), "好 评");
  EXPECT_EQ(Json::parse(said.lines()[1]).at("input").as_string(), "texts/bad/0.txt");
  EXPECT_EQ(Json::parse(said.lines()[1]).at("label").as_string(), "bad");
  EXPECT_EQ(run({"evaluate", "imdb-forest.classic", "--data", "texts"}).out,
            "accuracy: 1.0000 - 20 samples\n");
}

TEST_F(EstimatorRecipe, IsKnownByItsBytesToEveryCommand) {
  ASSERT_EQ(run({"train", "imdb-forest", "--data", "reviews.tsv", "--quiet"}).status, 0);
  write_file(folder_ / "renamed.model", read_file(folder_ / "imdb-forest.classic"));
  const Outcome summary = run({"summary", "renamed.model"});
  ASSERT_EQ(summary.status, 0) << summary.err;
  for (const char* part : {"RandomForestClassifier, fitted to 6 features and 2 classes", "n_estimators = 100",
                           " trees: 100\n", " depth: ", " bytes of the file: ", "Classes: bad, good"})
    EXPECT_NE(summary.out.find(part), std::string::npos) << part << "\n" << summary.out;
  const Outcome json = run({"summary", "renamed.model", "--json"});
  ASSERT_EQ(json.status, 0) << json.err;
  EXPECT_EQ(Json::parse(json.out).at("features").as_int(), 6);
  EXPECT_EQ(Json::parse(json.out).at("extent").at("trees").as_int(), 100);
  EXPECT_EQ(run({"predict", "renamed.model", "wise"}).status, 0);
  EXPECT_EQ(run({"evaluate", "renamed.model", "--data", "reviews.tsv"}).status, 0);

  write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>(18), {3, 6}));
  const Outcome raw = run({"run", "renamed.model", "--input", "x.npy", "--output", "said", "--json"});
  ASSERT_EQ(raw.status, 0) << raw.err;
  EXPECT_EQ(read_npy(folder_ / "said/predict.npy").shape(), Shape({3}));
  EXPECT_EQ(read_npy(folder_ / "said/predict_proba.npy").shape(), Shape({3, 2}));
  write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>(21), {3, 7}));
  const Outcome wrong = run({"run", "renamed.model", "--input", "x.npy", "--output", "said"});
  EXPECT_NE(wrong.err.find("x has 7 features, but fit saw 6"), std::string::npos) << wrong.err;
  for (const char* command : {"bench", "train"}) {
    std::vector<std::string> words = {command, "renamed.model"};
    if (std::string(command) == "train") words.insert(words.end(), {"--data", "reviews.tsv"});
    const Outcome refused = run(words);
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("holds an estimator"), std::string::npos) << refused.err;
  }
}

TEST_F(EstimatorRecipe, LeavesWordsOutAndReadsLines) {
  write_file(folder_ / "stop.txt", "film\nand\n");
  const auto features = [&](const std::string& words) {
    const Outcome fitted = run(
        {"train", "imdb-forest", "--data", "reviews.tsv", "--stop-words", words, "--overwrite", "--quiet"});
    EXPECT_EQ(fitted.status, 0) << fitted.err;
    return Json::parse(run({"summary", "imdb-forest.classic", "--json"}).out).at("features").as_int();
  };
  EXPECT_EQ(features("stop.txt"), 4);
  EXPECT_EQ(features("film"), 5);
  const Outcome english =
      run({"train", "imdb-forest", "--data", "reviews.tsv", "--stop-words", "english", "--overwrite"});
  EXPECT_EQ(english.status, 2);
  EXPECT_NE(english.err.find("is not built in"), std::string::npos) << english.err;
  EXPECT_EQ(run({"train", "tabular-forest", "--data", "reviews.tsv", "--stop-words", "film"}).status, 2);
  EXPECT_EQ(run({"train", "tweets", "--data", "reviews.tsv", "--stop-words", "film"}).status, 2);

  write_file(folder_ / "new.txt", "wise and moving\ndull\n");
  ASSERT_EQ(std::system(("cd '" + folder_.path() + "' && gzip -k new.txt").c_str()), 0);
  const Outcome said = run({"predict", "imdb-forest.classic", "new.txt.gz"});
  ASSERT_EQ(said.lines().size(), 2u) << said.err;
  EXPECT_EQ(said.lines()[0].substr(0, 19), "new.txt.gz[0]  good") << said.out;
}

// A program's own labels come back as they were given.
TEST_F(EstimatorRecipe, KeepsLabelsThatAreNoPlaces) {
  std::vector<float> x;
  std::vector<int32_t> y;
  std::string table = "a,b,label\n";
  for (int i = 0; i < 40; ++i) {
    x.insert(x.end(), {static_cast<float>(i % 7), i % 2 == 0 ? -1.0f : 2.0f});
    y.push_back(i % 2 == 0 ? -1 : 1);
    table += std::to_string(i % 7) + "," + (i % 2 == 0 ? "-1," : "2,") + std::to_string(y.back()) + "\n";
  }
  classic::RandomForestClassifier forest({.n_estimators = 5});
  forest.fit(Tensor::from(x, {40, 2}), Tensor::from(y, {40}));
  save_classic(forest, folder_ / "signs.classic");
  write_file(folder_ / "signs.csv", table);
  write_npz(folder_ / "signs.npz", {{"x", Tensor::from(x, {40, 2})}, {"y", Tensor::from(y, {40})}});
  for (const char* data : {"signs.csv", "signs.npz"}) {
    const Outcome judged = run({"evaluate", "signs.classic", "--data", data});
    EXPECT_EQ(judged.out, "accuracy: 1.0000 - 40 samples\n") << judged.err;
    const Outcome said = run({"predict", "signs.classic", std::string(data) + "[0:2]", "--json"});
    ASSERT_EQ(said.lines().size(), 2u) << said.err;
    EXPECT_EQ(Json::parse(said.lines()[0]).at("label").as_string(), "-1");
    EXPECT_EQ(Json::parse(said.lines()[0]).at("class").as_int(), -1);
    EXPECT_EQ(Json::parse(said.lines()[1]).at("label").as_string(), "1");
  }
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
  EXPECT_NE(refusal({"--model", "forrest"}, 1).find("did you mean 'forest'"), std::string::npos);
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
