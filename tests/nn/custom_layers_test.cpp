// Layers and cells of the user's that say one thing and do another, and what they are told.
#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

void expect_message(const std::function<void()>& action, const std::vector<std::string>& words,
                    const std::vector<std::string>& none_of = {}) {
  const std::string message = test::message_of<InvalidArgument>(action);
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << message << "\nlacks " << word;
  for (const std::string& word : none_of)
    EXPECT_EQ(message.find(word), std::string::npos) << message << "\nshould not say " << word;
}

Tensor floats(const Shape& shape) { return full(shape, 0.5); }

// A cell whose step is whatever the test wants.
using StepFunction = CellStep (*)(const Tensor& x, const std::vector<Tensor>& states);
class AnyCell final : public LayerOf<AnyCell, RNNCell> {
 public:
  AnyCell(std::vector<int64_t> sizes, StepFunction step)
      : LayerOf<AnyCell, RNNCell>("any_cell", true), sizes_(std::move(sizes)), step_(step) {}
  std::string class_name() const override { return "AnyCell"; }
  std::vector<int64_t> state_sizes() const override { return sizes_; }
  CellStep call_step(const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>&,
                     CallContext&) const override {
    return step_(x, states);
  }

 private:
  std::vector<int64_t> sizes_;
  StepFunction step_;
};

void expect_refused(const std::vector<int64_t>& sizes, StepFunction step,
                    const std::vector<std::string>& words) {
  const AnyCell cell(sizes, step);
  for (const int64_t steps : {2, 9}) {  // written out, and as a loop
    for (const bool unroll : {true, false}) {
      expect_message([&] { RNN(cell, {.unroll = unroll})(floats({3, steps, 5})); }, words);
      expect_message(
          [&] {
            Sequential model({Input({steps, 5}), RNN(AnyCell(sizes, step), {.unroll = unroll})});
            model.predict(floats({3, steps, 5}));
          },
          words);
    }
  }
  std::vector<Tensor> inputs = {floats({3, 5})};
  for (const int64_t size : sizes) inputs.push_back(floats({3, size}));
  expect_message([&] { cell.outputs(inputs); }, words);
}

TEST(CustomCells, WithFewerStatesThanTheyNameAreRefused) {
  expect_refused({5, 5},
                 [](const Tensor& x, const std::vector<Tensor>&) {
                   return CellStep{x, {x}};
                 },
                 {"any_cell", "AnyCell", "1 states", "names 2"});
  expect_refused({5},
                 [](const Tensor& x, const std::vector<Tensor>&) {
                   return CellStep{x, {}};
                 },
                 {"0 states", "names 1"});
}

TEST(CustomCells, WithMoreStatesThanTheyNameAreRefused) {
  expect_refused({5},
                 [](const Tensor& x, const std::vector<Tensor>&) {
                   return CellStep{x, {x, x}};
                 },
                 {"any_cell", "2 states", "names 1"});
}

TEST(CustomCells, WithStatesOfAnotherWidthAreRefused) {
  const auto wide = [](const Tensor& x, const std::vector<Tensor>& s) {
    return CellStep{x, {concatenate({s[0], s[0]}, 1)}};
  };
  expect_refused({5}, wide, {"any_cell", "state 0", "(None, 10)", "state_sizes()", "(None, 5)"});
}

TEST(CustomCells, WithStatesOfAnotherRankAreRefused) {
  const auto flat = [](const Tensor& x, const std::vector<Tensor>& s) {
    return CellStep{x, {sum(s[0], {1})}};
  };
  expect_refused({5}, flat, {"any_cell", "state 0", "(None,)", "(None, 5)"});
}

TEST(CustomCells, WithAnOutputOfAnotherWidthAreRefused) {
  const auto wide = [](const Tensor& x, const std::vector<Tensor>& s) {
    return CellStep{concatenate({x, x}, 1), s};
  };
  expect_refused({5}, wide, {"any_cell", "output", "(None, 10)", "output_size()", "(None, 5)"});
}

TEST(CustomCells, WithStatesOfAnotherDtypeAreRefused) {
  const auto integers = [](const Tensor& x, const std::vector<Tensor>& s) {
    return CellStep{x, {cast(s[0], DType::kInt32)}};
  };
  expect_refused({5}, integers, {"any_cell", "state 0", "int32", "float32"});
}

TEST(CustomCells, WithUndefinedStatesAreRefused) {
  expect_refused({5},
                 [](const Tensor& x, const std::vector<Tensor>&) {
                   return CellStep{x, {Tensor()}};
                 },
                 {"any_cell", "undefined", "state 0"});
}

// ---- Layers ----

struct Nothing final : LayerOf<Nothing> {
  Nothing() : LayerOf<Nothing>("nothing", true) {}
  std::string class_name() const override { return "Nothing"; }
};

TEST(CustomLayers, WithoutAComputationAreTold) {
  const std::vector<std::string> words = {"nothing'", "Nothing", "override call()", "forward()"};
  expect_message([] { Nothing()(floats({2, 3})); }, words);
  expect_message([] { Sequential model({Input({3}), Nothing()}); }, words);
}

