// Recipes that translate: from pairs of sentences to a folder that evaluate, translate and resume know.
#include <csignal>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/apps/recipe_test.h"

namespace lamina {
namespace {

using test::Outcome;

// Sentences of two words, and the same word for word in another language.
std::string sentences(int count, int first) {
  const char* things[][2] = {{"dog", "chien"}, {"cat", "chat"}, {"man", "homme"}, {"boy", "garcon"}};
  const char* acts[][2] = {{"runs", "court"}, {"sleeps", "dort"}, {"eats", "mange"}, {"sings", "chante"}};
  std::string table = "en\tfr\n";
  for (int i = first; i < first + count; ++i) {
    const auto &thing = things[i % 4], &act = acts[i / 4 % 4];
    table += std::string("A ") + thing[0] + " " + act[0] + ".\tUn " + thing[1] + " " + act[1] + ".\n";
  }
  return table;
}

class TranslationRecipe : public test::RecipeTest<TranslationRecipe> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    std::filesystem::create_directory(*folder_ / "pairs");
    write_file(*folder_ / "pairs/train.tsv", sentences(32, 0));
    write_file(*folder_ / "pairs/val.tsv", sentences(4, 3));
    write_file(*folder_ / "pairs/test_2016.tsv", sentences(6, 5));
    write_file(*folder_ / "pairs/test_2017.tsv", sentences(2, 5));
    trained_ = new Outcome(train("whole", {}));
  }
  static Outcome run(const std::vector<std::string>& arguments) {
    return test::run_lamina(folder_->path(), arguments, {"OMP_WAIT_POLICY=passive", "LAMINA_DATA="});
  }
  static std::vector<std::string> training(const std::string& out) {
    return {"train", "translate-en-fr", "--data", "pairs",     "--epochs",   "3",     "--batch-size",
            "64",    "--out",           out,      "--run-dir", out + "-run", "--json"};
  }
  static Outcome train(const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words = training(out);
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  static std::string weights(const std::string& out) {
    return read_file(*folder_ / (out + "/model.safetensors"));
  }
};

TEST_F(TranslationRecipe, LeavesAFolderAndAReport) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  const Json last = Json::parse(trained_->lines().back());
  EXPECT_EQ(last.at("metrics_of").as_string(), "validation");
  EXPECT_GT(last.at("metrics").at("loss").as_double(), 0);
  EXPECT_GE(last.at("metrics").at("bleu").as_double(), 0);
  EXPECT_GE(last.at("metrics").at("chrf").as_double(), 0);
  EXPECT_GT(last.at("tokens_s").as_double(), 0);
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json"})
    EXPECT_TRUE(std::filesystem::exists(*folder_ / ("whole/" + std::string(file)))) << file;
  const std::string page = read_file(*folder_ / "whole-run/report.html");
  EXPECT_NE(page.find("Where it looks"), std::string::npos);
  EXPECT_NE(page.find("Un "), std::string::npos) << "people's translations stand on the page";
  EXPECT_NE(read_file(*folder_ / "whole-run/run.json").find("\"translation\""), std::string::npos);
}

TEST_F(TranslationRecipe, IsEvaluatedOnAPartAFileOrARange) {
  const Outcome part = run({"evaluate", "whole", "--data", "pairs", "--json"});
  ASSERT_EQ(part.status, 0) << part.err;
  EXPECT_EQ(Json::parse(part.out).at("samples").as_int(), 6);
  EXPECT_EQ(Json::parse(part.out).at("data").as_string(), "pairs/test_2016.tsv");
  const Outcome file = run({"evaluate", "whole", "--data", "pairs/test_2017.tsv", "--json"});
  EXPECT_EQ(Json::parse(file.out).at("samples").as_int(), 2);
  // What the training said of its validation part is what evaluate says of it.
  const Outcome validation = run({"evaluate", "whole", "--data", "pairs:val", "--json"});
  EXPECT_EQ(Json::parse(validation.out).at("metrics").dump(),
            Json::parse(trained_->lines().back()).at("metrics").dump());
  const Outcome range = run({"evaluate", "whole", "--data", "pairs/val.tsv[1:3]"});
  EXPECT_NE(range.out.find("bleu: "), std::string::npos) << range.out << range.err;
  EXPECT_NE(range.out.find("2 pairs of pairs/val.tsv"), std::string::npos) << range.out;
}

