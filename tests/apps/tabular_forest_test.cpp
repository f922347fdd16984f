// lamina train tabular-forest: estimators on any table, from the raw file to predictions.
#include <sstream>

#include "tests/apps/data_on_the_command_line.h"
#include "tests/support/golden.h"
#include "tests/support/shared_data.h"

namespace lamina {
namespace {

class TabularForest : public DataOnTheCommandLine {
 protected:
  // Who is big and has a tail is a cat; `y` is 100 times the size.
  static std::string table(int rows) {
    std::string text = "id,size,colour,tail,when,kind,y\n";
    for (int i = 0; i < rows; ++i) {
      const int size = i % 10;
      text += std::to_string(i + 1) + "," + (i % 17 == 3 ? "" : std::to_string(size) + ".5") + "," +
              (i % 3 == 0 ? "red" : "blue") + "," + (i % 2 == 0 ? "yes" : "no") + ",2020-01-0" +
              std::to_string(i % 9 + 1) + "," + (i % 2 == 0 ? "猫" : "dog") + "," +
              std::to_string(100 * size + i % 3) + ".25\n";
    }
    return text;
  }
  Outcome train(const Words& more) const {
    Words words = {"train", "tabular-forest", "--data", "t.csv", "--overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

TEST_F(TabularForest, LearnsClassesByEveryModelAndAnswersRawTables) {
  write("t.csv", table(300));
  // Another order, a column more, no label, and a colour that nobody saw.
  write("new.csv", "extra,tail,colour,size,when\n1,yes,green,3.5,2020-01-03\n2,no,red,,2020-01-04\n");
  for (const char* model :
       {"forest", "tree", "boosting", "linear", "svm", "linear-svm", "neighbors", "bayes"}) {
    const Outcome trained = train({"--label-column", "kind", "--leave-out", "y", "--model", model, "--json",
                                   "--validation-split", "0.2"});
    ASSERT_EQ(trained.status, 0) << model << trained.err;
    EXPECT_GT(Json::parse(trained.out).at("metrics").at("accuracy").as_double(), 0.99) << model;
    EXPECT_EQ(said({"tabular-forest.classic", "new.csv"}, "label"), (Words{"猫", "dog"})) << model;
  }
  EXPECT_EQ(metrics({"tabular-forest.classic", "--data", "t.csv"}).at("accuracy").as_double(), 1);
  write("lacks.csv", "tail,colour\nyes,red\n");
  expect_refused({"predict", "tabular-forest.classic", "lacks.csv"},
                 "2 of these are missing: 'size', 'when'");
}

TEST_F(TabularForest, LearnsValuesAndSaysThemInTheirUnits) {
  write("t.csv", table(300));
  write("new.csv", "size,colour,tail\n5.5,red,no\n");
  for (const char* model : {"forest", "tree", "boosting", "linear", "neighbors"}) {
    const Outcome trained = train({"--label-column", "y", "--leave-out", "kind,id,when", "--model", model,
                                   "--validation-split", "0.2", "--json", "--run-dir", model});
    ASSERT_EQ(trained.status, 0) << model << trained.err;
    EXPECT_GT(Json::parse(trained.out).at("metrics").at("r2").as_double(), 0.8) << model;
    EXPECT_NEAR(Json::parse(said({"tabular-forest.classic", "new.csv"}, "output")[0]).at(0).as_double(), 500,
                60)
        << model;
  }
  const std::string page = read_file(file("forest/report.html"));
  for (const char* part : {"Importance of features", ">size<", "Predictions", "root mean squared error"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  expect_refused(
      {"train", "tabular-forest", "--data", "t.csv", "--label-column", "y", "--model", "svm", "--overwrite"},
      "'svm' learns classes, and the target is a quantity, which forest, tree, boosting, linear, neighbors "
      "learn");
}

TEST_F(TabularForest, KnowsColumnsWithoutNamesByTheirPlaces) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += std::string(i % 2 == 0 ? "a" : "b") + ", " + std::to_string(i % 7) + ", " +
            (i % 2 == 0 ? "yes" : "no") + "\n";
  write("t.csv", text);
  ASSERT_EQ(train({}).status, 0);
  write("new.csv", "b,5\na,?\n");
  EXPECT_EQ(said({"tabular-forest.classic", "new.csv"}, "label"), (Words{"no", "yes"}));
}

TEST_F(TabularForest, LearnsOfColumnsWhatIsSaid) {
  write("t.csv", table(300));
  const Outcome few = train(
      {"--label-column", "kind", "--categorical", "size", "--max-categories", "4", "--leave-out", "id,y"});
  ASSERT_EQ(few.status, 0) << few.err;
  EXPECT_NE(few.out.find("3 categories, the rarer ones together"), std::string::npos) << few.out;
  EXPECT_NE(few.out.find("These samples were learned"), std::string::npos) << few.out;
  expect_refused({"train", "imdb-forest", "--data", "t.csv", "--max-categories", "4"},
                 "are of the recipes tabular", 2);
  expect_refused({"train", "tabular", "--data", "t.csv", "--model", "tree"},
                 "has no --model; it is of recipes of colour pictures, recipes that translate", 2);
}

// Slices of real tables beside scikit-learn on the same rows: within a point of accuracy, or a hundredth of
// RMSE. What is drawn differs, so that of a forest and of a tree the mean of three seeds counts.
class TabularForestOnRealTables : public TabularForest, public ::testing::WithParamInterface<const char*> {};

TEST_P(TabularForestOnRealTables, MatchesScikitLearn) {
  const std::string name = GetParam();
  const Json table = Json::parse(test::golden_text("data/tabular_forest.json")).at(name);
  const std::string path = test::shared_data("tabular/" + table.at("file").as_string());
  if (path.empty()) GTEST_SKIP() << "no ../shared";
  std::istringstream all(read_file(path));
  std::string line, part[2];
  std::getline(all, line);
  part[0] = part[1] = line + "\n";
  for (int64_t row = 0; std::getline(all, line); ++row) {
    if (row % table.at("step").as_int() == 0) part[row / table.at("step").as_int() % 2] += line + "\n";
  }
  write("train.csv", part[0]);
  write("test.csv", part[1]);
  const auto names = [&](const char* kind) {
    std::string joined;
    for (const Json& column : table.at(kind).as_list())
      joined += (joined.empty() ? "" : ",") + column.as_string();
    return joined;
  };
  const std::string figure = table.at("figure").as_string();
  for (const auto& [learner, score] : table.at("scores").as_object()) {
    const int seeds = learner == "forest" || learner == "tree" ? 3 : 1;
    double mean = 0;
    for (int seed = 0; seed < seeds; ++seed) {
      const Outcome trained = run({"train",
                                   "tabular-forest",
                                   "--data",
                                   "train.csv",
                                   "--validation-data",
                                   "test.csv",
                                   "--label-column",
                                   table.at("target").as_string(),
                                   "--categorical",
                                   names("categorical"),
                                   "--numeric",
                                   names("numeric"),
                                   "--model",
                                   learner,
                                   "--seed",
                                   std::to_string(seed),
                                   "--overwrite",
                                   "--run-dir",
                                   "run",
                                   "--json"});
      ASSERT_EQ(trained.status, 0) << trained.err;
      mean += Json::parse(trained.out).at("metrics").at(figure).as_double() / seeds;
    }
    const double theirs = score.as_double();
    if (figure == "accuracy")
      EXPECT_GE(mean, theirs - 0.01) << name << " " << learner;
    else
      EXPECT_LE(mean, theirs * 1.01) << name << " " << learner;
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, TabularForestOnRealTables, ::testing::Values("titanic", "california"));

}  // namespace
}  // namespace lamina
