// Recipes of texts: from a table of texts to an answer about a sentence, and what is refused.
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/apps/recipe_test.h"

namespace lamina {
namespace {

using test::Outcome;

// Sentences of three moods, each told by a word of its own among words that say nothing.
std::string sentences(int count, uint32_t seed) {
  const char* moods[] = {"negative", "neutral", "positive"};
  const char* telling[3][2] = {{"awful", "lost"}, {"gate", "question"}, {"great", "wonderful"}};
  const char* plain[] = {"the", "flight", "to", "my", "and", "it", "was", "\"crew\"", "bag", "@airline"};
  std::string text = "label\ttext\n";
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    const int mood = i % 3;
    text += std::string(moods[mood]) + "\t";
    for (uint32_t k = 0; k < 5; ++k) text += std::string(plain[(seed >> (4 * k)) % 10]) + " ";
    text += std::string(telling[mood][(seed >> 24) % 2]) + " " + plain[(seed >> 26) % 10] + "\n";
  }
  return text;
}

class TextRecipe : public test::RecipeTest<TextRecipe> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    write_file(*folder_ / "train.tsv", sentences(600, 1));
    write_file(*folder_ / "test.tsv", sentences(90, 2));
    trained_ = new Outcome(run({"train", "tweets", "--data", "train.tsv", "--validation-data", "test.tsv",
                                "--epochs", "4", "--json", "--run-dir", "notes"}));
  }
};

TEST_F(TextRecipe, LearnsTheMoods) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  const Json last = Json::parse(trained_->lines().back());
  EXPECT_GT(last.at("metrics").at("accuracy").as_double(), 0.9);
  const Outcome judged = run({"evaluate", "tweets.keras", "--data", "test.tsv", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(), last.at("metrics").dump());
}

TEST_F(TextRecipe, AnswersTextsAsTheyStand) {
  const Outcome said =
      run({"predict", "tweets.keras", "my bag was lost", "a great crew, \"wonderful\"!", "--json"});
  ASSERT_EQ(said.status, 0) << said.err;
  ASSERT_EQ(said.lines().size(), 2u);
  const Json first = Json::parse(said.lines()[0]), second = Json::parse(said.lines()[1]);
  EXPECT_EQ(first.at("input").as_string(), "my bag was lost");
  EXPECT_EQ(first.at("label").as_string(), "negative");
  EXPECT_EQ(second.at("label").as_string(), "positive");
  ASSERT_EQ(first.at("probabilities").size(), 3u);
  // From files: one a line, and a table without targets.
  write_file(*folder_ / "lines.txt", "great flight\nwhat gate question\n");
  const Outcome lines = run({"predict", "tweets.keras", "lines.txt", "--json"});
  ASSERT_EQ(lines.lines().size(), 2u) << lines.err;
  EXPECT_EQ(Json::parse(lines.lines()[1]).at("label").as_string(), "neutral");
  write_file(*folder_ / "only.csv", "text\n\"awful, awful\"\n");
  const Outcome table = run({"predict", "tweets.keras", "only.csv", "--json"});
  ASSERT_EQ(table.lines().size(), 1u) << table.err;
  EXPECT_EQ(Json::parse(table.lines()[0]).at("label").as_string(), "negative");
}

