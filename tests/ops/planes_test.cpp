// First layers that read images with their channels apart: beside the same images put in order first.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/graph/contraction.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "tests/support/op_rows.h"

namespace lamina {
namespace {

using testing::NdArray;
using testing::OpRows;

// By the definition, with windows that lie inside; pooled by 3 by 2 windows with strides of 2 and 1, or not at all.
std::vector<NdArray> by_definition(const std::vector<NdArray>& in, int64_t stride, bool pools) {
  const Shape &x = in[0].shape, &k = in[1].shape;
  NdArray map(Shape{x[0], (x[2] - k[0]) / stride + 1, (x[3] - k[1]) / stride + 1, k[3]});
  for (int64_t n = 0; n < x[0]; ++n)
    for (int64_t i = 0; i < map.shape[1]; ++i)
      for (int64_t j = 0; j < map.shape[2]; ++j)
        for (int64_t f = 0; f < k[3]; ++f) {
          double sum = in[2].data[static_cast<size_t>(f)];
          for (int64_t a = 0; a < k[0]; ++a)
            for (int64_t b = 0; b < k[1]; ++b)
              for (int64_t c = 0; c < k[2]; ++c)
                sum += in[0].at({n, c, i * stride + a, j * stride + b}) * in[1].at({a, b, c, f});
          map.at({n, i, j, f}) = sum;
        }
  if (!pools) return {map};
  NdArray pooled(Shape{x[0], (map.shape[1] - 3) / 2 + 1, map.shape[2] - 1, k[3]}, -1e300);
  for (int64_t n = 0; n < x[0]; ++n)
    for (int64_t i = 0; i < pooled.shape[1]; ++i)
      for (int64_t j = 0; j < pooled.shape[2]; ++j)
        for (int64_t f = 0; f < k[3]; ++f)
          for (int64_t a = 0; a < 3; ++a)
            for (int64_t b = 0; b < 2; ++b)
              pooled.at({n, i, j, f}) = std::max(pooled.at({n, i, j, f}), map.at({n, 2 * i + a, j + b, f}));
  return {pooled};
}

const OpRows rows({{.op = "conv2d_bias_act_planes",
                    .attrs = Conv2DBiasActAttrs{.conv = {.strides = {2, 2}}},
                    .inputs = {{.shape = {2, 3, 7, 6}}, {.shape = {3, 2, 3, 4}}, {.shape = {4}}},
                    .reference = [](const std::vector<NdArray>& in) { return by_definition(in, 2, false); }},
                   {.op = "conv2d_bias_act_max_pool2d_planes",
                    .attrs = ConvPoolAttrs{.window = {.pool = {3, 2}, .strides = {2, 1}}},
                    .inputs = {{.shape = {1, 2, 6, 5}, .distinct = true}, {.shape = {2, 2, 2, 3}, .distinct = true}, {.shape = {3}}},
                    .reference = [](const std::vector<NdArray>& in) { return by_definition(in, 1, true); }}});

Tensor drawn(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> numbers(-1, 1);
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (float& value : values) value = numbers(random);
  return Tensor::from(values, shape).eval();
}

struct Case {
  Shape planes, kernel;
  Conv2DAttrs options;
  bool pools = false;
};

std::vector<Tensor> block(const Case& c, const std::vector<Tensor>& a) {
  const Tensor map = relu(add(conv2d(transpose(a[2], {0, 2, 3, 1}), a[0], c.options), a[1]));
  return {c.pools ? max_pool2d(map, {3, 3}, {2, 2}, "same") : map};
}

Step predicting(const Case& c) {
  return Step([c](const std::vector<Tensor>& a) { return block(c, a); }, 0, "predict", nullptr, 2);
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const bool pools : {false, true}) {
    for (const int64_t channels : {2, 3, 4}) {
      for (const char* padding : {"valid", "same", "1,0,0,2", "3,3,3,3"}) {
        result.push_back({{2, channels, 21, 30}, {3, 3, channels, 16}, {.strides = {2, 2}, .padding = padding}, pools});
        result.push_back({{1, channels, 40, 9}, {5, 2, channels, 70}, {.padding = padding, .dilations = {2, 1}}, pools});
      }
    }
    result.push_back({{1, 3, 140, 150}, {3, 3, 3, 24}, {.strides = {2, 2}, .padding = "same"}, pools});
    result.push_back({{3, 3, 5, 3}, {5, 3, 3, 8}, {.padding = "same"}, pools});
  }
  return result;
}

TEST(Planes, GiveWhatImagesInOrderGive) {
  const int threads = num_threads();
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.planes.str() + c.kernel.str() + c.options.padding + (c.pools ? " pooled" : ""));
    const std::vector<Tensor> arguments{drawn(c.kernel, 1), drawn({c.kernel[3]}, 2), drawn(c.planes, 3)};
    Step step = predicting(c);
    const std::string graph = step.graph({}, arguments);
    EXPECT_NE(graph.find("_planes"), std::string::npos) << graph;
    EXPECT_EQ(graph.find("transpose"), std::string::npos) << graph;
    std::vector<Tensor> wide;
    for (const Tensor& each : arguments) wide.push_back(cast(each, DType::kFloat64).eval());
    const std::vector<double> right = block(c, wide)[0].to_vector<double>();
    set_num_threads(1);
    const std::vector<float> now = step({}, arguments)[0].to_vector<float>();
    ASSERT_EQ(now.size(), right.size());
    for (size_t i = 0; i < now.size(); ++i) ASSERT_NEAR(now[i], right[i], 1e-4) << i;
    for (const int n : {2, 3}) {
      set_num_threads(n);
      EXPECT_EQ(predicting(c)({}, arguments)[0].to_vector<float>(), now) << n;
    }
    set_num_threads(threads);
  }
}

