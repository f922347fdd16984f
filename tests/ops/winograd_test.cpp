// Convolutions by Winograd's algorithm beside the definition: every way in which tiles may lie, and what they must not change.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
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
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "tests/support/op_rows.h"

namespace lamina {
namespace {

using testing::NdArray;
using testing::OpRow;
using testing::OpRows;
using testing::OpWithoutRows;

constexpr const char* kName = "conv2d_bias_act_winograd";

// The polynomial of three numbers at the points, over the products of the points' differences.
std::vector<double> at_points(double g0, double g1, double g2) {
  std::vector<double> values;
  const std::vector<double> points{0, 0.75, -0.75, 1.5, -1.5};
  for (const double x : points) {
    double product = 1;
    for (const double other : points) product *= other == x ? 1 : x - other;
    values.push_back((g0 + g1 * x + g2 * x * x) / product);
  }
  values.push_back(g2);
  return values;
}

std::vector<NdArray> points_of(const std::vector<NdArray>& in) {
  const Shape& kernel = in[0].shape;
  const int64_t channels = kernel[2], filters = kernel[3];
  NdArray result{{36, channels, filters}, std::vector<double>(static_cast<size_t>(36 * channels * filters))};
  const auto of = [&](int64_t i, int64_t j, int64_t c, int64_t f) {
    return in[0].data[static_cast<size_t>(((i * 3 + j) * channels + c) * filters + f)];
  };
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t f = 0; f < filters; ++f) {
      std::vector<std::vector<double>> half;
      for (int64_t j = 0; j < 3; ++j) half.push_back(at_points(of(0, j, c, f), of(1, j, c, f), of(2, j, c, f)));
      for (size_t i = 0; i < 6; ++i) {
        const std::vector<double> line = at_points(half[0][i], half[1][i], half[2][i]);
        // Panels of 32 filters, the last of which may be narrower.
        const int64_t panel = f / 32 * 32, width = std::min<int64_t>(32, filters - panel);
        for (size_t j = 0; j < 6; ++j)
          result.data[static_cast<size_t>(panel * 36 * channels +
                                            (static_cast<int64_t>(i * 6 + j) * channels + c) * width + f - panel)] = line[j];
      }
    }
  }
  return {result};
}

const OpRows rows({{.op = "winograd_kernel",
                    .inputs = {{.shape = {3, 3, 5, 7}}},
                    .dtypes = {DType::kFloat32},
                    .reference = points_of,
                    .gradient = false},
                   {.op = "winograd_kernel",
                    .label = "panels",
                    .inputs = {{.shape = {3, 3, 2, 70}}},
                    .dtypes = {DType::kFloat32},
                    .reference = points_of,
                    .gradient = false}});
const OpWithoutRows without(kName, "its points follow from its kernel: tests/ops/winograd_test.cpp");

Tensor drawn(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> numbers(-1, 1);
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (float& value : values) value = numbers(random);
  return Tensor::from(values, shape).eval();
}

struct Case {
  Shape image;
  int64_t filters;
  std::string padding = "same";
  bool with_relu = true;
};

Tensor block(const Case& c, const std::vector<Tensor>& a) {
  const Tensor y = add(conv2d(a[2], a[0], {.padding = c.padding}), a[1]);
  return c.with_relu ? relu(y) : y;
}

Step predicting(const Case& c) {
  return Step([c](const std::vector<Tensor>& a) { return std::vector{block(c, a)}; }, 0, "predict", nullptr, 2);
}

std::vector<Tensor> arguments_of(const Case& c) {
  return {drawn({3, 3, c.image[3], c.filters}, 1), drawn({c.filters}, 2), drawn(c.image, 3)};
}

bool by_tiles(const Case& c, const std::vector<Tensor>& arguments) {
  return predicting(c).graph({}, arguments).find(kName) != std::string::npos;
}

std::vector<float> predicted(const Case& c, const std::vector<Tensor>& arguments) {
  return predicting(c)({}, arguments)[0].to_vector<float>();
}

