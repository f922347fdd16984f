// FLOPs of layers and models against numbers worked out by hand.
#include "lamina/nn/cost.h"

#include <gtest/gtest.h>

#include "lamina/core/flops.h"
#include "lamina/core/trace.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

int64_t flops_of(const std::vector<AnyLayer>& layers, size_t layer) {
  const Sequential model(layers);
  return layer_cost(*model.layers()[layer]).flops.value();
}

TEST(Cost, OfDenseAndConvolutions) {
  // 5 units of 7 inputs: a multiply-add each, then the bias, then relu.
  EXPECT_EQ(flops_of({Input({7}), Dense(5, {.activation = "relu"})}, 0), 5 * 7 * 2 + 5 + 5);
  EXPECT_EQ(flops_of({Input({7}), Dense(5, {.use_bias = false})}, 0), 5 * 7 * 2);
  // The same for each of 3 steps.
  EXPECT_EQ(flops_of({Input({3, 7}), Dense(5)}, 0), 3 * (5 * 7 * 2 + 5));
  // 26 x 26 places, 32 filters of 3 x 3 x 2.
  EXPECT_EQ(flops_of({Input({28, 28, 2}), Conv2D(32, {3, 3})}, 0), 26 * 26 * 32 * (3 * 3 * 2 * 2 + 1));
  EXPECT_EQ(flops_of({Input({28, 28, 2}), Conv2D(32, {3, 3}, {.strides = {2, 2}, .padding = "same"})}, 0),
            14 * 14 * 32 * (3 * 3 * 2 * 2 + 1));
  // Groups: every filter sees half of the channels.
  EXPECT_EQ(flops_of({Input({8, 8, 4}), Conv2D(6, {3, 3}, {.groups = 2, .use_bias = false})}, 0),
            6 * 6 * 6 * 3 * 3 * 2 * 2);
  EXPECT_EQ(flops_of({Input({8, 8, 4}), MaxPooling2D({2, 2})}, 0), 4 * 4 * 4 * 4);
}

TEST(Cost, OfRecurrentLayersGrowsWithTheSteps) {
  const auto cost = [](int64_t steps, auto layer) { return flops_of({Input({steps, 4}), layer}, 0); };
  // A step of LSTM(8): (4 + 8) inputs to 4 gates of 8, the bias, the sum of both products; 3 sigmoids and 2
  // tanh of 8, f c + i g and o tanh(c): 4 of 8.
  const int64_t step = 2 * (4 + 8) * 32 + 32 + 32 + 5 * 8 + 4 * 8;
  EXPECT_EQ(cost(10, LSTM(8)), 10 * step);
  EXPECT_EQ(cost(200, LSTM(8)), 200 * step);
  // SimpleRNN(8): the same with one gate, and a tanh.
  EXPECT_EQ(cost(10, SimpleRNN(8)), 10 * (2 * (4 + 8) * 8 + 8 + 8 + 8));
}

TEST(Cost, OfWhatOnlyMovesAndOfWhatOnlyTrains) {
  EXPECT_EQ(flops_of({Input({4, 4, 3}), Flatten(), Dense(1)}, 0), 0);
  EXPECT_EQ(flops_of({Input({4, 4, 3}), Dropout(0.5), Flatten()}, 0), 0);
  EXPECT_EQ(flops_of({Input({6}, {.dtype = DType::kInt32}), Embedding(100, 16)}, 0), 0);
}

TEST(Cost, OfModelsCountsEveryCall) {
  const Sequential model({Input({7}), Dense(5, {.activation = "relu"}), Dense(3)});
  EXPECT_EQ(layer_cost(model).flops.value(), 5 * 7 * 2 + 10 + 3 * 5 * 2 + 3);
  EXPECT_EQ(layer_cost(model).parameters, 7 * 5 + 5 + 5 * 3 + 3);
  const Tensor x = Input({4});
  const Dense twice(4, {.use_bias = false});
  EXPECT_EQ(layer_cost(Model({x}, {twice(twice(x))})).flops.value(), 2 * 4 * 4 * 2);
}

TEST(Cost, OfAttentionHasASquare) {
  const auto cost = [](int64_t steps) {
    const Tensor x = Input({steps, 8});
    return layer_cost(Model({x}, {MultiHeadAttention(1, 8, {.use_bias = false})({x, x})})).flops.value();
  };
  // Four projections, linear in the steps; the products of all pairs, twice, and softmax and scale, are not.
  const int64_t t = 16;
  const int64_t linear = 4 * t * 8 * 8 * 2, pairs = cost(t) - linear;
  EXPECT_GE(pairs, 2 * t * t * 8 * 2);
  EXPECT_LE(pairs, 2 * t * t * 8 * 2 + 8 * t * t + 2 * t * 8);
}

TEST(Cost, IsUnknownForOpenExtents) {
  const Sequential model({Input({-1, 4}), LSTM(8)});
  EXPECT_FALSE(layer_cost(*model.layers()[0]).flops.has_value());
  EXPECT_THROW(layer_cost(Dense(3)), InvalidArgument);
}

TEST(Flops, OfLoopsAndChoices) {
  const Tensor matrix = detail::placeholder({DType::kFloat32, {4, 4}}, current_device());
  const auto step = [](const std::vector<Tensor>& carry, const std::vector<Tensor>&) -> ScanResult {
    return {{matmul(carry[0], carry[0])}, {}};
  };
  const auto count = [&](const std::vector<Tensor>& results) {
    return detail::flops(detail::trace(results, std::vector<Tensor>{matrix}).graph);
  };
  EXPECT_EQ(count(scan(step, {matrix}, {}, {.length = 5}).carry), 5 * 4 * 4 * 4 * 2);
  const auto once = [](const std::vector<Tensor>& all) {
    return std::vector<Tensor>{matmul(all[0], all[0])};
  };
  const auto none = [](const std::vector<Tensor>& all) { return all; };
  const Tensor yes = full({}, 1, DType::kBool);
  EXPECT_EQ(count(cond(yes, once, none, {matrix})), 4 * 4 * 4 * 2);
  const auto go_on = [](const std::vector<Tensor>&) { return full({}, 1, DType::kBool); };
  EXPECT_EQ(count({while_loop(go_on, once, {matrix}, {.max_iterations = 3})}), 3 * 4 * 4 * 4 * 2);
  const std::string message =
      test::message_of<Unsupported>([&] { count({while_loop(go_on, once, {matrix})}); });
  EXPECT_NE(message.find("without .max_iterations"), std::string::npos) << message;
}

TEST(Flops, AreRefusedWhereAnOpDoesNotSayThem) {
  static const Op& silent =
      register_op({.name = "test.silent",
                   .doc = "x",
                   .inputs = {{"x"}},
                   .outputs = {"y"},
                   .infer = [](const InferArgs& args) -> std::vector<TensorType> { return {args.inputs[0]}; },
                   .no_gradient = "a test"});
  const std::vector<TensorType> types = {{DType::kFloat32, {2}}};
  const std::string message = test::message_of<Unsupported>([&] { detail::flops(silent, {}, types); });
  EXPECT_NE(message.find("'test.silent' does not say what it costs"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
