// The encoder-decoder of LSTMs computes what the layers compute, step by step what it computes in one go, and
// nothing from padding.
#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

Tensor ids(const std::vector<int32_t>& values, const Shape& shape) { return Tensor::from(values, shape); }

/// A layer of the library with the weights of the model's module of that name.
LSTM layer_of(const PretrainedModel& model, const std::string& name, int64_t inputs, bool backwards) {
  const auto value = [&](const char* weight) { return model.weight(name + "/" + weight)->value; };
  const int64_t units = value("recurrent_kernel").shape()[0];
  LSTM layer(units, {.return_sequences = true, .return_state = true, .go_backwards = backwards});
  layer.build(Shape{-1, 1, inputs});
  const std::vector<WeightPtr> weights = layer.weights();
  const char* const names[] = {"kernel", "recurrent_kernel", "bias"};
  for (size_t i = 0; i < 3; ++i) weights.at(i)->assign(value(names[i]));
  return layer;
}

TEST(LstmEncoderDecoder, IsLayersWithAttention) {
  const auto model = small(small_lstm_encoder_decoder());
  const Tensor source = ids({3, 4, 5, 6, 7, 8, 9, 19, 1, 2}, {2, 5}),
               target = ids({0, 2, 2, 1, 0, 18, 7, 3}, {2, 4});
  const auto value = [&](const char* path) { return model->weight(path)->value; };
  Tensor x = take(value("shared/weight"), source, 0);
  std::vector<Tensor> states;
  for (const std::string number : {"0", "1"}) {
    const std::string at = "encoder.layers." + number;
    const auto one = layer_of(*model, at + ".forward", 8, false).call_with_state(x);
    const auto other = layer_of(*model, at + ".backward", 8, true).call_with_state(x);
    x = concatenate({one[0], flip(other[0], {1})}, -1);
    for (const size_t i : {size_t{1}, size_t{2}}) states.push_back(concatenate({one[i], other[i]}, -1));
  }
  const Tensor own = layer_of(*model, "decoder.layers.0", 8, false)
                         .call_with_state(take(value("shared/weight"), target, 0), {states[0], states[1]})[0];
  const Tensor query = matmul(own, transpose(value("decoder.attention.query/weight")));
  const Tensor weights = softmax(matmul(query, transpose(x, {0, 2, 1})) * (1 / std::sqrt(8.0)), -1);
  const Tensor seen = matmul(weights, x);
  const Tensor second = layer_of(*model, "decoder.layers.1", 16, false)
                            .call_with_state(concatenate({own, seen}, -1), {states[2], states[3]})[0];
  const Tensor joined =
      tanh(matmul(concatenate({second, seen}, -1), transpose(value("decoder.attention.joined/weight"))) +
           value("decoder.attention.joined/bias"));
  expect_close(model->run({{"input_ids", source}, {"decoder_input_ids", target}})["logits"],
               matmul(joined, transpose(value("shared/weight"))), "logits", 1e-5);
}

TEST(LstmEncoderDecoder, WritesStepByStepWhatItSaysInOneGo) {
  for (const bool tied : {true, false}) {
    const auto model = small(with(small_lstm_encoder_decoder(), "tie_word_embeddings", tied));
    const std::vector<int32_t> source{3, 4, 5, 6, 7, 1};
    const std::vector<int32_t> written = model->generate(source, {.max_new_tokens = 8});
    ASSERT_FALSE(written.empty());
    std::vector<int32_t> decoder{0};
    decoder.insert(decoder.end(), written.begin(), written.end() - 1);
    const auto length = static_cast<int64_t>(decoder.size());
    const Tensor logits = model->run(
        {{"input_ids", ids(source, {1, 6})}, {"decoder_input_ids", ids(decoder, {1, length})}})["logits"];
    const std::vector<float> scores = logits.to_vector<float>();
    for (size_t i = 0; i < decoder.size(); ++i) {
      const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(i * 20);
      EXPECT_EQ(std::max_element(begin, begin + 20) - begin, written[i]) << i;
    }
  }
}

TEST(LstmEncoderDecoder, ComputesNothingFromPadding) {
  const auto model = small(small_lstm_encoder_decoder());
  const std::vector<int32_t> shorter{3, 4, 5, 1}, longer{7, 8, 9, 10, 11, 12, 1};
  const auto both = model->generate({shorter, longer}, {.max_new_tokens = 8});
  EXPECT_EQ(both[0], model->generate(shorter, {.max_new_tokens = 8}));
  EXPECT_EQ(both[1], model->generate(longer, {.max_new_tokens = 8}));
  const auto beams = model->generate({shorter, longer}, {.max_new_tokens = 8, .num_beams = 3});
  EXPECT_EQ(beams[0], model->generate(shorter, {.max_new_tokens = 8, .num_beams = 3}));
  const Tensor alone =
      model->run({{"input_ids", ids(shorter, {1, 4})}, {"decoder_input_ids", ids({0, 5}, {1, 2})}})["logits"];
  const Tensor padded = model->run({{"input_ids", ids({3, 4, 5, 1, 0, 0}, {1, 6})},
                                    {"attention_mask", ids({1, 1, 1, 1, 0, 0}, {1, 6})},
                                    {"decoder_input_ids", ids({0, 5}, {1, 2})}})["logits"];
  expect_close(padded, alone, "logits", 1e-6);
}

TEST(LstmEncoderDecoder, ComesBackFromItsFolder) {
  const TemporaryFolder folder;
  const auto model = small(small_lstm_encoder_decoder());
  model->save_pretrained(folder / "lstm");
  const auto again = AutoModelForSeq2SeqLM::from_pretrained(folder / "lstm");
  EXPECT_EQ(again->class_name(), "LSTMForConditionalGeneration");
  const std::vector<int32_t> prompt{3, 4, 5};
  EXPECT_EQ(again->generate(prompt, {.max_new_tokens = 30}), model->generate(prompt, {.max_new_tokens = 30}));
}

TEST(LstmEncoderDecoder, RefusesSizesThatCannotBe) {
  EXPECT_THROW(small(with(small_lstm_encoder_decoder(), "hidden_size", 7)), InvalidArgument);
  EXPECT_THROW(small(with(small_lstm_encoder_decoder(), "is_encoder_decoder", false)), InvalidArgument);
  EXPECT_THROW(small(with(small_lstm_encoder_decoder(), "dropout", 1.0)), InvalidArgument);
}

}  // namespace
}  // namespace lamina::test