std::vector<Case> cases() {
  std::vector<Case> result;
  // Channels and filters around the widths of vectors and panels.
  for (const int64_t filters : {8, 9, 15, 16, 17, 31, 32, 33, 40, 48, 64, 70, 100})
    result.push_back({{1, 13, 14, 12}, filters});
  for (const int64_t channels : {8, 9, 11, 16, 17, 30, 32, 40, 65}) result.push_back({{1, 14, 13, channels}, 24});
  // Images of every size around that of tiles, few and many of them, paddings of all kinds.
  for (int64_t height = 8; height <= 13; ++height) result.push_back({{2, height, 21 - height + 8, 16}, 16});
  for (const char* padding : {"valid", "1,0,0,2", "0,3,4,0", "5,5,5,5", "6,0,0,7"}) {
    result.push_back({{2, 17, 19, 10}, 20, padding});
    result.push_back({{1, 30, 41, 8}, 12, padding, false});
  }
  result.push_back({{5, 16, 16, 16}, 40, "same", false});
  return result;
}

TEST(Winograd, GivesWhatTheDefinitionGives) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.str() + " " + std::to_string(c.filters) + " " + c.padding);
    const std::vector<Tensor> arguments = arguments_of(c);
    ASSERT_TRUE(by_tiles(c, arguments));
    std::vector<Tensor> wide;
    for (const Tensor& each : arguments) wide.push_back(cast(each, DType::kFloat64).eval());
    const std::vector<double> right = block(c, wide).to_vector<double>();
    const std::vector<float> now = predicted(c, arguments);
    ASSERT_EQ(now.size(), right.size());
    double most = 0, error = 0;
    for (size_t i = 0; i < now.size(); ++i) {
      most = std::max(most, std::abs(right[i]));
      error = std::max(error, std::abs(static_cast<double>(now[i]) - right[i]));
    }
    EXPECT_LT(error, 4e-6 * most);
  }
}

TEST(Winograd, GivesTheSameBitsWithAnyNumberOfThreadsAndInAnyBatch) {
  const int threads = num_threads();
  for (const Case& c : {Case{{3, 14, 14, 20}, 72}, Case{{3, 29, 45, 16}, 24}}) {
    const std::vector<Tensor> arguments = arguments_of(c);
    set_num_threads(1);
    const std::vector<float> all = predicted(c, arguments);
    for (const int n : {2, 3, 7}) {
      set_num_threads(n);
      EXPECT_EQ(predicted(c, arguments), all) << n;
    }
    const auto size = static_cast<int64_t>(all.size()) / 3;
    for (int64_t i = 0; i < 3; ++i) {
      std::vector<Tensor> one = arguments;
      one[2] = slice(arguments[2], {i}, {i + 1}).eval();
      EXPECT_EQ(predicted(c, one), std::vector<float>(all.begin() + i * size, all.begin() + (i + 1) * size)) << i;
    }
  }
  set_num_threads(threads);
}

// What is not finite, and what is too large for the points, reaches the windows that see it and no others of the tile.
TEST(Winograd, KeepsNotANumberWhereItIs) {
  const Case c{{1, 16, 16, 16}, 16};
  std::vector<Tensor> arguments = arguments_of(c);
  const std::vector<float> plain = predicted(c, arguments);
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(), 2e38f}) {
    std::vector<float> image = arguments[2].to_vector<float>();
    image[(5 * 16 + 6) * 16 + 3] = value;
    std::vector<Tensor> spoilt = arguments;
    spoilt[2] = Tensor::from(image, c.image).eval();
    ASSERT_TRUE(by_tiles(c, spoilt));
    const std::vector<float> y = predicted(c, spoilt);
    Step apart([&](const std::vector<Tensor>& a) { return std::vector{block(c, a)}; }, 0, "learn");
    const std::vector<float> right = apart({}, spoilt)[0].to_vector<float>();
    for (int64_t i = 0; i < 16; ++i) {
      for (int64_t j = 0; j < 16; ++j) {
        const bool sees = std::abs(i - 5) <= 1 && std::abs(j - 6) <= 1;
        for (int64_t f = 0; f < 16; ++f) {
          const auto at = static_cast<size_t>((i * 16 + j) * 16 + f);
          if (!sees)
            ASSERT_NEAR(y[at], plain[at], 1e-5) << value << " " << i << " " << j;
          else if (std::isfinite(right[at]))
            ASSERT_NEAR(y[at], right[at], 1e-5 * std::abs(right[at]) + 1e-5) << value << " " << i << " " << j;
          else
            ASSERT_TRUE(std::isnan(y[at]) == std::isnan(right[at]) && !std::isfinite(y[at])) << value;
        }
      }
    }
  }
}

