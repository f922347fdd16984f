// Our own convolutions of networks that only predict, beside those of training: every way in which windows may lie.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Tensor waves(const Shape& shape, double step) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(std::sin(static_cast<double>(i) * step));
  return Tensor::from(values, shape).eval();
}

struct Case {
  Shape image, kernel;
  Conv2DAttrs options;
};

std::vector<Case> dense_cases() {
  std::vector<Case> cases;
  // Filters around the widths of vectors; few channels and many; margins on either side, windows larger than images.
  for (const int64_t filters : {1, 3, 8, 16, 17, 24, 40, 48, 64, 85, 96, 128, 192, 200})
    cases.push_back({{2, 5, 7, 12}, {3, 3, 12, filters}, {.padding = "same"}});
  for (const int64_t channels : {1, 2, 3, 8, 15, 16, 33, 64})
    cases.push_back({{1, 9, 13, channels}, {3, 3, channels, 32}, {.strides = {2, 2}, .padding = "same"}});
  for (const char* padding : {"valid", "same", "1,0,0,2", "0,3,4,0", "5,5,5,5"}) {
    for (const auto& strides : std::vector<std::vector<int64_t>>{{1, 1}, {2, 3}, {5, 1}}) {
      for (const int64_t channels : {3, 20}) {
        cases.push_back({{2, 8, 11, channels}, {3, 5, channels, 20}, {.strides = strides, .padding = padding}});
        cases.push_back({{2, 8, 11, channels}, {1, 1, channels, 20}, {.strides = strides, .padding = padding}});
        cases.push_back({{1, 9, 12, channels},
                         {3, 2, channels, 20},
                         {.strides = strides, .padding = padding, .dilations = {2, 3}}});
      }
    }
  }
  cases.push_back({{1, 2, 2, 4}, {7, 7, 4, 8}, {.padding = "same"}});
  cases.push_back({{1, 1, 300, 1}, {1, 64, 1, 130}, {.strides = {1, 16}}});
  cases.push_back({{3, 1, 1, 200}, {1, 1, 200, 256}, {}});
  // Panels that the nearest cache does not hold, of filters that no line of it begins with.
  for (const int64_t filters : {30, 125, 250}) {
    cases.push_back({{1, 9, 8, 300}, {1, 1, 300, filters}, {}});
    cases.push_back({{1, 9, 8, 40}, {3, 3, 40, filters}, {.padding = "same"}});
  }
  return cases;
}

std::vector<Case> depthwise_cases() {
  std::vector<Case> cases;
  for (const int64_t channels : {2, 5, 8, 16, 17, 24, 32, 50, 96}) {
    for (const char* padding : {"valid", "same", "1,0,0,2", "0,3,4,0"}) {
      for (const int64_t stride : {1, 2}) {
        cases.push_back({{2, 9, 14, channels},
                         {3, 3, 1, channels},
                         {.strides = {stride, stride}, .padding = padding, .groups = channels}});
      }
    }
    cases.push_back({{1, 11, 12, channels}, {5, 3, 1, channels}, {.padding = "same", .dilations = {2, 3}, .groups = channels}});
    cases.push_back({{1, 2, 2, channels}, {7, 7, 1, channels}, {.padding = "same", .groups = channels}});
  }
  return cases;
}

// The kernel and the bias stay: they are the steady arguments.
std::vector<float> predicted(const Case& c, bool fused, const Tensor& x, const Tensor& kernel, const Tensor& bias) {
  Step step(
      [&](const std::vector<Tensor>& a) {
        const Tensor y = conv2d(a[2], a[0], c.options);
        return std::vector{fused ? relu(add(y, a[1])) : y};
      },
      0, "predict", nullptr, 2);
  return step({}, std::vector<Tensor>{kernel, bias, x})[0].to_vector<float>();
}