TEST_F(TextRecipe, AttentionLearnsTheMoodsToo) {
  const Outcome trained = run({"train", "tweets-transformer", "--data", "train.tsv", "--validation-data",
                               "test.tsv", "--epochs", "6", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_GT(Json::parse(trained.lines().back()).at("metrics").at("accuracy").as_double(), 0.9);
  const Outcome said = run({"predict", "tweets-transformer.keras", "a wonderful crew", "--json"});
  EXPECT_EQ(Json::parse(said.lines().at(0)).at("label").as_string(), "positive") << said.err;
}

// Words of two characters that no space sets apart, each alone in both moods: only together they tell.
TEST_F(TextRecipe, ChineseWordsAreLearned) {
  const char* telling[2] = {"\xe6\x98\x8e\xe6\x9a\x97", "\xe6\x9a\x97\xe6\x98\x8e"};  // 明暗, 暗明
  const char* plain[] = {"\xe6\x88\xbf\xe9\x97\xb4", "\xe5\xbe\x88", "\xe6\x97\xa9\xe9\xa4\x90",
                         "\xe6\x9c\x8d\xe5\x8a\xa1"};
  std::string table = "label\ttext\n";
  uint32_t state = 7;
  for (int i = 0; i < 400; ++i) {
    table += i % 2 ? "\xe5\xa5\xbd\t" : "\xe5\xb7\xae\t";
    for (int k = 0; k < 4; ++k) {
      state = state * 1664525u + 1013904223u;
      table += plain[(state >> 24) % 4];
      if (k == 2) table += telling[i % 2];
    }
    table += "\n";
  }
  write_file(*folder_ / "hotel.tsv", table);
  const Outcome trained = run({"train", "hotel-zh-words", "--data", "hotel.tsv", "--epochs", "4", "--quiet"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Outcome judged = run({"evaluate", "hotel-zh-words.keras", "--data", "hotel.tsv", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_GT(Json::parse(judged.out).at("metrics").at("accuracy").as_double(), 0.9);
  const Outcome said = run({"predict", "hotel-zh-words.keras", std::string(plain[0]) + telling[1], "--json"});
  EXPECT_EQ(Json::parse(said.lines().at(0)).at("label").as_string(), "\xe5\xa5\xbd") << said.err;
}

TEST_F(TextRecipe, SaysWhenAPartLacksClasses) {
  std::string sorted = "label\ttext\n";
  for (int i = 0; i < 40; ++i) sorted += i < 20 ? "bad\tawful\n" : "good\tgreat\n";
  write_file(*folder_ / "sorted.tsv", sorted);
  const Outcome first = run({"train", "tweets", "--data", "sorted.tsv", "--epochs", "1", "--limit-samples",
                             "10", "--out", "first.keras"});
  EXPECT_NE(first.err.find("the first 10 samples of 'sorted.tsv' hold 1 of 2 classes"), std::string::npos)
      << first.err;
  const Outcome split = run({"train", "tweets", "--data", "sorted.tsv", "--epochs", "1", "--validation-split",
                             "0.2", "--out", "split.keras"});
  EXPECT_EQ(split.status, 0) << split.err;
  EXPECT_NE(split.err.find("the last ones, hold 1 of 2 classes"), std::string::npos) << split.err;
  const Outcome said = run({"predict", "tweets.keras", "great"});
  EXPECT_NE(said.out.find("%, "), std::string::npos) << said.out;  // all three classes
  write_file(*folder_ / "nothing.txt", "");
  const Outcome nothing = run({"predict", "tweets.keras", "nothing.txt"});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_NE(nothing.err.find("'nothing.txt' is empty"), std::string::npos) << nothing.err;
}

TEST_F(TextRecipe, RefusesWhatCannotBe) {
  write_file(*folder_ / "one.tsv", "label\ttext\ngood\ta\ngood\tb\n");
  const Outcome one = run({"train", "tweets", "--data", "one.tsv", "--out", "one.keras"});
  EXPECT_EQ(one.status, 1);
  EXPECT_NE(one.err.find("'one.tsv': all texts are of the class 'good'"), std::string::npos) << one.err;
  write_file(*folder_ / "new.tsv", "label\ttext\nfurious\ta\n");
  const Outcome unknown = run({"evaluate", "tweets.keras", "--data", "new.tsv"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.err.find("furious"), std::string::npos) << unknown.err;
  const Outcome missing = run({"predict", "tweets.keras", "nothing.csv"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_NE(missing.err.find("nothing.csv"), std::string::npos) << missing.err;
}

TEST_F(TextRecipe, GoesOnBitForBitAfterAnInterruption) {
  const Outcome whole =
      run({"train", "tweets", "--data", "train.tsv", "--epochs", "3", "--out", "whole.keras", "--quiet"});
  ASSERT_EQ(whole.status, 0) << whole.err;
  test::Running running(folder_->path(),
                        {"train", "tweets", "--data", "train.tsv", "--epochs", "3", "--out", "part.keras"},
                        {"OMP_WAIT_POLICY=passive"});
  ASSERT_TRUE(running.wait_for("Epoch 1/3 - "));
  running.send(2);
  running.wait();
  const Outcome rest = run({"train", "tweets", "--data", "train.tsv", "--epochs", "3", "--out", "part.keras",
                            "--resume", "--quiet"});
  ASSERT_EQ(rest.status, 0) << rest.err;
  const auto said = [&](const char* model) { return run({"predict", model, "test.tsv", "--json"}).out; };
  EXPECT_EQ(said("part.keras"), said("whole.keras"));
}

}  // namespace
}  // namespace lamina
