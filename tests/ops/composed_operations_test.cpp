// Operations of graphs that other ops make up, where the golden graphs do not look: edges of numbers, and
// arguments that they refuse.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"

namespace lamina {
namespace {

using Floats = std::vector<float>;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

OperationCall call_of(const char* class_name, std::vector<OperationArgument> args,
                      Json config = Json::object()) {
  return {class_name, std::move(config), std::move(args)};
}

Tensor run(const OperationCall& call) { return find_operation(call.class_name)->run(call); }
std::vector<Tensor> run_all(const OperationCall& call) {
  return find_operation(call.class_name)->run_all(call);
}

TEST(ComposedOperations, HypotNeitherOverflowsNorDividesByZero) {
  const Tensor x = Tensor::from<float>({3e30f, 0, -kInf, kInf, 3e-30f}),
               y = Tensor::from<float>({4e30f, 0, 1, kInf, 4e-30f});
  EXPECT_EQ(run(call_of("Hypot", {x, y})).to_vector<float>(), (Floats{5e30f, 0, kInf, kInf, 5e-30f}));
  const auto loss = [](const std::vector<Tensor>& in) { return sum(run(call_of("Hypot", {in[0], in[1]}))); };
  const auto gradients = grad(loss)({Tensor::from<float>({3, 0}), Tensor::from<float>({4, 0})});
  EXPECT_EQ(gradients[0].to_vector<float>(), (Floats{0.6f, 0}));
}

TEST(ComposedOperations, Logaddexp2OfInfinities) {
  const Tensor x = Tensor::from<float>({-kInf, kInf, kNaN, 1}), y = Tensor::from<float>({-kInf, kInf, 1, 1});
  const auto z = run(call_of("Logaddexp2", {x, y})).to_vector<float>();
  EXPECT_EQ(z[0], -kInf);
  EXPECT_EQ(z[1], kInf);
  EXPECT_TRUE(std::isnan(z[2]));
  EXPECT_EQ(z[3], 2);
}

TEST(ComposedOperations, SignbitTellsTheZeros) {
  const Tensor x = Tensor::from<float>({0, -0.0f, -1, kInf, -kInf, 1e-30f});
  EXPECT_EQ(cast(run(call_of("Signbit", {x})), DType::kInt32).to_vector<int32_t>(),
            (std::vector<int32_t>{0, 1, 1, 0, 1, 0}));
}

TEST(ComposedOperations, SaturateCastKeepsToTheRange) {
  const Tensor x = Tensor::from<float>({-kInf, -1e10f, -1, 3e9f, 1e30f, kInf});
  const auto as = [&](const char* dtype) {
    return run(call_of("SaturateCast", {x}, Json::object({{"dtype", dtype}})));
  };
  EXPECT_EQ(as("uint8").to_vector<uint8_t>(), (std::vector<uint8_t>{0, 0, 0, 255, 255, 255}));
  EXPECT_EQ(as("int32").to_vector<int32_t>(),
            (std::vector<int32_t>{-2147483647 - 1, -2147483647 - 1, -1, 2147483520, 2147483520, 2147483520}));
  EXPECT_EQ(as("int64").to_vector<int64_t>().back(), 9223371487098961920);
  EXPECT_EQ(as("float16").to_vector<Float16>().size(), 6u);
}

TEST(ComposedOperations, StopGradientStopsIt) {
  const auto loss = [](const std::vector<Tensor>& in) {
    return sum(in[0] * run(call_of("StopGradient", {in[0]})));
  };
  EXPECT_EQ(grad(loss)({Tensor::from<float>({3, 4})})[0].to_vector<float>(), (Floats{3, 4}));
}

TEST(ComposedOperations, NanPlacesOfNothingButNaN) {
  const Tensor x = Tensor::from(Floats{kNaN, kNaN, 2, kNaN}, {2, 2});
  EXPECT_EQ(run(call_of("Nanargmax", {x}, Json::object({{"axis", 1}}))).to_vector<int32_t>(),
            (std::vector<int32_t>{-1, 0}));
}

TEST(ComposedOperations, RefuseWhatDoesNotFit) {
  const Tensor x = zeros({2, 5}), row = zeros({5});
  const auto with = [](const char* key, Json value) { return Json::object({{key, std::move(value)}}); };
  EXPECT_THROW(run_all(call_of("Unstack", {x}, with("num", 3))), InvalidArgument);
  EXPECT_THROW(run_all(call_of("Unstack", {x}, with("axis", 2))), InvalidArgument);
  EXPECT_THROW(run_all(call_of("ArraySplit", {x}, with("indices_or_sections", 0))), InvalidArgument);
  EXPECT_THROW(run_all(call_of("Dsplit", {x}, with("indices_or_sections", 2))), InvalidArgument);
  EXPECT_THROW(
      run_all(call_of("UnravelIndex", {zeros({2}, DType::kInt32)}, with("shape", Json::list({2, 0})))),
      InvalidArgument);
  EXPECT_THROW(run(call_of("Select", {std::vector{x}, std::vector{x, x}, Json(0)})), InvalidArgument);
  EXPECT_THROW(run(call_of("Correlate", {row, zeros({0})})), InvalidArgument);
  EXPECT_THROW(run(call_of("Correlate", {row, row}, with("mode", "whole"))), InvalidArgument);
  EXPECT_THROW(run(call_of("Vander", {x})), InvalidArgument);
  EXPECT_THROW(run(call_of("CDist", {row, x})), InvalidArgument);
  EXPECT_THROW(run(call_of("Corrcoef", {row})), InvalidArgument);
  EXPECT_THROW(run(call_of("BroadcastTo", {x}, with("shape", Json::list({3, 5})))), InvalidArgument);
  const Tensor images = zeros({1, 4, 4, 3});
  EXPECT_THROW(run(call_of("MaxPool", {images}, with("pool_size", Json::list({2, 2, 2})))), InvalidArgument);
  EXPECT_THROW(run(call_of("MaxPool", {row}, with("pool_size", 2))), Unsupported);
  EXPECT_THROW(run(call_of("Conv", {images, zeros({2, 2, 2, 5})})), InvalidArgument);
  EXPECT_THROW(run(call_of("Conv", {images, zeros({2, 2, 3, 5})}, with("data_format", "channels_first"))),
               Unsupported);
  EXPECT_THROW(run(call_of("BatchNorm", {images, zeros({4}), ones({4})})), InvalidArgument);
  EXPECT_THROW(run(call_of("LayerNorm", {images}, with("axis", 1))), Unsupported);
  EXPECT_THROW(run(call_of("LayerNorm", {images}, with("axis", 4))), InvalidArgument);
  EXPECT_THROW(run(call_of("SpaceToDepth", {images}, with("block_size", 3))), InvalidArgument);
  EXPECT_THROW(run(call_of("DepthToSpace", {images}, with("block_size", 2))), InvalidArgument);
  EXPECT_THROW(run(call_of("PSNR", {row, row}, with("max_val", 0))), InvalidArgument);
  EXPECT_THROW(run(call_of("CategoricalCrossentropy", {x, x}, with("axis", 0))), Unsupported);
  EXPECT_THROW(run(call_of("Trapezoid", {x}, with("x", Json::list({1, 2})))), Unsupported);
}

}  // namespace
}  // namespace lamina