TEST(Planes, AreOnlyReadWhereThatPays) {
  const auto graph_of = [](const Case& c, size_t steady) {
    Step step([c](const std::vector<Tensor>& a) { return block(c, a); }, 0, "any", nullptr, steady);
    return step.graph({}, std::vector<Tensor>{drawn(c.kernel, 1), drawn({c.kernel[3]}, 2), drawn(c.planes, 3)});
  };
  const Case three{{1, 3, 20, 20}, {3, 3, 3, 8}, {.strides = {2, 2}}};
  EXPECT_NE(graph_of(three, 2).find("_planes"), std::string::npos);
  EXPECT_EQ(graph_of(three, 0).find("_planes"), std::string::npos) << "weights that learn";
  for (const int64_t channels : {1, 5, 8})
    EXPECT_EQ(graph_of({{1, channels, 20, 20}, {3, 3, channels, 8}, {}}, 2).find("_planes"), std::string::npos) << channels;
}

TEST(Planes, SayWhatDoesNotFit) {
  const auto message = [](const std::vector<TensorType>& inputs) -> std::string {
    try {
      infer(find_op("conv2d_bias_act_planes"), Conv2DBiasActAttrs{}, inputs);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  const auto f32 = [](const Shape& shape) { return TensorType{DType::kFloat32, shape}; };
  EXPECT_EQ(message({f32({1, 3, 9, 9}), f32({3, 3, 3, 4}), f32({4})}), "");
  EXPECT_NE(message({f32({3, 9, 9}), f32({3, 3, 3, 4}), f32({4})}).find("(batch, channels, height, width)"), std::string::npos);
  EXPECT_NE(message({f32({1, 9, 9, 3}), f32({3, 3, 3, 4}), f32({4})}).find("channels"), std::string::npos);
  EXPECT_NE(message({f32({1, 3, 9, 9}), f32({3, 3, 3, 4}), f32({5})}).find("bias must have shape (4,)"), std::string::npos);
}

}  // namespace
}  // namespace lamina
