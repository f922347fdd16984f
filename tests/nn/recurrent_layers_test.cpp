// Recurrent layers in models and in calls: masks that travel, states, dropout, custom cells.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/grad.h"
#include "lamina/core/symbol.h"
#include "lamina/nn/callbacks/callbacks.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "tests/support/adding_cell.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::expect_close;

Tensor normal(const Shape& shape, int64_t seed = 1) { return random_normal(random_key(seed), shape).eval(); }

Tensor ids(const std::vector<int32_t>& values, const Shape& shape) { return Tensor::from(values, shape); }

std::vector<std::string> paths(const Layer& layer) {
  std::vector<std::string> result;
  for (const WeightPtr& weight : layer.weights()) result.push_back(weight->path);
  return result;
}

TEST(RecurrentLayers, EmbeddingMasksPaddingForTheLayersAfterIt) {
  const Embedding embedding(10, 3, {.mask_zero = true});
  const LSTM lstm(4);
  Sequential model({embedding, lstm}, {.seed = 3});
  const Tensor padded = ids({5, 2, 7, 0, 0, 4, 4, 0, 0, 0}, {2, 5});
  const Tensor y = model.predict(padded);
  const Tensor one = model.predict(ids({5, 2, 7}, {1, 3}));
  expect_close(slice(y, {0}, {1}), one, "steps of padding change nothing");
  const Tensor other = model.predict(ids({4, 4}, {1, 2}));
  expect_close(slice(y, {1}, {2}), other, "steps of padding change nothing");
}

TEST(RecurrentLayers, MaskingSkipsStepsThatHoldItsValue) {
  const Tensor x = normal({1, 3, 2});
  const Tensor step = Tensor::from(std::vector<float>{9, 9}, {1, 1, 2});
  const Tensor padded = concatenate({slice(x, {0, 0}, {1, 2}), step, slice(x, {0, 2}, {1, 3})}, 1);
  const GRU gru(4, {.return_sequences = true});
  Sequential model({Masking(9), gru}, {.seed = 3});
  const Tensor skipped = model.predict(padded);
  const Tensor plain = model.predict(x);
  expect_close(index(skipped, {Slice{}, 3}), index(plain, {Slice{}, 2}), "the last step");
  expect_close(index(skipped, {Slice{}, 2}), index(skipped, {Slice{}, 1}), "what a masked step puts out");
}

TEST(RecurrentLayers, MasksGoOnWithSequencesOnly) {
  const Tensor x = Masking()(normal({2, 3, 2}));
  ASSERT_TRUE(mask_of(x).defined());
  EXPECT_TRUE(mask_of(GRU(3, {.return_sequences = true})(x)).defined());
  EXPECT_FALSE(mask_of(GRU(3)(x)).defined());
  const std::vector<Tensor> all = LSTM(3, {.return_sequences = true, .return_state = true}).outputs(x);
  EXPECT_TRUE(mask_of(all[0]).defined());
  EXPECT_FALSE(mask_of(all[1]).defined());
  EXPECT_TRUE(mask_of(Bidirectional(LSTM(3, {.return_sequences = true}))(x)).defined());
  EXPECT_TRUE(mask_of(TimeDistributed(Dense(3))(x)).defined());
}

TEST(RecurrentLayers, StatesContinueASequence) {
  const Tensor x = normal({2, 6, 3});
  const LSTM lstm(4, {.return_sequences = true, .return_state = true});
  auto [whole, h, c] = lstm.call_with_state(x);
  auto [first, h1, c1] = lstm.call_with_state(slice(x, {0, 0}, {2, 2}));
  auto [second, h2, c2] = lstm.call_with_state(slice(x, {0, 2}, {2, 6}), {h1, c1});
  expect_close(concatenate({first, second}, 1), whole, "outputs");
  expect_close(h2, h, "h");
  expect_close(c2, c, "c");
  const GRU gru(4, {.return_state = true});
  auto [last, state] = gru.call_with_state(x);
  expect_close(last, state, "GRU's output is its state");
}

TEST(RecurrentLayers, AnEncoderHandsItsStatesToADecoder) {
  const Tensor source = Input({4, 3});
  const Tensor target = Input({5, 3});
  const LSTM encoder(6, {.return_state = true, .name = "encoder"});
  const LSTM decoder(6, {.return_sequences = true, .name = "decoder"});
  const auto [encoded, h, c] = encoder.call_with_state(source);
  const Tensor decoded = decoder(target, CallArguments{.tensors = {{"initial_state", {h, c}}}});
  Model model({source, target}, {TimeDistributed(Dense(2))(decoded)}, {.seed = 5});
  model.compile({.optimizer = Adam(0.02), .loss = "mse"});
  const Tensor x1 = normal({8, 4, 3}, 1), x2 = normal({8, 5, 3}, 2), y = normal({8, 5, 2}, 3);
  const auto history = model.fit({x1, x2}, y, {.epochs = 30, .verbose = 0});
  EXPECT_LT(history["loss"].back(), 0.8 * history["loss"].front());
}

