// Inputs by name: what is refused, and that order and absence say the same as names.
#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

Tensor ids(const std::vector<int64_t>& values, int64_t rows) {
  return Tensor::from(values, {rows, static_cast<int64_t>(values.size()) / rows});
}

std::string refusal(const PretrainedModel& model, const Tensors& inputs) {
  return message_of<InvalidArgument>([&] { model.run(inputs); });
}

TEST(PretrainedRun, TakesInputsByNameAndInOrder) {
  const auto model = small(small_bert());
  const Tensor text = ids({2, 5, 7, 9, 3, 0}, 2), mask = ids({1, 1, 1, 1, 1, 0}, 2),
               types = ids({0, 1, 1, 0, 0, 0}, 2);
  const auto logits = [&](const Tensors& inputs) { return model->run(inputs)["logits"].to_vector<float>(); };
  const auto all = logits({{"token_type_ids", types}, {"input_ids", text}, {"attention_mask", mask}});
  EXPECT_EQ(all, logits({text, mask, types}));
  EXPECT_NE(all, logits({text, mask}));
  EXPECT_NE(logits({text, mask}), logits({text}));
  EXPECT_EQ(logits({{"input_ids", text}}),
            logits({text, ids({1, 1, 1, 1, 1, 1}, 2), ids({0, 0, 0, 0, 0, 0}, 2)}));
  EXPECT_EQ(logits({{"input_ids", text}, {"position_ids", ids({0, 1, 2, 0, 1, 2}, 2)}}), logits({text}));
}

TEST(PretrainedRun, TakesTheSourceAndTheTarget) {
  const auto model = small(small_marian());
  const Tensor source = ids({2, 5, 7}, 1), target = ids({19, 4}, 1);
  EXPECT_EQ(model->run({source, target})["logits"].shape(), Shape({1, 2, 20}));
  EXPECT_EQ(model->run({source, ids({1, 1, 1}, 1), target})["logits"].to_vector<float>(),
            model->run({{"decoder_input_ids", target}, {"input_ids", source}})["logits"].to_vector<float>());
}

TEST(PretrainedRun, GivesAttentionsAndHiddenStates) {
  const Tensor source = ids({2, 5, 7, 3, 0, 0}, 2), mask = ids({1, 1, 1, 1, 0, 0}, 2),
               target = ids({0, 4, 0, 6}, 2);
  for (const Json& config : {small_t5(), small_marian(), small_lstm_encoder_decoder()}) {
    const auto model = small(config);
    const Tensors inputs{{"input_ids", source}, {"attention_mask", mask}, {"decoder_input_ids", target}};
    const Tensors outputs = model->run(inputs, {.output_attentions = true, .output_hidden_states = true});
    expect_close(outputs["logits"], model->run(inputs)["logits"], "logits", 1e-5);
    EXPECT_EQ(model->run(inputs).size(), 1u);
    const Tensor& cross = outputs["cross_attentions.0"];
    ASSERT_EQ(cross.shape()[3], 3);
    const std::vector<float> shares = cross.to_vector<float>();
    for (size_t i = 0; i < shares.size(); i += 3)
      EXPECT_NEAR(shares[i] + shares[i + 1] + shares[i + 2], 1, 1e-5);
    EXPECT_FLOAT_EQ(shares.back(), 0) << "padding is not looked at";
    EXPECT_EQ(outputs["encoder_hidden_states.1"].shape(), Shape({2, 3, 8}));
    EXPECT_EQ(outputs["decoder_hidden_states.1"].shape(), Shape({2, 2, 8}));
  }
}

TEST(PretrainedRun, GivesWhatIsAskedAndNoMore) {
  const auto model = small(small_gpt2());
  const Tensors attentions = model->run({ids({2, 5, 7}, 1)}, {.output_attentions = true});
  EXPECT_EQ(attentions.names(), (std::vector<std::string>{"logits", "attentions.0"}));
  EXPECT_EQ(attentions["attentions.0"].shape(), Shape({1, 2, 3, 3}));
  const Tensors states = model->run({ids({2, 5, 7}, 1)}, {.output_hidden_states = true});
  EXPECT_EQ(states.names(), (std::vector<std::string>{"logits", "hidden_states.0", "hidden_states.1"}));
}

TEST(PretrainedRun, SaysWhatIsWrong) {
  const auto bert = small(small_bert()), marian = small(small_marian());
  const Tensor text = ids({2, 5, 7}, 1);
  EXPECT_EQ(refusal(*marian, {{"input_ids", text}}),
            "MarianMTModel: input 'decoder_input_ids' is missing; it takes input_ids, attention_mask (may be "
            "left out), "
            "decoder_input_ids, decoder_attention_mask (may be left out)");
  EXPECT_NE(
      refusal(*bert, {{"input_ids", text}, {"atention_mask", text}}).find("did you mean 'attention_mask'"),
      std::string::npos);
  EXPECT_NE(refusal(*bert, Tensors()).find("0 tensors came"), std::string::npos);
  EXPECT_NE(refusal(*bert, {text, text, text, text, text}).find("5 tensors came"), std::string::npos);
  EXPECT_EQ(
      refusal(*bert, {{"input_ids", ids({2, 20, 7}, 1)}}),
      "BertForSequenceClassification: input 'input_ids' has 20 in row 0, token 1; 0 to 19 was expected");
  EXPECT_NE(refusal(*bert, {{"input_ids", ids({2, 5, -1}, 1)}}).find("has -1 in row 0, token 2"),
            std::string::npos);
  EXPECT_NE(refusal(*bert, {text, ids({1, 2, 1}, 1)}).find("'attention_mask' has 2"), std::string::npos);
  EXPECT_NE(refusal(*bert, {text, ids({1, 1}, 1)}).find("'attention_mask' is (1, 2), and 'input_ids' (1, 3)"),
            std::string::npos);
  EXPECT_NE(
      refusal(*bert, {{"input_ids", Tensor::from(std::vector<float>{1, 2}, {1, 2})}}).find("holds float32"),
      std::string::npos);
  EXPECT_NE(
      refusal(*bert, {{"input_ids", Tensor::from(std::vector<int32_t>{1, 2}, {2})}}).find("(rows, tokens)"),
      std::string::npos);
  EXPECT_NE(refusal(*bert, {{"input_ids", ids(std::vector<int64_t>(13, 1), 1)}})
                .find("13 tokens, more than the 12"),
            std::string::npos);
  EXPECT_NE(
      refusal(*marian, {{"input_ids", text}, {"decoder_input_ids", ids({19, 19}, 2)}}).find("has 2 rows"),
      std::string::npos);
}

TEST(PretrainedRun, GivesTheSameBitsWithAnyThreads) {
  const Tensor text = ids({2, 5, 7, 9, 3, 4}, 2);
  const int before = num_threads();
  for (const Json& config : {small_gpt2(), small_llama(), small_bert()}) {
    const auto model = small(config);
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 4}) {
      set_num_threads(threads);
      results.push_back(model->run({text})[0].to_vector<float>());
    }
    set_num_threads(before);
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
  }
}

}  // namespace
}  // namespace lamina::test
