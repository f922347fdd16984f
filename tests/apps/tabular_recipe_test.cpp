// lamina train tabular: any table, from the raw file to predictions.
#include "tests/apps/data_on_the_command_line.h"

namespace lamina {
namespace {

class TabularRecipe : public DataOnTheCommandLine {
 protected:
  // Who is big and has a tail is a cat; `y` is 100 times the size.
  static std::string table(int rows) {
    std::string text = "id,大小 cm,colour,tail,kind,y\n";
    for (int i = 0; i < rows; ++i) {
      const int size = i % 10;
      text += std::to_string(i + 1) + "," + (i % 17 == 3 ? "" : std::to_string(size) + ".5") + "," +
              (i % 3 == 0 ? "red" : "blue") + "," + (i % 2 == 0 ? "yes" : "no") + "," +
              (i % 2 == 0 ? "猫" : "dog") + "," + std::to_string(100 * size + i % 3) + ".25\n";
    }
    return text;
  }
  Outcome train(const Words& more) const {
    Words words = {"train", "tabular", "--data", "t.csv", "--epochs", "40"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

TEST_F(TabularRecipe, LearnsClassesAndAnswersRawTables) {
  write("t.csv", "\xef\xbb\xbf" + table(400));
  const Outcome trained = train({"--label-column", "kind", "--leave-out", "y"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  for (const char* words :
       {"left_out            numbers the rows", "left_out            as told",
        "float_normalized    normalized, a column for missing ones", "2 categories", "Of "})
    EXPECT_NE(trained.out.find(words), std::string::npos) << trained.out;
  EXPECT_NE(trained.err.find("the target 'kind' holds text of 2 different values and is taken for classes"),
            std::string::npos)
      << trained.err;
  EXPECT_EQ(metrics({"tabular.keras", "--data", "t.csv"}).at("accuracy").as_double(), 1);

  // Another order, a column more, no label, and a colour that nobody saw.
  write("new.csv", "extra,tail,colour,大小 cm\n1,yes,green,3.5\n2,no,red,\n");
  const Outcome said = run({"predict", "tabular.keras", "new.csv"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_NE(said.lines()[0].find("猫"), std::string::npos) << said.out;
  EXPECT_NE(said.lines()[1].find("dog"), std::string::npos) << said.out;
  EXPECT_NE(said.err.find("column 'colour': 1 row holds a category that the training did not have"),
            std::string::npos)
      << said.err;
  write("lacks.csv", "tail,colour\nyes,red\n");
  expect_refused({"predict", "tabular.keras", "lacks.csv"}, "'大小 cm' is missing");
}

TEST_F(TabularRecipe, LearnsValuesAndSaysThemInTheirUnits) {
  write("t.csv", table(400));
  const Outcome trained = train({"--label-column", "y", "--leave-out", "kind,id"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.err.find("is taken for a quantity"), std::string::npos) << trained.err;
  write("new.csv", "大小 cm,colour,tail\n5.5,red,yes\n");
  const Words said = this->said({"tabular.keras", "new.csv"}, "output");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NEAR(Json::parse(said[0]).at(0).as_double(), 500, 60);
}

TEST_F(TabularRecipe, NamesTheRowOfTheFile) {
  std::string text = "when,n,kind\n\n2020-01-01,1.5,\n";
  for (int i = 0; i < 60; ++i)
    text += std::string(i == 40 ? "2021-02-29" : "2021-03-01") + "," + std::to_string(i % 9) + ".5,ab\n";
  for (int i = 0; i < 60; ++i)
    text += "2021-04-0" + std::to_string(i % 9 + 1) + "," + std::to_string(i % 9) + ".5,cd\n";
  write("t.csv", text);
  const Outcome refused = train({"--label-column", "kind", "--missing", "drop"});
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.err.find("line 44: column 'when' of row 42 holds '2021-02-29'"), std::string::npos)
      << refused.err;
}

TEST_F(TabularRecipe, KnowsColumnsWithoutNamesByTheirPlaces) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += std::string(i % 2 == 0 ? "a" : "b") + ", " + std::to_string(i % 7) + ", " +
            (i % 2 == 0 ? "yes" : "no") + "\n";
  write("t.csv", text);
  const Outcome trained = train({});
  ASSERT_EQ(trained.status, 0) << trained.err;
  write("new.csv", "b,5\na,?\n");
  EXPECT_EQ(said({"tabular.keras", "new.csv"}, "label"), (Words{"no", "yes"}));
}

TEST_F(TabularRecipe, RefusesTargetsThatCannotBe) {
  const auto refused = [&](const std::string& text, const Words& more, const std::string& words) {
    write("t.csv", text);
    const Outcome outcome = train(more);
    EXPECT_NE(outcome.status, 0) << text;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  };
  refused("a,label\n1.5,x\n2,x\n", {}, "the target 'label' is constant, 'x'");
  refused("a,label\n1.5,x\n2,\n", {}, "--missing drop");
  refused("a,label\n1.5,1\n2,x\n", {}, "holds numbers and, in 1 row, text, the first 'x'");
  refused("a,label\n1.5,x\n2,y\n3,z\n", {}, "text of 3 different values in 3 rows");
  refused("a,label\n1.5,x\n2,y,z\n", {}, "line 3: it has 3 fields");
  refused("a,label\n1.5,1\n2,0\n", {"--task", "other"}, "classification or regression");
  expect_refused({"train", "imdb", "--data", "t.csv", "--task", "regression"}, "of the recipe tabular", 2);
}

}  // namespace
}  // namespace lamina