void expect_equal(const Case& c, const std::string& kernel_name) {
  const Tensor x = waves(c.image, 0.37), kernel = waves(c.kernel, 0.91), bias = waves({c.kernel[3]}, 2.3);
  const auto wide = [](const Tensor& t) { return cast(t, DType::kFloat64); };
  const Tensor y = conv2d(wide(x), wide(kernel), c.options);
  const std::vector<double> expected = y.to_vector<double>(),
                            expected_fused = relu(add(y, wide(bias))).to_vector<double>();
  const auto terms = static_cast<double>(c.kernel[0] * c.kernel[1] * c.kernel[2]);
  for (const bool fused : {false, true}) {
    const std::vector<float> now = predicted(c, fused, x, kernel, bias);
    const std::vector<double>& right = fused ? expected_fused : expected;
    ASSERT_EQ(now.size(), right.size());
    for (size_t i = 0; i < now.size(); ++i)
      ASSERT_NEAR(now[i], right[i], 1e-6 * std::max(1.0, terms)) << i << " of " << c.image.str() << c.kernel.str();
  }
  if (c.image.size() == 0 || y.size() == 0) return;
  // It is this kernel that ran, and threads change nothing.
  const int threads = num_threads();
  set_num_threads(1);
  const std::vector<float> one = predicted(c, true, x, kernel, bias);
  set_num_threads(3);
  const std::vector<float> three = predicted(c, true, x, kernel, bias);
  set_num_threads(threads);
  EXPECT_EQ(one, three);
  Step step([&](const std::vector<Tensor>& a) { return std::vector{conv2d(a[1], a[0], c.options)}; }, 0, "predict",
            nullptr, 1);
  EXPECT_EQ(step.graph({}, std::vector<Tensor>{kernel, x}).find("reorder"), std::string::npos) << kernel_name;
}

TEST(DirectConvolution, GivesWhatTheDefinitionGives) {
  for (const Case& c : dense_cases()) expect_equal(c, "direct");
}

TEST(DepthwiseConvolution, GivesWhatTheDefinitionGives) {
  for (const Case& c : depthwise_cases()) expect_equal(c, "depthwise");
}

// What a training asks of it: gradients, sums over several pieces of the images among them, the same bits for any number of
// threads, and images that stay as they are.
TEST(DepthwiseConvolution, TrainsChannelsLast) {
  for (const int64_t stride : {1, 2}) {
    SCOPED_TRACE(stride);
    const Conv2DAttrs options{.strides = {stride, stride}, .padding = "same", .groups = 96};
    const Tensor x = waves({3, 40 * stride, 37, 96}, 0.37), kernel = waves({3, 3, 1, 96}, 0.91);
    const auto both = [&](const std::vector<Tensor>& a) {
      const Tensor y = conv2d(a[0], a[1], options);
      return vjp({y}, a, {y});
    };
    const auto gradients_by = [&](int threads) {
      set_num_threads(threads);
      std::vector<std::vector<float>> all;
      for (const Tensor& each : compile(both)({x, kernel})) all.push_back(each.to_vector<float>());
      return all;
    };
    const int threads = num_threads();
    const auto one = gradients_by(1), three = gradients_by(3);
    set_num_threads(threads);
    EXPECT_EQ(one, three);
    EXPECT_EQ(compile(both).graph({x, kernel}).find("reorder"), std::string::npos);
    const auto exact = compile(both)({cast(x, DType::kFloat64), cast(kernel, DType::kFloat64)});
    for (size_t i = 0; i < exact.size(); ++i) {
      const std::vector<double> right = exact[i].to_vector<double>();
      double largest = 0;
      for (const double each : right) largest = std::max(largest, std::abs(each));
      for (size_t k = 0; k < right.size(); ++k) ASSERT_NEAR(one[i][k], right[k], 2e-6 * largest) << i << " at " << k;
    }
  }
}