TEST(Winograd, LeavesWhatItIsNotFor) {
  const Case c{{1, 16, 16, 16}, 16};
  const std::vector<Tensor> arguments = arguments_of(c);
  ASSERT_TRUE(by_tiles(c, arguments));
  // Weights that learn.
  Step learning([&](const std::vector<Tensor>& a) { return std::vector{block(c, a)}; }, 0, "learn");
  EXPECT_EQ(learning.graph({}, arguments).find(kName), std::string::npos);
  // Small images, few channels and filters, too many weights.
  for (const Case& other : {Case{{64, 5, 5, 16}, 16}, Case{{1, 16, 16, 7}, 16}, Case{{1, 16, 16, 16}, 7},
                            Case{{1, 16, 16, 256}, 257}, Case{{0, 16, 16, 16}, 16}})
    EXPECT_FALSE(by_tiles(other, arguments_of(other))) << other.image.str();
  // Other windows, and other numbers.
  const auto graph_of = [&](const Shape& kernel, const Conv2DAttrs& options, DType dtype) {
    Step step([&](const std::vector<Tensor>& a) { return std::vector{relu(add(conv2d(a[2], a[0], options), a[1]))}; }, 0,
              "predict", nullptr, 2);
    return step.graph({}, std::vector<Tensor>{cast(drawn(kernel, 1), dtype).eval(), cast(arguments[1], dtype).eval(),
                                              cast(arguments[2], dtype).eval()});
  };
  const Shape three{3, 3, 16, 16};
  EXPECT_NE(graph_of(three, {}, DType::kFloat32).find(kName), std::string::npos);
  EXPECT_EQ(graph_of(three, {}, DType::kFloat64).find(kName), std::string::npos);
  EXPECT_EQ(graph_of(three, {}, DType::kBFloat16).find(kName), std::string::npos);
  EXPECT_EQ(graph_of(three, {.strides = {1, 2}}, DType::kFloat32).find(kName), std::string::npos);
  EXPECT_EQ(graph_of(three, {.dilations = {2, 1}}, DType::kFloat32).find(kName), std::string::npos);
  EXPECT_EQ(graph_of({3, 3, 8, 16}, {.groups = 2}, DType::kFloat32).find(kName), std::string::npos);
  EXPECT_EQ(graph_of({3, 1, 16, 16}, {}, DType::kFloat32).find(kName), std::string::npos);
  EXPECT_EQ(graph_of({5, 5, 16, 16}, {}, DType::kFloat32).find(kName), std::string::npos);
}

std::string refused(const char* op, const Attrs& attrs, std::vector<TensorType> inputs) {
  try {
    infer(find_op(op), attrs, inputs);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

TEST(Winograd, SaysWhatDoesNotFit) {
  const auto f32 = [](const Shape& shape) { return TensorType{DType::kFloat32, shape}; };
  EXPECT_NE(refused("winograd_kernel", {}, {f32({3, 5, 8, 8})}).find("must be float32 (3, 3, channels, filters)"),
            std::string::npos);
  EXPECT_NE(refused("winograd_kernel", {}, {{DType::kFloat64, {3, 3, 8, 8}}}).find("must be float32"), std::string::npos);
  const TensorType image = f32({1, 16, 16, 8}), kernel = f32({3, 3, 8, 9}), points = f32({36, 8, 9});
  EXPECT_EQ(refused(kName, Conv2DBiasActAttrs{}, {image, kernel, points, f32({9})}), "");
  EXPECT_NE(refused(kName, Conv2DBiasActAttrs{}, {image, kernel, f32({36, 9, 8}), f32({9})}).find("points must have shape (36, 8, 9)"),
            std::string::npos);
  EXPECT_NE(refused(kName, Conv2DBiasActAttrs{}, {image, kernel, points, f32({8})}).find("bias must have shape (9,)"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
