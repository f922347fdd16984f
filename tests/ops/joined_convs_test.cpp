// Two convolutions in one: a depthwise one with that of single pixels behind it, and two side by side. Beside the plain ones.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/detail/joined_convs.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "tests/support/images.h"
#include "tests/support/op_rows.h"

namespace lamina {
namespace {

using testing::conv_bias_act_of;
using testing::NdArray;
using testing::OpRows;

std::vector<NdArray> joined_of(const std::vector<NdArray>& in) {
  const NdArray x = conv_bias_act_of(in[0], in[1], in[2], "relu", {.strides = {2, 1}, .padding = "same"}),
                y = conv_bias_act_of(in[3], in[4], in[5], "linear", {});
  Shape shape = x.shape;
  shape.set(3, x.shape[3] + y.shape[3]);
  NdArray result(shape);
  for (size_t pixel = 0; pixel < x.data.size() / static_cast<size_t>(x.shape[3]); ++pixel) {
    for (const NdArray* part : {&x, &y}) {
      const auto width = static_cast<size_t>(part->shape[3]), all = static_cast<size_t>(shape[3]);
      for (size_t f = 0; f < width; ++f)
        result.data[pixel * all + (part == &x ? 0 : all - width) + f] = part->data[pixel * width + f];
    }
  }
  return {result};
}

const OpRows rows({{.op = "conv2d_bias_act_pointwise",
                    .attrs = ConvPointwiseAttrs{{.strides = {1, 2}, .padding = "same", .groups = 3}, "relu", "linear"},
                    .inputs = {{.shape = {2, 4, 5, 3}}, {.shape = {3, 3, 1, 3}}, {.shape = {3}}, {.shape = {1, 1, 3, 4}}, {.shape = {4}}},
                    .reference =
                        [](const std::vector<NdArray>& in) {
                          return std::vector{conv_bias_act_of(
                              conv_bias_act_of(in[0], in[1], in[2], "relu", {.strides = {1, 2}, .padding = "same", .groups = 3}), in[3],
                              in[4], "linear", {})};
                        }},
                   {.op = "conv2d_bias_act_concatenate",
                    .attrs = ConvConcatenateAttrs{{.strides = {2, 1}, .padding = "same"}, "relu", {}, "linear"},
                    .inputs = {{.shape = {2, 5, 4, 3}}, {.shape = {3, 3, 3, 2}}, {.shape = {2}},
                               {.shape = {2, 4, 4, 2}}, {.shape = {2, 1, 2, 3}}, {.shape = {3}}},
                    .reference = joined_of}});

Tensor drawn(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> numbers(-1, 1);
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (float& value : values) value = numbers(random);
  return Tensor::from(values, shape).eval();
}

Tensor act(const Tensor& x, bool with_relu) { return with_relu ? relu(x) : x; }

struct Case {
  std::string name;
  std::vector<Shape> shapes;  // of kernel, bias, kernel, bias, image
  std::vector<Tensor> (*block)(const Case& c, const std::vector<Tensor>& a);
  Conv2DAttrs options = {}, second = {};
  bool first_relu = true, second_relu = true;
};

std::vector<Tensor> pointwise(const Case& c, const std::vector<Tensor>& a) {
  const Tensor map = act(add(conv2d(a[4], a[0], c.options), a[1]), c.first_relu);
  return {act(add(conv2d(map, a[2], c.second), a[3]), c.second_relu)};
}

std::vector<Tensor> beside(const Case& c, const std::vector<Tensor>& a) {
  const Tensor x = act(add(conv2d(a[4], a[0], c.options), a[1]), c.first_relu),
               y = act(add(conv2d(a[4], a[2], c.second), a[3]), c.second_relu);
  return {concatenate({x, y}, 3)};
}

std::vector<Tensor> arguments_of(const Case& c) {
  std::vector<Tensor> result;
  for (const Shape& shape : c.shapes) result.push_back(drawn(shape, static_cast<unsigned>(result.size())));
  return result;
}

Step predicting(const Case& c, size_t steady = 4) {
  return Step([c](const std::vector<Tensor>& a) { return c.block(c, a); }, 0, "predict", nullptr, steady);
}

std::vector<Case> pointwise_cases() {
  std::vector<Case> result;
  for (const int64_t channels : {2, 5, 16, 17, 24, 48, 70}) {
    for (const int64_t filters : {1, 8, 33, 64}) {
      for (const char* padding : {"valid", "same", "1,0,0,2"}) {
        for (const int64_t stride : {1, 2}) {
          result.push_back({"conv2d_bias_act_pointwise",
                            {{3, 3, 1, channels}, {channels}, {1, 1, channels, filters}, {filters}, {2, 9, 14, channels}},
                            pointwise,
                            {.strides = {stride, stride}, .padding = padding, .groups = channels},
                            {},
                            stride == 1,
                            channels != 16});
        }
      }
    }
  }
  // Many rows, more than stay in the cache at once, and a row that is more; windows of other sizes.
  for (const Shape& image : {Shape{1, 90, 60, 24}, Shape{1, 5, 700, 16}, Shape{3, 1, 1, 40}}) {
    for (const auto& window : std::vector<std::vector<int64_t>>{{3, 3}, {5, 2}}) {
      result.push_back({"conv2d_bias_act_pointwise",
                        {{window[0], window[1], 1, image[3]}, {image[3]}, {1, 1, image[3], 32}, {32}, image},
                        pointwise,
                        {.padding = "same", .dilations = {1, 2}, .groups = image[3]}});
    }
  }
  return result;
}

std::vector<Case> beside_cases() {
  std::vector<Case> result;
  const auto add_case = [&](const Shape& image, const Shape& kernel, const Shape& second, const Conv2DAttrs& options,
                            const Conv2DAttrs& second_options) {
    result.push_back({"conv2d_bias_act_concatenate",
                      {kernel, {kernel[3]}, second, {second[3]}, image},
                      beside,
                      options,
                      second_options,
                      result.size() % 3 != 0,
                      result.size() % 2 != 0});
  };
  // Fire modules: single pixels beside tiles; filters around the widths of vectors and panels.
  for (const int64_t filters : {8, 13, 32, 48, 70, 128}) {
    for (const int64_t channels : {8, 17, 48})
      add_case({1, 14, 13, channels}, {1, 1, channels, filters}, {3, 3, channels, 40 - filters % 8}, {}, {.padding = "same"});
  }
  add_case({2, 30, 41, 16}, {1, 1, 16, 64}, {3, 3, 16, 64}, {}, {.padding = "same"});
  add_case({2, 29, 27, 16}, {3, 3, 16, 24}, {3, 3, 16, 40}, {.padding = "same"}, {.padding = "same", .dilations = {2, 3}});
  // Windows of all kinds, few channels, margins of all kinds, and results around the images.
  add_case({1, 9, 12, 3}, {3, 5, 3, 20}, {5, 3, 3, 9}, {.padding = "same"}, {.padding = "same"});
  add_case({2, 21, 90, 3}, {3, 3, 3, 20}, {5, 5, 3, 16}, {.strides = {2, 2}, .padding = "same"}, {.strides = {2, 2}, .padding = "same"});
  add_case({1, 7, 8, 20}, {1, 1, 20, 70}, {3, 3, 20, 5}, {.padding = "1,1,1,1"}, {.padding = "2,2,2,2"});
  add_case({3, 5, 7, 260}, {1, 1, 260, 1000}, {3, 3, 260, 300}, {}, {.padding = "same"});
  return result;
}

void expect_equal(const Case& c) {
  SCOPED_TRACE(c.shapes[0].str() + c.shapes[2].str() + c.shapes[4].str() + c.options.padding + " " + c.second.padding);
  const std::vector<Tensor> arguments = arguments_of(c);
  Step step = predicting(c);
  const std::string graph = step.graph({}, arguments);
  EXPECT_NE(graph.find(c.name), std::string::npos) << graph;
  std::vector<Tensor> wide;
  for (const Tensor& each : arguments) wide.push_back(cast(each, DType::kFloat64).eval());
  const std::vector<double> right = c.block(c, wide)[0].to_vector<double>();
  const int threads = num_threads();
  set_num_threads(1);
  const std::vector<float> now = step({}, arguments)[0].to_vector<float>();
  ASSERT_EQ(now.size(), right.size());
  double most = 1;
  for (const double value : right) most = std::max(most, std::abs(value));
  for (size_t i = 0; i < now.size(); ++i) ASSERT_NEAR(now[i], right[i], 4e-6 * most) << i;
  for (const int n : {2, 3, 7}) {
    set_num_threads(n);
    EXPECT_EQ(predicting(c)({}, arguments)[0].to_vector<float>(), now) << n;
  }
  set_num_threads(threads);
  // What an image gives does not depend on those beside it.
  if (c.shapes[4][0] == 1) return;
  std::vector<Tensor> first = arguments;
  first[4] = slice(arguments[4], {0}, {1}).eval();
  const std::vector<float> alone = predicting(c)({}, first)[0].to_vector<float>();
  EXPECT_EQ(alone, std::vector<float>(now.begin(), now.begin() + static_cast<int64_t>(alone.size())));
}

TEST(JoinedConvolutions, OfSinglePixelsGiveWhatTheDefinitionGives) {
  for (const Case& c : pointwise_cases()) expect_equal(c);
}

TEST(JoinedConvolutions, SideBySideGiveWhatTheDefinitionGives) {
  for (const Case& c : beside_cases()) expect_equal(c);
}

// NaN passes activations, and reaches the windows that see it and no others.
TEST(JoinedConvolutions, KeepNotANumberWhereItIs) {
  const Case one{"", {{3, 3, 1, 16}, {16}, {1, 1, 16, 8}, {8}, {1, 12, 12, 16}}, pointwise, {.padding = "same", .groups = 16}};
  const Case two{"", {{1, 1, 16, 16}, {16}, {3, 3, 16, 16}, {16}, {1, 12, 12, 16}}, beside, {}, {.padding = "same"}};
  for (const Case& c : {one, two}) {
    std::vector<Tensor> arguments = arguments_of(c);
    std::vector<float> image = arguments[4].to_vector<float>();
    image[(5 * 12 + 6) * 16 + 3] = std::numeric_limits<float>::quiet_NaN();
    arguments[4] = Tensor::from(image, c.shapes[4]).eval();
    const std::vector<float> y = predicting(c)({}, arguments)[0].to_vector<float>();
    const auto filters = static_cast<int64_t>(y.size()) / 144;
    for (int64_t i = 0; i < 12; ++i) {
      for (int64_t j = 0; j < 12; ++j) {
        const bool sees = std::abs(i - 5) <= 1 && std::abs(j - 6) <= 1;
        EXPECT_EQ(std::isnan(y[static_cast<size_t>((i * 12 + j) * filters + filters - 1)]), sees) << i << " " << j;
      }
    }
  }
}

TEST(JoinedConvolutions, AreOnlyMadeWhereThatPays) {
  const auto made = [](Case c, size_t steady, const std::string& name) {
    return predicting(c, steady).graph({}, arguments_of(c)).find(name) != std::string::npos;
  };
  Case c{"conv2d_bias_act_pointwise", {{3, 3, 1, 16}, {16}, {1, 1, 16, 8}, {8}, {1, 12, 12, 16}}, pointwise, {.padding = "same", .groups = 16}};
  EXPECT_TRUE(made(c, 4, c.name));
  EXPECT_FALSE(made(c, 0, c.name)) << "weights that learn";
  c.second.strides = {2, 2};
  EXPECT_FALSE(made(c, 4, c.name));
  c.second = {.padding = "1,1,0,0"};
  EXPECT_FALSE(made(c, 4, c.name));
  c.second = {};
  c.shapes[2] = {3, 3, 16, 8};
  EXPECT_FALSE(made(c, 4, c.name)) << "more than single pixels";
  Case dense{"conv2d_bias_act_pointwise", {{3, 3, 16, 16}, {16}, {1, 1, 16, 8}, {8}, {1, 12, 12, 16}}, pointwise, {.padding = "same"}};
  EXPECT_FALSE(made(dense, 4, dense.name)) << "filters that read all channels";
  Case pair{"conv2d_bias_act_concatenate", {{1, 1, 16, 16}, {16}, {3, 3, 16, 16}, {16}, {1, 12, 12, 16}}, beside, {}, {.padding = "same"}};
  EXPECT_TRUE(made(pair, 4, pair.name));
  EXPECT_FALSE(made(pair, 0, pair.name)) << "weights that learn";
  pair.shapes[0] = {1, 1, 8, 16};
  pair.options.groups = 2;
  EXPECT_FALSE(made(pair, 4, pair.name)) << "groups";
}

TEST(JoinedConvolutions, SayWhatDoesNotFit) {
  const auto message = [](const std::string& op, const Attrs& attrs, const std::vector<Shape>& shapes) -> std::string {
    std::vector<TensorType> inputs;
    for (const Shape& shape : shapes) inputs.push_back({DType::kFloat32, shape});
    try {
      infer(find_op(op), attrs, inputs);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  const std::string one = "conv2d_bias_act_pointwise", two = "conv2d_bias_act_concatenate";
  const Attrs depthwise = ConvPointwiseAttrs{{.groups = 4}};
  EXPECT_EQ(message(one, depthwise, {{1, 9, 9, 4}, {3, 3, 1, 4}, {4}, {1, 1, 4, 2}, {2}}), "");
  EXPECT_NE(message(one, depthwise, {{1, 9, 9, 4}, {3, 3, 1, 4}, {4}, {1, 3, 4, 2}, {2}}).find("must have one pixel"), std::string::npos);
  EXPECT_NE(message(one, depthwise, {{1, 9, 9, 4}, {3, 3, 1, 4}, {4}, {1, 1, 5, 2}, {2}}).find("channels"), std::string::npos);
  EXPECT_NE(message(one, depthwise, {{1, 9, 9, 4}, {3, 3, 1, 4}, {4}, {1, 1, 4, 2}, {3}}).find("bias must have shape (2,)"), std::string::npos);
  const Attrs plain = ConvConcatenateAttrs{};
  EXPECT_EQ(message(two, plain, {{1, 9, 9, 4}, {3, 3, 4, 4}, {4}, {1, 7, 7, 2}, {1, 1, 2, 5}, {5}}), "");
  EXPECT_NE(message(two, plain, {{1, 9, 9, 4}, {3, 3, 4, 4}, {4}, {1, 8, 7, 2}, {1, 1, 2, 5}, {5}}).find("must differ in their channels only"),
            std::string::npos);
  EXPECT_NE(message(two, plain, {{1, 9, 9, 4}, {3, 3, 4, 4}, {4}, {1, 7, 7, 2}, {1, 1, 2, 5}, {4}}).find("bias must have shape (5,)"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