TEST(RecurrentLayers, StatefulLayersGoOnWhereTheyWere) {
  const Tensor x = normal({2, 6, 3});
  const GRU gru(4, {.stateful = true});
  gru.build(Shape{2, 6, 3});
  const GRU whole(4);
  whole.build(Shape{2, 6, 3});
  for (size_t i = 0; i < 3; ++i) whole.weights()[i]->assign(gru.cell().weights()[i]->value);

  CallContext context(false);
  gru(slice(x, {0, 0}, {2, 3}), context);
  expect_close(gru(slice(x, {0, 3}, {2, 6}), context), whole(x), "the second half");

  const WeightPtr state = gru.own_weights().at(0);
  EXPECT_EQ(state->path, "gru/rnn_state");
  EXPECT_FALSE(state->trainable);
  state->assign(normal({2, 4}));
  gru.reset_states();
  expect_close(gru(x), whole(x), "after reset_states");
}

TEST(RecurrentLayers, WeightsAreNamedAsInKeras) {
  const Bidirectional both(LSTM(2), {.name = "both"});
  both.build(Shape{-1, 4, 3});
  EXPECT_EQ(paths(both),
            (std::vector<std::string>{
                "both/forward_lstm/lstm_cell/kernel", "both/forward_lstm/lstm_cell/recurrent_kernel",
                "both/forward_lstm/lstm_cell/bias", "both/backward_lstm/lstm_cell/kernel",
                "both/backward_lstm/lstm_cell/recurrent_kernel", "both/backward_lstm/lstm_cell/bias"}));
  EXPECT_EQ(both.sublayers()[0].first, "forward_layer");
  EXPECT_EQ(both.sublayers()[0].second->sublayers()[0].first, "cell");
  const RNN stacked({LSTMCell(2), LSTMCell(3)});
  const auto& cells = stacked.sublayers()[0].second->sublayers();
  EXPECT_EQ(cells[0].first, "cells/lstm_cell");
  EXPECT_EQ(cells[1].first, "cells/lstm_cell_1");
}

TEST(RecurrentLayers, TheForgetGateBeginsOpen) {
  const LSTM lstm(2);
  lstm.build(Shape{-1, 4, 3});
  EXPECT_EQ(lstm.weights()[2]->value.to_vector<float>(), (std::vector<float>{0, 0, 1, 1, 0, 0, 0, 0}));
  const LSTM closed(2, {.unit_forget_bias = false});
  closed.build(Shape{-1, 4, 3});
  EXPECT_EQ(closed.weights()[2]->value.to_vector<float>(), std::vector<float>(8, 0.0f));
}

TEST(RecurrentLayers, ACellOfYoursRunsInALoopAndUnrolled) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {1, 6, 1});
  const RNN loop(test::AddingCell(2), {.return_sequences = true});
  const std::vector<Tensor> outputs = loop.outputs(x);
  EXPECT_EQ(outputs[0].to_vector<float>(), (std::vector<float>{2, 2, 6, 6, 12, 12, 20, 20, 30, 30, 42, 42}));
  const RNN last(test::AddingCell(2), {.return_state = true});
  EXPECT_EQ(last.outputs(x)[1].to_vector<float>(), (std::vector<float>{21, 21}));
  const RNN unrolled(test::AddingCell(2), {.return_sequences = true, .unroll = true});
  expect_close(unrolled(x), outputs[0], "unrolled");
  const RNN backwards(test::AddingCell(2), {.return_sequences = true, .go_backwards = true});
  EXPECT_EQ(backwards(x).to_vector<float>()[2], 22);

  const WeightPtr share = loop.weights()[0];
  const Tensor gradient = gradients(sum(loop(x)), {share->value}).at(0);
  EXPECT_EQ(gradient.to_vector<float>()[0], 2 * (6 + 10 + 12 + 12 + 10 + 6));
}

