// Merging layers, and others that look at masks, against Keras; and what they refuse.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/concatenate.h"
#include "lamina/nn/layers/dot.h"
#include "lamina/nn/layers/merging.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/layer_case.h"

namespace lamina {
namespace {

class MergingGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MergingGolden, ComputesWhatKerasComputes) { test::expect_computes_as_keras(GetParam()); }
TEST_P(MergingGolden, WritesWhatKerasWrites) { test::expect_writes_as_keras(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Keras, MergingGolden, ::testing::ValuesIn(test::layer_cases("attention", false)),
                         test::CaseName());

TEST(MergingGoldenFiles, AreAllThere) { EXPECT_GE(test::layer_cases("attention", false).size(), 30u); }

std::string complaint(const Layer& layer, const Tensors& inputs) {
  try {
    layer(inputs);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "none";
}

TEST(MergingErrors, NameTheShapes) {
  const Tensor a = zeros({2, 3}), b = zeros({2, 4}), c = zeros({3, 3});
  EXPECT_EQ(complaint(Add(), {a, b}),
            "layer 'add' (Add): inputs have incompatible shapes: (None, 3), (None, 4)");
  EXPECT_EQ(complaint(Subtract(), {a, a, a}),
            "layer 'subtract' (Subtract): expected 2 inputs, received 3: (None, 3), (None, 3), (None, 3)");
  EXPECT_EQ(
      complaint(Concatenate(ConcatenateOptions{.axis = 1}), {zeros({2, 3, 4}), zeros({2, 3, 5})}),
      "layer 'concatenate' (Concatenate): inputs must have the same shape but for axis 1, received shapes "
      "(None, 3, 4), (None, 3, 5)");
  EXPECT_EQ(complaint(Concatenate(ConcatenateOptions{.axis = 2}), {a, a}),
            "layer 'concatenate' (Concatenate): axis 2 is no axis of inputs of shapes (None, 3), (None, 3)");
  EXPECT_EQ(
      complaint(Dot(1), {a, b}),
      "layer 'dot' (Dot): inputs must agree on the batch and on axes (1, 1), received shapes (None, 3), "
      "(None, 4)");
  EXPECT_EQ(
      complaint(Dot(0), {a, a}),
      "layer 'dot' (Dot): axes (0, 0) must be axes of the inputs other than the batch's, received shapes "
      "(None, 3), (None, 3)");
}

TEST(MergingErrors, BatchesMustBeOne) {
  const TensorSpecs inputs = {{{2, 3}, DType::kFloat32}, {{3, 3}, DType::kFloat32}};
  try {
    Add().compute_output_specs(inputs);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(),
                 "layer 'add' (Add): inputs must have one batch size, received shapes (2, 3), (3, 3)");
  }
}

TEST(Concatenate, KeepsIntegers) {
  const Concatenate layer;
  const Tensor y = layer(Tensors{zeros({2, 1}, DType::kInt32), ones({2, 2}, DType::kInt32)});
  EXPECT_EQ(y.type().str(), "int32(2, 3)");
}

}  // namespace
}  // namespace lamina