// Convolution and pooling in one: the map between them is never written as a whole.
TEST(DirectConvolution, IsPooledInOneGo) {
  struct Pooled {
    Case conv;
    std::vector<int64_t> pool, strides;
    std::string padding;
  };
  std::vector<Pooled> cases;
  for (const char* padding : {"valid", "same", "1,0,2,1"}) {
    for (const int64_t filters : {5, 24, 64}) {
      cases.push_back({{{2, 37, 21, 3}, {3, 3, 3, filters}, {.strides = {2, 2}, .padding = "same"}},
                       {3, 3},
                       {2, 2},
                       padding});
      cases.push_back({{{1, 12, 9, 17}, {3, 3, 17, filters}, {}}, {2, 3}, {1, 2}, padding});
    }
  }
  cases.push_back({{{1, 700, 700, 1}, {7, 7, 1, 64}, {.strides = {2, 2}}}, {3, 3}, {2, 2}, "same"});
  for (const Pooled& p : cases) {
    const Tensor x = waves(p.conv.image, 0.37), kernel = waves(p.conv.kernel, 0.91),
                 bias = waves({p.conv.kernel[3]}, 2.3);
    const auto pooled = [&](const std::vector<Tensor>& a) {
      const Tensor map = relu(add(conv2d(a[2], a[0], p.conv.options), a[1]));
      return std::vector{max_pool2d(map, p.pool, p.strides, p.padding)};
    };
    Step step(pooled, 0, "predict", nullptr, 2);
    const std::vector<Tensor> arguments{kernel, bias, x};
    EXPECT_NE(step.graph({}, arguments).find("conv2d_bias_act_max_pool2d"), std::string::npos);
    const auto now = step({}, arguments)[0].to_vector<float>();
    std::vector<Tensor> wide;
    for (const Tensor& each : arguments) wide.push_back(cast(each, DType::kFloat64).eval());
    const auto right = pooled(wide)[0].to_vector<double>();
    ASSERT_EQ(now.size(), right.size());
    for (size_t i = 0; i < now.size(); ++i) ASSERT_NEAR(now[i], right[i], 1e-4) << i << " " << p.padding;
  }
}

// A result depends on its window alone, not on which results are computed beside it.
TEST(DirectConvolution, GivesTheSameBitsInAnyBatch) {
  for (const Case& c : {Case{{3, 7, 9, 5}, {3, 3, 5, 40}, {.padding = "same"}},
                        Case{{3, 7, 9, 32}, {1, 1, 32, 96}, {}},
                        Case{{3, 7, 9, 24}, {3, 3, 1, 24}, {.padding = "same", .groups = 24}}}) {
    const Tensor x = waves(c.image, 0.37), kernel = waves(c.kernel, 0.91), bias = waves({c.kernel[3]}, 2.3);
    const std::vector<float> all = predicted(c, true, x, kernel, bias);
    Case one = c;
    one.image.set(0, 1);
    const size_t size = all.size() / 3;
    for (int64_t i = 0; i < 3; ++i) {
      const std::vector<float> alone = predicted(one, true, slice(x, {i}, {i + 1}).eval(), kernel, bias);
      EXPECT_EQ(alone, std::vector<float>(all.begin() + i * static_cast<int64_t>(size),
                                          all.begin() + (i + 1) * static_cast<int64_t>(size)));
    }
  }
}

TEST(DirectConvolution, KeepsNotANumber) {
  for (const int64_t groups : {1, 16}) {
    const Case c{{1, 4, 4, 16}, {3, 3, 16 / groups, 16}, {.padding = "same", .groups = groups}};
    std::vector<float> values(4 * 4 * 16, 1.0f);
    values[0] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> y =
        predicted(c, true, Tensor::from(values, c.image).eval(), waves(c.kernel, 0.91), waves({16}, 2.3));
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_TRUE(std::isnan(y[(1 * 4 + 1) * 16]));
    EXPECT_FALSE(std::isnan(y[(3 * 4 + 3) * 16]));
  }
}

}  // namespace
}  // namespace lamina