TEST_F(TranslationRecipe, Translates) {
  const Outcome said = run({"translate", "--model", "whole", "Translate English to French: A dog runs.",
                            "--json", "--max-new-tokens", "4"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_GE(Json::parse(said.out).at("ids").size(), 1u);
}

TEST_F(TranslationRecipe, HasTheSameBitsForAnyNumberOfThreads) {
  ASSERT_EQ(train("one", {"--threads", "1"}).status, 0);
  EXPECT_TRUE(weights("one") == weights("whole"));
}

TEST_F(TranslationRecipe, TrainsLstmsWithAttention) {
  const Outcome outcome = train("lstms", {"--model", "lstm"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(read_file(*folder_ / "lstms/config.json").find("LSTMForConditionalGeneration"),
            std::string::npos);
  const Outcome judged = run({"evaluate", "lstms", "--data", "pairs:val", "--json"});
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(),
            Json::parse(outcome.lines().back()).at("metrics").dump());
  const Outcome said = run({"generate", "--model", "lstms", "Translate English to French: A dog runs.",
                            "--json", "--num-beams", "3", "--max-new-tokens", "4"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_NE(train("lstms", {"--resume", "--model", "transformer"}).err.find("network was \"lstm\""),
            std::string::npos);
}

TEST_F(TranslationRecipe, TrainsInSixteenBits) {
  const Outcome outcome = train("mixed", {"--dtype-policy", "mixed_bfloat16"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(weights("mixed") == weights("whole"));
  EXPECT_EQ(weights("mixed").size(), weights("whole").size()) << "weights stay float32";
  EXPECT_EQ(train("mixed", {"--dtype-policy", "bfloat17", "--overwrite"}).status, 2);
}

TEST_F(TranslationRecipe, GoesOnAfterAnInterruption) {
  {
    test::Running running(folder_->path(), training("cut"), {"OMP_WAIT_POLICY=passive"});
    ASSERT_TRUE(running.wait_for("\"epoch\": 2"));
    running.send(SIGINT);
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("--resume"), std::string::npos) << outcome.err;
  }
  const Outcome again = train("cut", {});
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("--resume"), std::string::npos) << again.err;
  const Outcome other = train("cut", {"--resume", "--seed", "7"});
  EXPECT_NE(other.err.find("seed was \"0\" and is \"7\""), std::string::npos) << other.err;
  const Outcome resumed = train("cut", {"--resume"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_TRUE(weights("cut") == weights("whole"));
}

TEST_F(TranslationRecipe, RefusesWhatCannotBe) {
  const auto refused = [&](const std::vector<std::string>& words, int status, const std::string& why) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.out;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
  };
  refused({"train", "translate-en-fr"}, 1, "there are no texts at 'multi30k'");
  refused({"train", "translate-en-fr", "--data", "pairs/train.csv"}, 1,
          "there are no texts at 'pairs/train.csv'");
  refused({"train", "translate-en-de", "--data", "pairs"}, 1, "has no columns 'en' and 'de'");
  refused({"train", "translate-en-fr", "--data", "whole"}, 1, "has no part 'train'");
  refused({"train", "translate-en-fr", "--data", "pairs", "--out", "whole"}, 1, "whole");
  refused({"train", "translate-en-fr", "--data", "pairs", "--model", "lsmt"}, 1, "did you mean 'lstm'");
  refused({"train", "translate-en-fr", "--data", "pairs", "--validation-split", "0.1"}, 2,
          "--validation-data");
  refused({"evaluate", "whole", "--data", "pairs/val.tsv[2:9]"}, 1, "has 4 pairs, and 2 to 8 were asked for");
  refused({"evaluate", "whole", "--data", "pairs", "--report", "page.html"}, 2, "--report");
  refused({"evaluate", "model.keras"}, 2, "--data is missing");
}

}  // namespace
}  // namespace lamina
