// lamina train tabular: any table, from the raw file to predictions.
#include <algorithm>

#include "lamina/base/files.h"
#include "lamina/formats/npz.h"
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
  // Little-endian, with a mark in front; of characters below U+10000.
  static std::string utf16(const std::string& text) {
    std::string bytes = "\xff\xfe";
    for (size_t at = 0; at < text.size();) {
      const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
      const size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : 3;
      const unsigned code = length == 1 ? byte(0)
                            : length == 2
                                ? (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu)
                                : (byte(0) & 0xfu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
      bytes += {static_cast<char>(code & 0xff), static_cast<char>(code >> 8)};
      at += length;
    }
    return bytes;
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

// The most that were allowed once stood in its place.
TEST_F(TabularRecipe, TheReportSaysAfterHowManyEpochsItStopped) {
  std::string noise = "a,b,y\n";  // what is held out gets worse soon
  for (int i = 0; i < 60; ++i) {
    noise += std::to_string(i * 7 % 11) + ".5," + std::to_string(i * 5 % 13) + ".5," +
             (i * i % 7 < 3 ? "yes" : "no") + "\n";
  }
  write("t.csv", noise);
  ASSERT_EQ(run({"train", "tabular", "--data", "t.csv", "--run-dir", "r", "--quiet"}).status, 0);
  const std::string history = read_file(file("r/history.csv"));
  const auto epochs = std::count(history.begin(), history.end(), '\n') - 1;
  ASSERT_GT(epochs, 1);
  ASSERT_LT(epochs, 200);
  EXPECT_NE(read_file(file("r/report.html")).find(">" + std::to_string(epochs) + " epochs, "),
            std::string::npos)
      << epochs;
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

TEST_F(TabularRecipe, ReadsUtf16AndLeavesRowsOut) {
  std::string text = "大小,kind\n";
  for (int i = 0; i < 200; ++i)
    text += std::to_string(i % 10) + ".5," + (i % 20 == 7 ? "" : i % 10 > 4 ? "猫" : "dog") + "\n";
  write("t.csv", utf16(text));
  const Outcome refused = train({"--label-column", "kind"});
  EXPECT_NE(refused.err.find("--missing drop"), std::string::npos) << refused.err;
  const Outcome trained = train({"--label-column", "kind", "--missing", "drop"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.err.find("10 of 200 rows are left out: they have no target"), std::string::npos)
      << trained.err;
  write("new.csv", utf16("大小\n9.5\n0.5\n"));
  EXPECT_EQ(said({"tabular.keras", "new.csv"}, "label"), (Words{"猫", "dog"}));
  // What is done about them is remembered.
  EXPECT_EQ(metrics({"tabular.keras", "--data", "t.csv"}).at("accuracy").as_double(), 1);
}

TEST_F(TabularRecipe, GoesOnBitForBit) {
  write("t.csv", table(400));
  const Words how = {"--label-column", "kind", "--leave-out", "y"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), how.begin(), how.end());
    Words words = {"train", "tabular", "--data", "t.csv"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  ASSERT_EQ(with({"--epochs", "4", "--out", "whole.keras", "--quiet"}).status, 0);
  ASSERT_EQ(with({"--epochs", "2", "--out", "parts.keras", "--quiet"}).status, 0);
  const Outcome rest = with({"--epochs", "4", "--out", "parts.keras", "--resume", "--allow-changes"});
  ASSERT_EQ(rest.status, 0) << rest.err;
  const Model whole = load_model(file("whole.keras")), parts = load_model(file("parts.keras"));
  for (size_t i = 0; i < whole.get_weights().size(); ++i)
    EXPECT_EQ(whole.get_weights()[i].to_vector<float>(), parts.get_weights()[i].to_vector<float>()) << i;
}

TEST_F(TabularRecipe, ReadsDatesAsItIsToldAndSaysWhoJudges) {
  std::string text = "when,kind\n";
  for (int i = 0; i < 200; ++i)
    text += std::to_string(i % 28 + 1) + "/" + std::to_string(i % 2 == 0 ? 1 : 7) + "/2020," +
            (i % 2 == 0 ? "winter" : "summer") + "\n";
  write("t.csv", text);
  EXPECT_NE(train({"--out", "text.keras"}).err.find("--date-format, such as %d/%m/%Y"), std::string::npos);
  const Outcome trained = train({"--date-format", "%d/%m/%Y", "--validation-data", "t.csv", "--overwrite"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.out.find("test: loss"), std::string::npos) << trained.out;
  EXPECT_EQ(trained.out.find("validation: loss"), std::string::npos) << trained.out;
  write("new.csv", "when\n3/01/2020\n30/7/2020\n");
  EXPECT_EQ(said({"tabular.keras", "new.csv"}, "label"), (Words{"winter", "summer"}));
}

// A binary network learns the labels -1 and 1, and says them.
TEST_F(TabularRecipe, SignsAreClassesOfBinaryNetworks) {
  Sequential model({Input({1}), Dense(1, {.activation = "sigmoid"})}, {.seed = 1});
  model.compile(
      {.optimizer = SGD({.learning_rate = 0.5}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.save(file("m.keras"));
  std::string text = "x,label\n";
  std::vector<float> x;
  std::vector<int32_t> y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(i % 2 == 0 ? -1.0f : 1.0f);
    y.push_back(i % 2 == 0 ? -1 : 1);
    text += std::to_string(y.back()) + "," + std::to_string(y.back()) + "\n";
  }
  write("t.csv", text);
  write_npz(file("t.npz"), {{"x", Tensor::from(x, {200, 1})}, {"y", Tensor::from(y, {200})}});
  for (const char* data : {"t.csv", "t.npz"}) {
    const Outcome trained =
        run({"train", "m.keras", "--data", data, "--epochs", "5", "--overwrite", "--quiet"});
    ASSERT_EQ(trained.status, 0) << trained.err;
    EXPECT_EQ(metrics({"m-tuned.keras", "--data", data}).at("accuracy").as_double(), 1) << data;
    EXPECT_EQ(said({"m-tuned.keras", std::string(data) + "[0:2]"}, "label"), (Words{"-1", "1"})) << data;
  }
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
  expect_refused({"train", "imdb", "--data", "t.csv", "--task", "regression"},
                 "are of the recipes tabular and tabular-forest", 2);
}

}  // namespace
}  // namespace lamina