TEST(RecurrentLayers, CellsTakeOneStep) {
  const LSTMCell cell(3);
  const Tensor x = normal({2, 4}), h = normal({2, 3}, 2), c = normal({2, 3}, 3);
  const std::vector<Tensor> step = cell.outputs({x, h, c});
  const RNN rnn(cell, {.return_state = true});
  const std::vector<Tensor> one =
      rnn.outputs(reshape(x, {2, 1, 4}), {.tensors = {{"initial_state", {h, c}}}});
  ASSERT_EQ(step.size(), 3u);
  for (size_t i = 0; i < 3; ++i) expect_close(step[i], one[i], "a sequence of one step");
}

TEST(RecurrentLayers, DropoutActsWhileTrainingAndKeepsTheMean) {
  const Tensor x = full({4000, 3, 1}, 1.0);
  for (const double recurrent : {0.0, 0.4}) {
    const SimpleRNN rnn(1, {.activation = "linear",
                            .kernel_initializer = "ones",
                            .recurrent_initializer = "ones",
                            .dropout = 0.25,
                            .recurrent_dropout = recurrent,
                            .seed = 3});
    EXPECT_EQ(rnn(x).to_vector<float>()[7], 3.0f);
    const std::vector<float> trained = rnn(x, true).to_vector<float>();
    double mean = 0;
    for (const float value : trained) mean += value / 4000;
    if (recurrent == 0) {
      EXPECT_NEAR(mean, 3, 0.1);
      for (const float value : trained) EXPECT_TRUE(value == 0 || std::abs(value - 4) < 1e-5) << value;
    } else {  // one choice for all steps: 1 + m + m m, whose mean is 1 + 1 + 1 / (1 - rate)
      EXPECT_NEAR(mean, 2 + 1 / 0.6, 0.2);
    }
  }
  const Tensor sequence = normal({3, 5, 2});
  for (const bool fused : {true, false}) {
    const std::string activation = fused ? "tanh" : "gelu";
    const LSTM lstm(3, {.activation = activation, .dropout = 0.3, .recurrent_dropout = 0.3, .seed = 5});
    const GRU gru(3, {.activation = activation, .dropout = 0.3, .reset_after = false});
    EXPECT_NE(lstm(sequence, true).to_vector<float>(), lstm(sequence).to_vector<float>());
    EXPECT_EQ(lstm(sequence, true).to_vector<float>(), lstm(sequence, true).to_vector<float>());
    EXPECT_NE(gru(sequence, true).to_vector<float>(), gru(sequence).to_vector<float>());
  }
}

TEST(RecurrentLayers, FusedSequencesAndStepsDropTheSame) {
  const Tensor x = normal({3, 6, 2});
  const LSTM lstm(4, {.dropout = 0.3, .recurrent_dropout = 0.4, .seed = 5, .return_sequences = true});
  const Tensor fused = lstm(x, true);
  const LSTMCell& cell = static_cast<const LSTMCell&>(lstm.cell());
  CallContext context(true);
  const Tensor zero = full({3, 4}, 0.0);
  const CellStep steps =
      cell.RNNCell::run({.x = x, .states = {zero, zero}, .return_sequences = true}, context);
  expect_close(steps.output, fused, "step by step");
}

TEST(RecurrentLayers, WorkInHalfPrecision) {
  const Tensor x = normal({2, 6, 3});
  for (const std::string activation : {"tanh", "gelu"}) {
    const LSTM lstm(4, {.activation = activation, .return_sequences = true, .dtype = "mixed_float16"});
    EXPECT_EQ(lstm(x).dtype(), DType::kFloat16);
    EXPECT_EQ(lstm.weights()[0]->type.dtype, DType::kFloat32);
  }
}

TEST(RecurrentLayers, ModelsOfThemLearn) {
  Sequential model({Embedding(12, 8, {.mask_zero = true}), Bidirectional(GRU(8, {.return_sequences = true})),
                    LSTM(8, {.dropout = 0.1}), Dense(2)},
                   {.seed = 1});
  model.compile({.optimizer = Adam(0.02), .loss = "mse"});
  std::vector<int32_t> words;
  std::vector<float> targets;  // how large the words are, and which one came last
  for (int sample = 0; sample < 32; ++sample) {
    int total = 0;
    for (int step = 0; step < 6; ++step) {
      words.push_back((sample * 7 + step * step * 5 + sample * step) % 12);
      total += words.back();
    }
    targets.push_back(static_cast<float>(total - 33) / 12);
    targets.push_back(words.back() > 5 ? 1.0f : -1.0f);
  }
  const auto history = model.fit(ids(words, {32, 6}), Tensor::from(targets, {32, 2}),
                                 {.epochs = 40, .batch_size = 16, .verbose = 0});
  EXPECT_LT(history["loss"].back(), 0.2 * history["loss"].front());
}

}  // namespace
}  // namespace lamina
