// layer_normalization, its gradient, and rms_normalization.
#include "lamina/ops/normalization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

struct Slices {
  size_t count = 1, size = 1;
  Slices(const Shape& x, const NormalizationAttrs& attrs) {
    for (int i = 0; i < x.rank(); ++i) (i < attrs.axis ? count : size) *= static_cast<size_t>(x[i]);
  }
};

/// A slice of x, normalised, and the factor that did it.
std::vector<double> normalized(const NdArray& x, size_t first, size_t n, const NormalizationAttrs& attrs,
                               double* inverse) {
  double mean = 0, squares = 0;
  for (size_t i = 0; i < n && attrs.center; ++i) mean += x.data[first + i] / static_cast<double>(n);
  std::vector<double> result;
  for (size_t i = 0; i < n; ++i) {
    result.push_back(x.data[first + i] - mean);
    squares += result[i] * result[i] / static_cast<double>(n);
  }
  *inverse = 1 / std::sqrt(squares + attrs.epsilon);
  for (double& value : result) value *= *inverse;
  return result;
}

Reference forward(const NormalizationAttrs& attrs) {
  return [attrs](const std::vector<NdArray>& in) {
    NdArray y(in[0].shape);
    const Slices s(in[0].shape, attrs);
    double inverse = 0;
    for (size_t k = 0; k < s.count && s.size > 0; ++k) {
      const std::vector<double> n = normalized(in[0], k * s.size, s.size, attrs, &inverse);
      for (size_t i = 0; i < s.size; ++i) {
        const double gamma = in[1].data.empty() ? 1 : in[1].data[i];
        const double beta = in[2].data.empty() ? 0 : in[2].data[i];
        y.data[k * s.size + i] = n[i] * gamma + beta;
      }
    }
    return std::vector<NdArray>{y};
  };
}

Reference backward(const NormalizationAttrs& attrs) {
  return [attrs](const std::vector<NdArray>& in) {
    const Slices s(in[0].shape, attrs);
    const Shape slice(std::vector<int64_t>(in[0].shape.begin() + attrs.axis, in[0].shape.end()));
    NdArray dx(in[0].shape), dgamma(slice), dbeta(slice);
    double inverse = 0;
    for (size_t k = 0; k < s.count; ++k) {
      const std::vector<double> n = normalized(in[0], k * s.size, s.size, attrs, &inverse);
      std::vector<double> g;
      double sum = 0, along = 0;
      for (size_t i = 0; i < s.size; ++i) {
        const double dy = in[2].data[k * s.size + i];
        dgamma.data[i] += dy * n[i];
        dbeta.data[i] += dy;
        g.push_back(in[1].data.empty() ? dy : dy * in[1].data[i]);
        sum += attrs.center ? g[i] : 0;
        along += g[i] * n[i];
      }
      const auto size = static_cast<double>(s.size);
      for (size_t i = 0; i < s.size; ++i)
        dx.data[k * s.size + i] = inverse * (g[i] - sum / size - n[i] * along / size);
    }
    return std::vector<NdArray>{dx, dgamma, dbeta};
  };
}

const OpRows rows([] {
  std::vector<OpRow> all;
  const auto add = [&](const std::string& label, NormalizationAttrs attrs, const Shape& x, bool gamma,
                       bool beta) {
    const Shape slice(std::vector<int64_t>(x.begin() + attrs.axis, x.end()));
    const RowInput absent{.shape = {0}}, parameter{.shape = slice};
    all.push_back({.op = "layer_normalization",
                   .label = label,
                   .attrs = attrs,
                   .inputs = {{.shape = x}, gamma ? parameter : absent, beta ? parameter : absent},
                   .reference = forward(attrs)});
    if (x.size() == 0) return;
    all.push_back({.op = "layer_normalization_grad",
                   .label = label,
                   .attrs = attrs,
                   .inputs = {{.shape = x}, gamma ? parameter : absent, {.shape = x}},
                   .reference = backward(attrs)});
  };
  add("last_axis", {1, 1e-3, true}, {5, 7}, true, true);
  add("two_axes", {1, 1e-3, true}, {3, 5, 8}, true, true);
  add("all_axes", {0, 1e-5, true}, {3, 4}, true, false);
  add("plain", {2, 1e-3, true}, {2, 3, 6}, false, false);
  add("offset_only", {1, 1e-3, true}, {4, 16}, false, true);
  add("many_rows", {1, 1e-3, true}, {70, 33}, true, true);
  add("one_wide", {1, 1e-3, true}, {3, 1}, true, true);
  add("no_rows", {1, 1e-3, true}, {0, 3}, true, true);
  add("nothing", {1, 1e-3, true}, {3, 0}, false, false);
  add("rms", {1, 1e-6, false}, {4, 19}, true, false);
  add("rms_plain", {1, 1e-6, false}, {4, 3}, false, false);
  return all;
}());

TEST(LayerNormalization, ThreadsDoNotChangeIt) {
  std::vector<float> values(997 * 40);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  const Tensor x = Tensor::from(values, {997, 40}), gamma = ones({40}), beta = zeros({40});
  const auto gradients_now = [&] {
    std::vector<std::vector<float>> result;
    const auto f = [&](const std::vector<Tensor>& in) {
      return sum(layer_normalization(in[0], in[1], in[2]) * x);
    };
    for (const Tensor& g : grad(f)({x, gamma, beta})) result.push_back(g.to_vector<float>());
    return result;
  };
  const int before = num_threads();
  set_num_threads(1);
  const auto alone = gradients_now();
  set_num_threads(4);
  EXPECT_EQ(gradients_now(), alone);
  set_num_threads(before);
}

// The mean is far from 0 and the spread small: what a variance by squares of the elements would lose.
TEST(LayerNormalization, KeepsDigitsFarFromZero) {
  const std::vector<float> y =
      layer_normalization(Tensor::from<float>({10000, 10001, 10002, 10003})).to_vector<float>();
  EXPECT_NEAR(y[0], -1.5 / std::sqrt(1.25 + 1e-7), 1e-5);
  EXPECT_NEAR(y[3], 1.5 / std::sqrt(1.25 + 1e-7), 1e-5);
}

TEST(LayerNormalization, HalfPrecisionGoesThroughFloat32) {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4});
  const Tensor half = layer_normalization(cast(x, DType::kFloat16));
  EXPECT_EQ(half.dtype(), DType::kFloat16);
  EXPECT_EQ(half.to_vector<float>(), cast(layer_normalization(x), DType::kFloat16).to_vector<float>());
}

TEST(LayerNormalization, Errors) {
  const Tensor x = zeros({2, 3});
  EXPECT_THROW(layer_normalization(x, {}, {}, 2), InvalidArgument);
  EXPECT_THROW(layer_normalization(x, {}, {}, -1, -1.0), InvalidArgument);
  EXPECT_THROW(layer_normalization(x, zeros({3}, DType::kFloat64)), InvalidArgument);
  EXPECT_THROW(layer_normalization(zeros({2, 3}, DType::kInt32)), InvalidArgument);
  try {
    layer_normalization(x, zeros({2}));
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("gamma must have the shape of a slice, (3,), not (2,)"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lamina::testing
