// lamina generate: what is asked for counts, and not what the folder says.
#include <gtest/gtest.h>

#include "lamina/base/files.h"
#include "lamina/text/tokenizers/trainers.h"
#include "lamina/zoo/transformers/language_model.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

TEST(GenerateCommand, OptionsCountMoreThanTheFolder) {
  const TemporaryFolder folder;
  const auto model = small(small_t5());
  const auto written = [&](const GenerationConfig& config, const std::vector<std::string>& more) {
    model->set_generation_config(config);
    model->save_pretrained(folder / "t5");
    std::vector<std::string> words{"generate", "--model", "t5", "--ids", "3,4", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_lamina(folder.path(), words, {"OMP_WAIT_POLICY=passive"});
  };
  GenerationConfig beams = model->generation_config(), draws = beams;
  beams.num_beams = 3;
  const Outcome drawn = written(beams, {"--do-sample", "--seed", "3"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  draws.do_sample = true;
  const Outcome followed = written(draws, {"--num-beams", "3"});
  EXPECT_EQ(followed.status, 0) << followed.err;
  EXPECT_EQ(followed.out, written(beams, {}).out);
  const Outcome drafted = written(beams, {"--draft", "t5"});
  EXPECT_EQ(drafted.status, 0) << drafted.err;
}

TEST(TranslateCommand, SpeaksInItsOwnName) {
  const TemporaryFolder folder;
  const Outcome outcome = run_lamina(folder.path(), {"translate", "--model", "t5"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("translate: give a text or --input"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("generate"), std::string::npos) << outcome.err;
}

/// A model of single characters, with the tokens' texts.
class GenerateLines : public ::testing::Test {
 protected:
  GenerateLines() {
    save("model", 1);
    save("draft", 2);
    write_file(folder_ / "lines.txt", "one\ntwo\ntoo\nnoon\nwe\nnet\n");
  }
  void save(const std::string& name, uint64_t seed, int64_t more_tokens = 0) const {
    const PretrainedTokenizer tokenizer = train_tokenizer(character_pipeline(), {"one two three"});
    Json config = with(small_gpt2(), "vocab_size", tokenizer.size() + more_tokens);
    config["pad_token_id"] = nullptr;
    const auto model = AutoModel::from_config(config, {.seed = seed});
    LanguageModel(model, tokenizer).save_pretrained(folder_ / name);
  }
  Outcome run(std::vector<std::string> words) const {
    words.insert(words.begin(), "generate");
    return run_lamina(folder_.path(), words, {"OMP_WAIT_POLICY=passive"});
  }
  std::vector<std::string> each(const std::vector<std::string>& options) const {
    std::vector<std::string> answers;
    for (const char* line : {"one", "two", "too", "noon", "we", "net"}) {
      std::vector<std::string> words{"--model", "model", line, "--max-new-tokens", "9"};
      words.insert(words.end(), options.begin(), options.end());
      const Outcome outcome = run(words);
      EXPECT_EQ(outcome.status, 0) << outcome.err;
      answers.push_back(outcome.out.substr(0, outcome.out.size() - 1));
    }
    return answers;
  }
  std::vector<std::string> together(const std::vector<std::string>& options) const {
    std::vector<std::string> words{"--model", "model", "--input", "lines.txt", "--max-new-tokens", "9"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.lines();
  }

  TemporaryFolder folder_;
};

TEST_F(GenerateLines, GiveWhatEachLineGives) {
  const std::vector<std::string> greedy = each({});
  EXPECT_EQ(together({}), greedy);
  EXPECT_EQ(together({"--batch", "2"}), greedy);
  EXPECT_EQ(together({"--batch", "4", "--draft", "draft"}), greedy);
  EXPECT_EQ(together({"--draft", "model", "--draft-quantize", "int8"}), greedy);
  EXPECT_EQ(together({"--temperature", "2", "--seed", "5"}), each({"--temperature", "2", "--seed", "5"}));
  EXPECT_EQ(together({"--num-beams", "3", "--batch", "4"}), each({"--num-beams", "3"}));
  EXPECT_EQ(together({"--cache", "int8"}), each({"--cache", "int8"}));
}

TEST_F(GenerateLines, PutAPrefixInFront) {
  write_file(folder_ / "rest.txt", "e\no\n");
  write_file(folder_ / "whole.txt", "one\nono\n");
  const auto lines = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"--model", "model", "--max-new-tokens", "9", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.lines();
  };
  const std::vector<std::string> whole = lines({"--input", "whole.txt"});
  ASSERT_EQ(whole.size(), 2u);
  EXPECT_NE(whole[0].find("\"ids\""), std::string::npos);
  EXPECT_EQ(lines({"--input", "rest.txt", "--prefix", "on"}), whole);
}

TEST_F(GenerateLines, TellHowOftenADraftIsRight) {
  const Outcome outcome = run({"--model", "model", "one", "--max-new-tokens", "9", "--draft", "model",
                               "--json", "--num-assistant-tokens", "3"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_GT(json.at("drafted").as_int(), 0);
  EXPECT_EQ(json.at("accepted"), json.at("drafted"));
}

TEST_F(GenerateLines, SayWhatIsWrong) {
  const auto expect = [&](const std::vector<std::string>& words, int status, const std::string& part) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  };
  expect({"--model", "model"}, 2, "give a text, --ids or --input, one of them");
  expect({"--model", "model", "one", "--input", "lines.txt"}, 2, "one of them");
  expect({"--model", "model", "one", "--prefix", "x"}, 2, "--prefix belongs to --input");
  expect({"--model", "model", "one", "--batch", "2"}, 2, "--batch belongs to --input");
  expect({"--model", "model", "one", "--top-p", "much"}, 2, "'much' is no number");
  expect({"--model", "model", "one", "--num-assistant-tokens", "3"}, 2,
         "--num-assistant-tokens belongs to --draft");
  expect({"--model", "model", "one", "--draft-quantize", "int8"}, 2, "--draft-quantize belongs to --draft");
  expect({"--model", "model", "one", "--draft", "model", "--draft-quantize", "int3"}, 2, "int8");
  expect({"--model", "model", "one", "--cache", "int3"}, 2, "int8");
  expect({"--model", "model", "--input", "lines.txt", "--num-return-sequences", "2"}, 2,
         "--num-return-sequences belongs to one text");
  expect({"--model", "model", "--input", "none.txt"}, 1, "none.txt");
  write_file(folder_ / "strange.txt", "one\n\n");
  expect({"--model", "model", "--input", "strange.txt"}, 1,
         "strange.txt: line 2: the text to go on with is empty");
  write_file(folder_ / "long.txt", "one\n" + std::string(30, 'o') + "\n");
  expect({"--model", "model", "--input", "long.txt"}, 1, "long.txt: line 2: ");
  small(with(small_gpt2(), "vocab_size", 50))->save_pretrained(folder_ / "other");
  expect({"--model", "model", "one", "--draft", "other"}, 1, "the draft has a vocabulary of 50 tokens");
  expect({"--model", "t5-small", "one"}, 1,
         "there is no folder 't5-small'; lamina data get t5-small fetches it");
  expect({"--model", "model", "one", "--draft", "t5-small"}, 1, "lamina data get t5-small");
  expect({"--model", "none", "one"}, 1, "none");
  expect({"--model", "model", "one", "--num-beams", "100000000"}, 1, "MB for what is kept of them");
}

TEST_F(GenerateLines, AreAnsweredBeforeTheInputEnds) {
  write_file(folder_ / "feed.sh", "echo one; while [ ! -e told ]; do sleep 0.05; done; printf 'two\\r\\nno'");
  Running running(
      "/bin/sh", folder_.path(),
      {"-c", "sh feed.sh | '" + program_path() + "' generate --model model --input - --max-new-tokens 9"},
      {"OMP_WAIT_POLICY=passive"}, "");
  const std::string first = run({"--model", "model", "one", "--max-new-tokens", "9"}).out;
  EXPECT_TRUE(running.wait_for(first));
  write_file(folder_ / "told", "");
  const Outcome outcome = running.wait();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, first + run({"--model", "model", "two", "--max-new-tokens", "9"}).out +
                             run({"--model", "model", "no", "--max-new-tokens", "9"}).out);
}

TEST_F(GenerateLines, OfStandardInputSayWhichIsWrong) {
  for (const std::string beams : {"1", "2"}) {
    Running running("/bin/sh", folder_.path(),
                    {"-c", "printf 'one\\n\\ntwo\\n' | '" + program_path() +
                               "' generate --model model --input - --max-new-tokens 9 --num-beams " + beams},
                    {}, "");
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("-: line 2: the text to go on with is empty"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(outcome.lines().size(), beams == "1" ? 1u : 0u) << outcome.out;
  }
}

TEST(GenerateCommand, WritesBeyondFourThousandTokensWhereNoContextEnds) {
  const TemporaryFolder folder;
  const PretrainedTokenizer tokenizer = train_tokenizer(character_pipeline(), {"one two three"});
  Json config = with(small_t5(), "vocab_size", tokenizer.size());
  const auto model = AutoModel::from_config(config, {.seed = 1});
  model->save_pretrained(folder / "t5");
  tokenizer.save_pretrained(folder / "t5");
  std::string line;
  for (int i = 0; i < 4200; ++i) line += "one two three "[i % 13];
  write_file(folder / "long.txt", line + "\n");
  const Outcome outcome =
      run_lamina(folder.path(),
                 {"generate", "--model", "t5", "--input", "long.txt", "--max-new-tokens", "2", "--json"}, {});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.lines().size(), 1u);
}

TEST_F(GenerateLines, WarnOfTokensWithoutText) {
  save("more", 1, 400);
  const Outcome outcome = run({"--model", "more", "one", "--max-new-tokens", "9"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("such tokens have no text; do they belong together?"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(run({"--model", "model", "one", "--max-new-tokens", "9"}).err, "");
}

}  // namespace
}  // namespace lamina::test
