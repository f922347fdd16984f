// The language model of LSTMs computes what the layers compute, and its folder comes back as it was.
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/transpose.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

TEST(LstmForCausalLM, IsEmbeddingLstmsAndScores) {
  for (const bool tied : {true, false}) {
    const auto model = small(with(small_lstm(), "tie_word_embeddings", tied));
    Sequential layers({Input({7}, {.dtype = DType::kInt32}), Embedding(20, 8),
                       LSTM(8, {.return_sequences = true}), LSTM(8, {.return_sequences = true}),
                       Dense(20, {.use_bias = false})});
    const std::vector<Tensor> own = model->get_weights();
    ASSERT_EQ(own.size(), tied ? 7u : 8u);
    std::vector<Tensor> theirs(own.begin(), own.begin() + 7);
    theirs.push_back(transpose(tied ? own[0] : own[7]).eval());
    layers.set_weights(theirs);
    const Tensor ids = Tensor::from(std::vector<int32_t>{3, 4, 5, 6, 7, 8, 9, 19, 0, 2, 2, 1, 18, 7}, {2, 7});
    expect_close(model->run({ids})["logits"], layers.predict(ids), "logits", 1e-6);
  }
}

TEST(LstmForCausalLM, BeginsByNotForgetting) {
  const auto model = small(small_lstm());
  const std::vector<float> bias = model->weight("model.layers.0/bias")->value.to_vector<float>();
  ASSERT_EQ(bias.size(), 32u);
  for (size_t i = 0; i < bias.size(); ++i) EXPECT_EQ(bias[i], i / 8 == 1 ? 1.0f : 0.0f) << i;
}

TEST(LstmForCausalLM, ComesBackFromItsFolder) {
  const TemporaryFolder folder;
  const auto model = small(small_lstm());
  model->save_pretrained(folder / "lstm");
  const auto again = AutoModelForCausalLM::from_pretrained(folder / "lstm");
  EXPECT_EQ(again->class_name(), "LSTMForCausalLM");
  const std::vector<int32_t> prompt{3, 4, 5};
  EXPECT_EQ(again->generate(prompt, {.max_new_tokens = 100}),
            model->generate(prompt, {.max_new_tokens = 100}))
      << "texts may have any length";
}

}  // namespace
}  // namespace lamina::test
