// --quantize and --group of lamina generate, translate and run, and what run gives beside the outputs.
#include <gtest/gtest.h>

#include "lamina/formats/npy.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

class Precision : public ::testing::Test {
 protected:
  Precision() {
    small(with(with(small_t5(), "d_model", 32), "d_ff", 64))->save_pretrained(folder_ / "t5");
    const Tensor ids = Tensor::from(std::vector<int32_t>{3, 4, 5}, {1, 3});
    write_npy(folder_ / "ids.npy", ids);
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }

  TemporaryFolder folder_;
};

TEST_F(Precision, IsThatOfTheLibrary) {
  for (const char* mode : {"int8", "int4", "bfloat16"}) {
    const auto model = AutoModel::from_pretrained(folder_ / "t5", {.quantize = mode});
    const Outcome written = run({"generate", "--model", "t5", "--ids", "3,4,5", "--quantize", mode,
                                 "--max-new-tokens", "9", "--json"});
    ASSERT_EQ(written.status, 0) << written.err;
    Json ids = Json::list();
    for (const int32_t id : model->generate(std::vector<int32_t>{3, 4, 5}, {.max_new_tokens = 9}))
      ids.push_back(id);
    EXPECT_EQ(Json::parse(written.out).at("ids"), ids) << mode;
    const Outcome fed = run({"run", "t5", "--input", "input_ids=ids.npy", "--input",
                             "decoder_input_ids=ids.npy", "--output", "out", "--quantize", mode});
    ASSERT_EQ(fed.status, 0) << fed.err;
    const Tensor text = read_npy(folder_ / "ids.npy");
    EXPECT_EQ(read_npy(folder_ / "out/logits.npy").to_vector<float>(),
              model->run({text, text})["logits"].to_vector<float>());
  }
}

TEST_F(Precision, AttentionsAndStatesAreFiles) {
  const std::vector<std::string> words{"run",
                                       "t5",
                                       "--input",
                                       "input_ids=ids.npy",
                                       "--input",
                                       "decoder_input_ids=ids.npy",
                                       "--output",
                                       "more",
                                       "--output-attentions",
                                       "--output-hidden-states",
                                       "--json"};
  const Outcome outcome = run(words);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read_npy(folder_ / "more/cross_attentions.0.npy").shape(), Shape({1, 2, 3, 3}));
  EXPECT_EQ(read_npy(folder_ / "more/decoder_hidden_states.1.npy").shape(), Shape({1, 3, 32}));
  EXPECT_EQ(Json::parse(outcome.out).at("outputs").size(), 1u + 3 + 4);
}

TEST_F(Precision, SaysWhatIsWrong) {
  const auto expect = [&](const std::vector<std::string>& words, int status, const std::string& part) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  };
  const std::vector<std::string> generate{"generate", "--model", "t5", "--ids", "3"};
  const auto with_words = [&](std::vector<std::string> more) {
    more.insert(more.begin(), generate.begin(), generate.end());
    return more;
  };
  expect(with_words({"--quantize", "int2"}), 2, "int8");
  expect(with_words({"--group", "32"}), 2, "--group belongs to --quantize int8 or int4");
  expect(with_words({"--quantize", "int8", "--group", "48"}), 1, "the group is 48; 0, 32, 64");
  expect(with_words({"--quantize", "int8", "--group", "128"}), 1,
         "groups of 128 do not divide the lines of weight");
  expect(with_words({"--quantize", "bfloat16", "--group", "32"}), 1, "bfloat16 has no groups");
  Sequential({Input({2}), Dense(1)}).save(folder_ / "m.keras");
  expect({"run", "m.keras", "--input", "ids.npy", "--output", "out", "--quantize", "int8"}, 2,
         "are for folders of language models");
  expect({"run", "m.keras", "--input", "ids.npy", "--output", "out", "--output-attentions"}, 2,
         "are for folders of language models");
}

}  // namespace
}  // namespace lamina::test
