// Recipes of language models: from a text to a folder that is judged and goes on with texts.
#include <csignal>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/apps/recipe_test.h"

namespace lamina {
namespace {

using test::Outcome;

// Lines that say the same in another order: easily learned.
std::string lines(int count) {
  const char *names[] = {"ROMEO", "JULIET", "NURSE"}, *words[] = {"to be", "or not", "my love", "good night"};
  std::string text;
  uint32_t seed = 1;
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    text += std::string(names[(seed >> 20) % 3]) + ":\n" + words[(seed >> 24) % 4] + ", " +
            words[(seed >> 28) % 4] + "\n\n";
  }
  return text;
}

class LanguageRecipe : public test::RecipeTest<LanguageRecipe> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    write_file(*folder_ / "play.txt", lines(500));
    trained_ = new Outcome(run(training("play")));
  }
  static std::vector<std::string> training(const std::string& out) {
    return {"train", "shakespeare", "--data", "play.txt", "--epochs", "6",     "--batch-size",
            "8",     "--threads",   "1",      "--out",    out,        "--json"};
  }
  using RecipeTest<LanguageRecipe>::run;
  static Outcome run(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

TEST_F(LanguageRecipe, LearnsJudgesAndWrites) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  const Json last = Json::parse(trained_->lines().back());
  EXPECT_TRUE(last.at("done").as_bool());
  EXPECT_EQ(last.at("metrics_of").as_string(), "test");
  const double bits = last.at("metrics").at("bits_per_character").as_double();
  EXPECT_LT(bits, 3.5) << "a character by its frequency alone has 4";
  EXPECT_NEAR(bits, last.at("metrics").at("loss").as_double() / 0.6931471805599453, 1e-9);

  const Outcome judged = run({"evaluate", "play", "--data", "play.txt", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(), last.at("metrics").dump());
  EXPECT_GT(Json::parse(judged.out).at("characters").as_int(), 900);

  const Outcome written =
      run({"generate", "--model", "play", "ROMEO:", "--max-new-tokens", "40", "--seed", "3"});
  ASSERT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(written.out,
            run({"generate", "--model", "play", "ROMEO:", "--max-new-tokens", "40", "--seed", "3"}).out);
  const Outcome json =
      run({"generate", "--model", "play", "ROMEO:", "--max-new-tokens", "40", "--seed", "3", "--json"});
  EXPECT_EQ(Json::parse(json.out).at("ids").size(), 40u);
  EXPECT_EQ(Json::parse(json.out).at("text").as_string() + "\n", written.out);

  const std::string page = read_file(*folder_ / last.at("report").as_string());
  EXPECT_NE(page.find("What it writes"), std::string::npos);
  EXPECT_NE(page.find("<b>ROMEO:</b>"), std::string::npos);
  EXPECT_NE(page.find("test bits per character"), std::string::npos);
}

TEST_F(LanguageRecipe, RefusesWhatItCannotReadOrWrite) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  const auto error = [](const Outcome& outcome) {
    EXPECT_NE(outcome.status, 0) << outcome.out;
    return outcome.err;
  };
  EXPECT_NE(error(run({"generate", "--model", "play", "ROMEO é 中"})).find("has never seen 'é', '中'"),
            std::string::npos);
  EXPECT_NE(error(run({"generate", "--model", "play", ""})).find("is empty"), std::string::npos);
  EXPECT_NE(error(run(training("play"))).find("'play' holds a model already"), std::string::npos);
  EXPECT_NE(error(run(training("small.keras"))).find("saved as a folder"), std::string::npos);
  EXPECT_NE(error(run(training("other"), {"--model", "lsmt"})).find("did you mean 'lstm'"),
            std::string::npos);
  EXPECT_NE(error(run(training("other"), {"--tokens", "words"})).find("unknown kind of tokens 'words'"),
            std::string::npos);
  EXPECT_NE(error(run(training("other"), {"--label-column", "a"}))
                .find("a language model's recipe has no --label-column; it is of"),
            std::string::npos);
  EXPECT_NE(error(run(training("other"), {"--validation-split", "0.1"})).find("--validation-split"),
            std::string::npos);
  write_file(*folder_ / "short.txt", "To be.\n");
  EXPECT_NE(error(run({"train", "shakespeare", "--data", "short.txt"})).find("too short to learn from"),
            std::string::npos);
  write_file(*folder_ / "latin.txt", lines(50) + "caf\xe9\n");
  EXPECT_NE(error(run({"train", "shakespeare", "--data", "latin.txt"})).find("is no UTF-8"),
            std::string::npos);
  EXPECT_NE(error(test::run_lamina(folder_->path(), {"train", "shakespeare"}, {"LAMINA_DATA=nowhere"}))
                .find("fetch them by 'lamina data get tiny-shakespeare'"),
            std::string::npos);
  EXPECT_NE(error(run({"evaluate", "play.txt"})).find("--data is missing"), std::string::npos);
}