struct Gives final : LayerOf<Gives> {
  Gives(int named, int given) : LayerOf<Gives>("gives", true), named(named), given(given) {}
  std::string class_name() const override { return "Gives"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override {
    return named < 0 ? LayerOf<Gives>::compute_output_specs(inputs)
                     : TensorSpecs(static_cast<size_t>(named), inputs[0]);
  }
  std::vector<Tensor> forward(const LayerCall& call, CallContext&) const override {
    return std::vector<Tensor>(static_cast<size_t>(given), call.inputs[0]);
  }
  int named, given;
};

TEST(CustomLayers, ThatGiveNothingAreTold) {
  for (const int named : {1, -1}) {
    expect_message([&] { Gives(named, 0)(floats({2, 3})); }, {"'gives'", "no outputs"});
    expect_message(
        [&] {
          Sequential model({Input({3}), Gives(named, 0)});
          model.predict(floats({2, 3}));
        },
        {"gives", "no outputs"});
  }
}

TEST(CustomLayers, ThatGiveAnotherNumberOfOutputsAreTold) {
  for (const int given : {1, 3}) {
    const Gives layer(2, given);
    const std::vector<std::string> words = {"gives", "2 outputs", "gave " + std::to_string(given)};
    for (int time = 0; time < 2; ++time) expect_message([&] { layer.outputs(floats({2, 3})); }, words);
    const Tensor x = Input({3});
    const std::vector<Tensor> drawn = Gives(2, given).outputs(x);
    ASSERT_EQ(drawn.size(), 2u);
    Model model({x}, drawn);
    expect_message([&] { model.predict_outputs(floats({2, 3})); }, words);
  }
}

TEST(CustomLayers, ThatGiveAnUndefinedTensorAreTold) {
  struct Undefined final : LayerOf<Undefined> {
    Undefined() : LayerOf<Undefined>("undefined", true) {}
    std::string class_name() const override { return "Undefined"; }
    Tensor call(const Tensor&, CallContext&) const override { return {}; }
  };
  expect_message([] { Undefined()(floats({2, 3})); }, {"'undefined'", "undefined tensor", "output 0"});
  expect_message([] { Sequential model({Input({3}), Undefined()}); }, {"undefined tensor"});
}

TEST(CustomLayers, OpenExtentsAreNoneInMessages) {
  struct Picky final : LayerOf<Picky> {
    Picky() : LayerOf<Picky>("picky", true) {}
    std::string class_name() const override { return "Picky"; }
    Tensor call(const Tensor& x, CallContext&) const override {
      if (x.shape()[2] != 7) fail("expected 7 features, received shape " + x.shape().str());
      return x;
    }
  };
  const std::vector<std::string> made_up = {"(3", "(5", "9973", "9967", " 3,", " 5,"};
  expect_message([] { Sequential model({Input({-1, 4}), Picky()}); }, {"picky'", "(None, None, 4)"}, made_up);
  expect_message(
      [] {
        const Tensor a = Input({4}), b = Input({6});
        Model({a}, {matmul(a, b)});
      },
      {"None", "4", "6"}, made_up);
  expect_message(
      [] {
        const Tensor a = Input({-1, 4});
        concatenate({a, reshape(a, {-1, 8})}, 0);
      },
      {"None"}, {"9973", "9967"});
}

TEST(CustomLayers, WindowsMayBeWiderThanWhatStandsForOpenExtents) {
  struct Window final : LayerOf<Window> {
    Window() : LayerOf<Window>("window", true) {}
    std::string class_name() const override { return "Window"; }
    Tensor call(const Tensor& x, CallContext&) const override {
      if (x.shape()[1] < 20) fail("wants 20 steps, received shape " + x.shape().str());
      return slice(x, {0, 10}, {x.shape()[0], x.shape()[1]});
    }
  };
  Sequential model({Input({-1, 4}), Window()});
  EXPECT_EQ(model.output_shape(), (Shape{-1, -1, 4}));
  EXPECT_EQ(model.predict(floats({2, 25, 4})).shape(), (Shape{2, 15, 4}));
}

TEST(CustomLayers, ThatForgetToDeclareAWeightAreTold) {
  struct Forgets final : LayerOf<Forgets> {
    Forgets() : LayerOf<Forgets>("forgets", true) {}
    std::string class_name() const override { return "Forgets"; }
    Tensor call(const Tensor& x, CallContext& context) const override { return x * context.value(scale); }
    WeightPtr scale;
  };
  expect_message([] { Forgets()(floats({2, 3})); }, {"weight", "add_weight", "create_weights"});
  expect_message([] { Sequential model({Input({3}), Forgets()}); }, {"add_weight", "create_weights"});
}

TEST(CustomLayers, ThatDeclareAWeightInCallAreTold) {
  struct Late final : LayerOf<Late> {
    Late() : LayerOf<Late>("late", true) {}
    std::string class_name() const override { return "Late"; }
    Tensor call(const Tensor& x, CallContext& context) const override {
      return x * context.value(const_cast<Late&>(*this).add_weight("scale", {1}, "ones"));
    }
  };
  expect_message([] { Late()(floats({2, 3})); }, {"'late'", "'scale'", "create_weights"});
}

}  // namespace
}  // namespace lamina
