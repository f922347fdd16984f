// What layers for sequences refuse, and how they say it.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/full.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

template <class F>
void expect_message(F&& action, const std::vector<std::string>& words) {
  const std::string message = test::message_of<InvalidArgument>(action);
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << message << "\nlacks " << word;
}

Tensor floats(const Shape& shape) { return full(shape, 0.5); }

TEST(RecurrentErrors, Arguments) {
  expect_message([] { LSTM(0); }, {"lstm_cell", "units must be positive", "0"});
  expect_message([] { GRU(2, {.dropout = 1.5}); }, {"dropout", "between 0 and 1", "1.5"});
  expect_message([] { SimpleRNN(2, {.recurrent_dropout = -1}); }, {"recurrent_dropout", "-1"});
  expect_message([] { LSTM(2, {.activation = "tanhh"}); }, {"tanhh", "tanh"});
  expect_message([] { LSTM(2, {.kernel_initializer = ""}); }, {"kernel_initializer"});
  expect_message([] { RNN(Dense(2)); }, {"RNN", "expected a cell", "Dense", "RNNCell"});
  expect_message([] { StackedRNNCells({}); }, {"at least one cell"});
  expect_message([] { Bidirectional(Dense(2)); }, {"recurrent layer", "Dense"});
  expect_message([] { Bidirectional(LSTM(2), {.merge_mode = "add"}); }, {"merge_mode", "'concat'", "'add'"});
  expect_message([] { Bidirectional(LSTM(2), {.backward_layer = LSTM(2)}); }, {"go_backwards = false"});
  expect_message(
      [] {
        Bidirectional(LSTM(2), {.backward_layer = LSTM(2, {.return_sequences = true, .go_backwards = true})});
      },
      {"return_sequences", "agree"});
  expect_message([] { Embedding(0, 2); }, {"input_dim", "0"});
  expect_message([] { Embedding(2, 0); }, {"output_dim", "0"});
  expect_message([] { Embedding(2, 3, {.weights = floats({3, 2})}); }, {"(2, 3)", "(3, 2)"});
  expect_message([] { RepeatVector(0); }, {"n must be positive"});
  expect_message([] { Permute({1, 3}); }, {"dims", "[1, 3]"});
}

TEST(RecurrentErrors, Inputs) {
  expect_message([] { LSTM(2)(floats({3, 4})); }, {"lstm", "rank 3", "(batch, time, features)", "(None, 4)"});
  const LSTM lstm(2);
  lstm(floats({3, 4, 5}));
  expect_message([&] { lstm(floats({3, 4, 6})); }, {"lstm/lstm_cell", "5 features", "(None, 6)"});
  expect_message([] { RNN(GRUCell(2))(floats({3, 4})); }, {"rank 3 or more", "(None, 4)"});
  expect_message([] { LSTM(2).build(Shape{-1, 4, -1}); }, {"features must be known"});
  expect_message([] { RNN(StackedRNNCells({GRUCell(2)}))(floats({3, 0, 4})); }, {"at least one"});
  expect_message([] { RepeatVector(2)(floats({3, 4, 5})); }, {"rank 2", "(None, 4, 5)"});
  expect_message([] { Permute({2, 1})(floats({3, 4})); }, {"2 axes", "(None, 4)"});
  expect_message([] { Masking()(floats({3})); }, {"rank 2 or more", "(None,)"});
  expect_message([] { TimeDistributed(Dense(2))(floats({3, 4})); }, {"rank 3 or more", "(None, 4)"});
  expect_message(
      [] {
        TimeDistributed(LSTM(2, {.return_state = true}))(floats({3, 4, 5, 6}));
      },
      {"one output", "lstm", "3"});
  expect_message(
      [] {
        LSTMCell(2).outputs({floats({3, 4}), floats({3, 2}), floats({3, 3})});
      },
      {"state 1", "(None, 2)", "(None, 3)"});
  expect_message([] { LSTMCell(2).outputs(floats({3, 4})); }, {"2 states", "0"});
}

TEST(RecurrentErrors, StatesAndMasks) {
  const LSTM lstm(2, {.return_state = true});
  const Tensor x = floats({3, 4, 5});
  expect_message([&] { lstm.call_with_state(x, {floats({3, 2})}); }, {"initial_state", "2 tensors", "1"});
  expect_message(
      [&] {
        lstm.call_with_state(x, {floats({3, 2}), floats({3, 7})});
      },
      {"lstm", "initial_state 1", "(3, 2)", "(3, 7)"});
  expect_message([&] { LSTM(2).call_with_state(x); }, {"return_state"});
  expect_message(
      [&] {
        lstm.outputs(x, {.tensors = {{"mask", {floats({3, 5})}}}});
      },
      {"mask", "(3, 4)", "(3, 5)"});
  expect_message(
      [&] {
        TimeDistributed(Dense(2))(x, CallArguments{.tensors = {{"mask", {floats({3, 5})}}}});
      },
      {"mask", "(3, 4)", "(3, 5)"});
  const Bidirectional both(GRU(2));
  expect_message(
      [&] {
        both.outputs(x, {.tensors = {{"initial_state", {floats({3, 2})}}}});
      },
      {"initial_state", "2 tensors", "1"});
}

TEST(RecurrentErrors, StatefulLayersKeepTheirBatchSize) {
  const GRU gru(2, {.stateful = true});
  expect_message([&] { gru.build(Shape{-1, 4, 5}); }, {"gru", "batch size", "(None, 4, 5)", "batch_size"});
  gru.build(Shape{3, 4, 5});
  expect_message([&] { gru(floats({2, 4, 5})); }, {"gru", "stateful", "3 samples", "2"});
  expect_message([] { LSTM(2).reset_states(); }, {"stateful"});
}

TEST(RecurrentErrors, IdsOutOfRangeAreNamed) {
  const Embedding embedding(4, 2);
  for (const int32_t id : {4, -1}) {
    expect_message(
        [&] {
          embedding(Tensor::from(std::vector<int32_t>{1, id}, {1, 2})).eval();
        },
        {std::to_string(id), "4"});
  }
}

TEST(RecurrentErrors, CellsThatGiveOtherStatesThanTheyName) {
  class Forgetful final : public LayerOf<Forgetful, RNNCell> {
   public:
    std::string class_name() const override { return "Forgetful"; }
    std::vector<int64_t> state_sizes() const override { return {5, 5}; }
    CellStep call_step(const Tensor& x, const std::vector<Tensor>&, const std::vector<Tensor>&,
                       CallContext&) const override {
      return {x, {x}};
    }
  };
  expect_message([] { RNN(Forgetful{})(floats({3, 4, 5})); }, {"Forgetful", "1 states", "names 2"});
}

}  // namespace
}  // namespace lamina