// All bytes of the weights.
std::string weights(const test::TemporaryFolder& folder, const std::string& model) {
  return read_file(folder / (model + "/model.safetensors"));
}

TEST_F(LanguageRecipe, IsTheSameWithAnyThreadsAndAfterCtrlC) {
  write_file(*folder_ / "scene.txt", lines(80));
  for (const std::string network : {"lstm", "transformer"}) {
    const auto command = [&](const std::string& out, const std::string& threads) -> std::vector<std::string> {
      return {"train",        "shakespeare", "--data",   "scene.txt", "--model",
              network,        "--tokens",    "subwords", "--epochs",  "4",
              "--batch-size", "4",           "--seed",   "5",         "--threads",
              threads,        "--out",       out,        "--json"};
    };
    const Outcome one = run(command(network + "1", "1"));
    ASSERT_EQ(one.status, 0) << one.err;
    Outcome stopped;
    {
      test::Running running(folder_->path(), command(network + "2", "2"), {"OMP_WAIT_POLICY=passive"});
      ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
      running.send(SIGINT);
      stopped = running.wait();
    }
    ASSERT_EQ(stopped.status, 1) << stopped.out;
    EXPECT_NE(stopped.err.find("--resume"), std::string::npos) << stopped.err;
    const Outcome resumed = run(command(network + "2", "2"), {"--resume"});
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_TRUE(weights(*folder_, network + "1") == weights(*folder_, network + "2")) << network;
    EXPECT_EQ(Json::parse(one.lines().back()).at("metrics").dump(),
              Json::parse(resumed.lines().back()).at("metrics").dump());
  }
}

TEST_F(LanguageRecipe, WritesPoemsInForm) {
  const char* const sets[] = {"春", "夏", "秋", "冬", "山", "水", "風", "花", "雪", "月"};
  std::string table = "title\tauthor\ttext\n";
  for (int i = 0; i < 300; ++i) {
    const std::string a = sets[i % 10], b = sets[i / 10 % 10], c = sets[i / 100 % 10];
    table += a + b + "\t人\t" + a + b + c + "月光，疑是" + c + "上" + a + "。舉頭望" + b + a + "，低頭思" +
             c + b + "。\n";
  }
  write_file(*folder_ / "poems.tsv", table);
  const Outcome trained = run({"train", "poems-zh", "--data", "poems.tsv", "--epochs", "26", "--batch-size",
                               "4", "--out", "poems", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Json metrics = Json::parse(trained.lines().back()).at("metrics");
  EXPECT_GT(metrics.at("poems_in_form").as_double(), 0.5);
  const Outcome written = run({"generate", "--model", "poems", "春風\n", "--temperature", "0.1", "--json"});
  ASSERT_EQ(written.status, 0) << written.err;
  EXPECT_NE(Json::parse(written.out).at("text").as_string().find("，"), std::string::npos);
}

}  // namespace
}  // namespace lamina
