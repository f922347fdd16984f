// Merging layers, and others that look at masks, against Keras; and what they refuse.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/nn/layers/concatenate.h"
#include "lamina/nn/layers/dot.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/layers/merging.h"
#include "lamina/nn/model.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
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

// A row of zeros has no direction; what leads to it learns nothing, and is not lost to NaN.
TEST(Merging, NormalizedDotOfZerosHasGradients) {
  const auto loss = [](const std::vector<Tensor>& a) {
    return sum(Dot(1, {.normalize = true})(Tensors{a[0], a[1]}));
  };
  const Tensor b = Tensor::from<float>({{3, 4}, {3, 4}});
  EXPECT_EQ(grad(loss)({zeros({2, 2}), zeros({2, 2})})[0].to_vector<float>(),
            (std::vector<float>{0, 0, 0, 0}));
  const std::vector<float> of_zeros =
      grad(loss)({Tensor::from<float>({{0, 0}, {4, 3}}), b})[0].to_vector<float>();
  for (const float element : of_zeros) EXPECT_TRUE(std::isfinite(element));
  EXPECT_NEAR(of_zeros[2], (0.6 - 0.8 * 0.96) / 5, 1e-6);
  EXPECT_NEAR(of_zeros[3], (0.8 - 0.6 * 0.96) / 5, 1e-6);
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

// What Keras 3.15.1 with TensorFlow gives for int32 inputs, with the default policy: float32 has no 2^24 + 1.
TEST(Merging, KeepsIntegersAboveTwoToThe24) {
  const int64_t large = (int64_t{1} << 24) + 1;
  for (const DType dtype : {DType::kInt32, DType::kInt64}) {
    const Tensor a = cast(Tensor::from(std::vector<int64_t>{large, 3}, {1, 2}), dtype);
    const Tensor b = cast(Tensor::from(std::vector<int64_t>{2, 1}, {1, 2}), dtype);
    const auto expect = [&](const Layer& layer, const std::vector<int64_t>& expected) {
      const Tensor x = Input({2}, {.dtype = dtype}), y = Input({2}, {.dtype = dtype});
      const Tensor symbolic = layer(Tensors{x, y});
      EXPECT_EQ(symbolic.dtype(), dtype) << layer.class_name();
      const Tensor merged = layer(Tensors{a, b});
      EXPECT_EQ(merged.dtype(), dtype) << layer.class_name();
      EXPECT_EQ(merged.to_vector<int64_t>(), expected) << layer.class_name();
      const Tensor predicted = Model({x, y}, {symbolic}).predict_on_batch({a, b});
      EXPECT_EQ(predicted.dtype(), dtype) << layer.class_name();
      EXPECT_EQ(predicted.to_vector<int64_t>(), expected) << layer.class_name();
    };
    expect(Add(), {large + 2, 4});
    expect(Subtract(), {large - 2, 2});
    expect(Multiply(), {large * 2, 3});
    expect(Maximum(), {large, 3});
    expect(Minimum(), {2, 1});
    expect(Concatenate(), {large, 3, 2, 1});
    expect(Dot(1), {2 * large + 3});
    const Tensor mean = Average()(Tensors{a, b});
    EXPECT_EQ(mean.dtype(), DType::kFloat64);
    EXPECT_EQ(mean.to_vector<double>(), (std::vector<double>{8388609.5, 2.0}));
  }
}

TEST(Merging, DtypesOfIntegersAreKeras) {
  const auto of = [](DType dtype) { return full({1, 2}, 3, dtype); };
  const auto merged = [&](const Layer& layer, DType a, DType b) {
    return layer(Tensors{of(a), of(b)}).dtype();
  };
  EXPECT_EQ(merged(Add(), DType::kInt32, DType::kInt64), DType::kInt64);
  EXPECT_EQ(merged(Multiply(), DType::kUInt8, DType::kInt32), DType::kInt32);
  EXPECT_EQ(merged(Subtract(), DType::kUInt8, DType::kUInt8), DType::kUInt8);
  EXPECT_EQ(merged(Maximum(), DType::kInt32, DType::kFloat32), DType::kFloat32);
  EXPECT_EQ(merged(Average(), DType::kUInt8, DType::kUInt8), DType::kFloat32);
  EXPECT_EQ(merged(Average(), DType::kUInt8, DType::kInt32), DType::kFloat64);
  EXPECT_EQ(merged(Average(), DType::kInt32, DType::kFloat32), DType::kFloat32);
  EXPECT_EQ(merged(Dot(1), DType::kInt32, DType::kFloat32), DType::kFloat32);
  EXPECT_EQ(merged(Dot(1, {.normalize = true}), DType::kInt32, DType::kInt32), DType::kFloat32);
  EXPECT_EQ(merged(Add(), DType::kBool, DType::kBool), DType::kFloat32);
}

TEST(Concatenate, KeepsIntegers) {
  const Concatenate layer;
  const Tensor y = layer(Tensors{zeros({2, 1}, DType::kInt32), ones({2, 2}, DType::kInt32)});
  EXPECT_EQ(y.type().str(), "int32(2, 3)");
}

}  // namespace
}  // namespace lamina
