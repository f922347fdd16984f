// States to begin with that do not fit: told when the layer is called, on symbolic tensors, too. And copies
// of recurrent layers that cannot be made.
#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

CallArguments states(const std::vector<Tensor>& given) { return {.tensors = {{"initial_state", given}}}; }

void expect_says(const std::function<void()>& action, const std::vector<std::string>& words) {
  const std::string text = test::message_of<InvalidArgument>(action);
  for (const std::string& word : words) EXPECT_NE(text.find(word), std::string::npos) << text;
}

TEST(RecurrentStates, AreCheckedWhenALayerIsCalled) {
  const Tensor s = Input({4, 3}), narrow = Input({5}), right = Input({3});
  expect_says(
      [&] {
        LSTM(3)(s, states({narrow, narrow}));
      },
      {"initial_state 0 must have shape (None, 3), received (None, 5)"});
  expect_says([&] { LSTM(3)(s, states({right})); }, {"initial_state must be 2 tensors, received 1"});
  expect_says([&] { GRU(3)(s, states({right, right})); }, {"initial_state must be 1 tensor, received 2"});
  expect_says([&] { GRU(3)(s, states({s})); }, {"initial_state 0", "received (None, 4, 3)"});
  expect_says(
      [&] {
        Bidirectional(LSTM(3))(s, states({right, right, right}));
      },
      {"initial_state must be 4 tensors", "received 3"});
  expect_says(
      [&] {
        Bidirectional(GRU(3))(s, states({right, narrow}));
      },
      {"initial_state 0 must have shape (None, 3), received (None, 5)"});
  expect_says(
      [&] {
        LSTM(3)(zeros({2, 4, 3}), states({zeros({2, 5}), zeros({2, 5})}));
      },
      {"initial_state 0 must have shape (2, 3), received (2, 5)"});
  EXPECT_EQ(LSTM(3)(s, states({right, right})).shape(), (Shape{-1, 3}));
}

TEST(RecurrentStates, GoByKeyword) {
  const Tensor s = Input({4, 3}), h = Input({3});
  expect_says([&] { LSTM(3)({s, h, h}); }, {"expected 1 input, received 3", "initial_state"});
}

// A cell that no registry knows.
class Counting final : public LayerOf<Counting, RNNCell> {
 public:
  std::string class_name() const override { return "Counting"; }
  std::vector<int64_t> state_sizes() const override { return {3}; }
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>&,
                     CallContext&) const override {
    return {states[0] + x, {states[0] + x}};
  }
};

TEST(RecurrentStates, ACellThatNobodyKnowsCannotBeCopied) {
  expect_says([] { Bidirectional{RNN(Counting())}; },
              {"Bidirectional", "both directions", "'Counting'", "register_layer"});
}

}  // namespace
}  // namespace lamina
