// Convolutions by Winograd's algorithm beside the definition: every way in which tiles may lie, and what they must not change.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

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
  std::vector<int64_t> dilations = {1, 1};
};

Tensor block(const Case& c, const std::vector<Tensor>& a) {
  const Tensor y = add(conv2d(a[2], a[0], {.padding = c.padding, .dilations = c.dilations}), a[1]);
  return c.with_relu ? relu(y) : y;
}

Step predicting(const Case& c) {
  return Step([c](const std::vector<Tensor>& a) { return std::vector{block(c, a)}; }, 0, "predict", nullptr, 2);
}

std::vector<Tensor> arguments_of(const Case& c) {
  return {drawn({3, 3, c.image[3], c.filters}, 1), drawn({c.filters}, 2), drawn(c.image, 3)};
}

/// The kernel that a convolution gets.
std::string kernel_of(const Shape& image, const Shape& kernel, const Conv2DAttrs& options, bool steady = true,
                      DType dtype = DType::kFloat32) {
  const Op& op = find_op("conv2d");
  const Attrs attrs = options;
  KernelDesc desc{op, attrs, {{{dtype, image}, {}}, {{dtype, kernel}, {}, steady}}, {}};
  const std::vector<TensorType> types{desc.inputs[0].type, desc.inputs[1].type};
  for (const TensorType& type : infer(op, attrs, types)) desc.outputs.push_back({type, {}});
  for (const KernelCandidate& candidate : op.kernels(DeviceKind::kCpu)) {
    if (!candidate.refuses || !candidate.refuses(desc)) return candidate.name;
  }
  return "none";
}

bool by_tiles(const Case& c) {
  return kernel_of(c.image, {3, 3, c.image[3], c.filters}, {.padding = c.padding, .dilations = c.dilations}) == "winograd";
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
  // Tiles of pixels that do not lie side by side.
  for (const auto& dilations : std::vector<std::vector<int64_t>>{{2, 2}, {3, 1}, {1, 4}, {5, 3}}) {
    for (const char* padding : {"valid", "same", "3,0,1,7"}) result.push_back({{2, 31, 27, 12}, 36, padding, true, dilations});
  }
  return result;
}

TEST(Winograd, GivesWhatTheDefinitionGives) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.str() + " " + std::to_string(c.filters) + " " + c.padding);
    const std::vector<Tensor> arguments = arguments_of(c);
    ASSERT_TRUE(by_tiles(c));
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
  for (const Case& c : {Case{{3, 14, 14, 20}, 72}, Case{{3, 29, 45, 16}, 24}, Case{{3, 29, 45, 16}, 24, "same", true, {2, 3}}}) {
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
    ASSERT_TRUE(by_tiles(c));
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

// Convolutions without a bias are the same.
TEST(Winograd, NeedsNoBias) {
  const Case c{{1, 16, 17, 16}, 48};
  const std::vector<Tensor> arguments = arguments_of(c);
  const auto conv = [](const std::vector<Tensor>& a) { return std::vector{conv2d(a[1], a[0], {.padding = "same"})}; };
  Step predict(conv, 0, "predict", nullptr, 1), learn(conv, 0, "learn");
  const std::vector<Tensor> two{arguments[0], arguments[2]};
  const std::vector<float> now = predict({}, two)[0].to_vector<float>(), right = learn({}, two)[0].to_vector<float>();
  ASSERT_EQ(now.size(), right.size());
  for (size_t i = 0; i < now.size(); ++i) ASSERT_NEAR(now[i], right[i], 1e-4) << i;
}

// Each answer comes from the weights as they are then.
TEST(Winograd, FollowsItsWeights) {
  const Case c{{1, 16, 16, 16}, 32};
  std::vector<Tensor> arguments = arguments_of(c);
  const Step step = predicting(c);
  const std::vector<float> first = Step(step)({}, arguments)[0].to_vector<float>();
  arguments[0] = multiply(arguments[0], 2.0).eval();
  arguments[1] = multiply(arguments[1], 2.0).eval();
  const std::vector<float> second = Step(step)({}, arguments)[0].to_vector<float>();
  for (size_t i = 0; i < first.size(); ++i) ASSERT_NEAR(second[i], 2 * first[i], 1e-4) << i;
}

TEST(Winograd, LeavesWhatItIsNotFor) {
  const Shape image{1, 16, 16, 16}, kernel{3, 3, 16, 16};
  EXPECT_EQ(kernel_of(image, kernel, {}), "winograd");
  EXPECT_NE(kernel_of(image, kernel, {}, false), "winograd") << "weights that learn";
  EXPECT_NE(kernel_of(image, kernel, {}, true, DType::kFloat64), "winograd");
  EXPECT_NE(kernel_of(image, kernel, {}, true, DType::kBFloat16), "winograd");
  EXPECT_NE(kernel_of(image, kernel, {.strides = {1, 2}}), "winograd");
  EXPECT_NE(kernel_of(image, kernel, {.padding = "same", .dilations = {16, 1}}), "winograd");
  EXPECT_NE(kernel_of(image, {3, 3, 8, 16}, {.groups = 2}), "winograd");
  EXPECT_NE(kernel_of(image, {3, 1, 16, 16}, {}), "winograd");
  EXPECT_NE(kernel_of(image, {5, 5, 16, 16}, {}), "winograd");
  EXPECT_NE(kernel_of({0, 16, 16, 16}, kernel, {}), "winograd");
  // Small images however many, few channels and filters, too many channels.
  EXPECT_NE(kernel_of({64, 5, 5, 16}, kernel, {.padding = "same"}), "winograd");
  EXPECT_NE(kernel_of({1, 16, 16, 7}, {3, 3, 7, 16}, {}), "winograd");
  EXPECT_NE(kernel_of(image, {3, 3, 16, 7}, {}), "winograd");
  EXPECT_NE(kernel_of({1, 16, 16, 129}, {3, 3, 129, 16}, {}), "winograd");
}

}  // namespace
}  // namespace lamina
