// conv1d, depthwise_conv2d and conv2d_transpose against plain loops.
#include "lamina/ops/conv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/nd_array.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

NdArray waves(const Shape& shape, double step) {
  NdArray x(shape);
  for (size_t i = 0; i < x.data.size(); ++i) x.data[i] = std::sin(static_cast<double>(i + 1) * step);
  return x;
}

Tensor tensor(const NdArray& x) { return Tensor::from(x.data, x.shape); }

void expect_array(const Tensor& actual, const NdArray& expected) {
  expect_close({actual.shape(), actual.to_vector<double>()}, expected, 1e-12, "result");
}

/// The steps that `before` steps of padding leave to a kernel on `steps` inputs.
NdArray plain_conv1d(const NdArray& x, const NdArray& kernel, const Conv1DOptions& o, int64_t before,
                     int64_t count) {
  NdArray y(Shape{x.shape[0], count, kernel.shape[2]});
  const int64_t in_group = kernel.shape[1], out_group = kernel.shape[2] / o.groups;
  for_each_index(y.shape, [&](const std::vector<int64_t>& at) {
    for (int64_t k = 0; k < kernel.shape[0]; ++k) {
      const int64_t t = at[1] * o.stride - before + k * o.dilation;
      if (t < 0 || t >= x.shape[1]) continue;
      for (int64_t c = 0; c < in_group; ++c)
        y.at(at) += x.at({at[0], t, at[2] / out_group * in_group + c}) * kernel.at({k, c, at[2]});
    }
  });
  return y;
}

TEST(Conv1D, AsPlainLoops) {
  const NdArray x = waves({2, 9, 4}, 0.7);
  const auto check = [&](const NdArray& kernel, const Conv1DOptions& o, int64_t before, int64_t count) {
    expect_array(conv1d(tensor(x), tensor(kernel), o), plain_conv1d(x, kernel, o, before, count));
  };
  const NdArray kernel = waves({3, 4, 6}, 0.3);
  check(kernel, {}, 0, 7);
  check(kernel, {.stride = 2}, 0, 4);
  check(kernel, {.padding = "same"}, 1, 9);
  check(kernel, {.padding = "causal"}, 2, 9);
  check(kernel, {.stride = 2, .padding = "causal", .dilation = 3}, 6, 5);
  check(waves({2, 2, 6}, 0.3), {.padding = "same", .groups = 2}, 0, 9);
}

TEST(DepthwiseConv2D, AsPlainLoops) {
  const NdArray x = waves({2, 5, 6, 3}, 0.7), kernel = waves({2, 3, 3, 2}, 0.3);
  NdArray expected(Shape{2, 2, 4, 6});
  for_each_index(expected.shape, [&](const std::vector<int64_t>& at) {
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t c = 0; c < 3; ++c) {
        expected.at(at) +=
            x.at({at[0], at[1] * 2 + r, at[2] + c, at[3] / 2}) * kernel.at({r, c, at[3] / 2, at[3] % 2});
      }
    }
  });
  expect_array(depthwise_conv2d(tensor(x), tensor(kernel), {.strides = {2, 1}}), expected);
}

/// Every pixel spreads the kernel over the result; `before` pixels are cut off in front.
NdArray plain_transpose(const NdArray& x, const NdArray& kernel, const Conv2DTransposeOptions& o,
                        const Shape& result, int64_t before) {
  NdArray y(result);
  for_each_index(x.shape, [&](const std::vector<int64_t>& at) {
    for_each_index({kernel.shape[0], kernel.shape[1], kernel.shape[2]}, [&](const std::vector<int64_t>& k) {
      const int64_t row = at[1] * o.strides[0] - before + k[0] * o.dilations[0];
      const int64_t column = at[2] * o.strides[1] - before + k[1] * o.dilations[1];
      if (row < 0 || row >= result[1] || column < 0 || column >= result[2]) return;
      y.at({at[0], row, column, k[2]}) += x.at(at) * kernel.at({k[0], k[1], k[2], at[3]});
    });
  });
  return y;
}

TEST(Conv2DTranspose, AsPlainLoops) {
  const NdArray x = waves({2, 4, 3, 2}, 0.7), kernel = waves({3, 3, 5, 2}, 0.3);
  const auto check = [&](const Conv2DTransposeOptions& o, int64_t height, int64_t width, int64_t before) {
    expect_array(conv2d_transpose(tensor(x), tensor(kernel), o),
                 plain_transpose(x, kernel, o, {2, height, width, 5}, before));
  };
  check({}, 6, 5, 0);
  check({.strides = {2, 2}}, 9, 7, 0);
  check({.strides = {5, 4}}, 20, 12, 0);  // reaches over the last stride, beyond the kernel
  check({.strides = {2, 2}, .output_padding = {1, 1}}, 10, 8, 0);
  check({.dilations = {2, 1}}, 8, 5, 0);
  check({.padding = "same"}, 4, 3, 1);
  check({.strides = {2, 2}, .padding = "same"}, 8, 6, 0);
  check({.strides = {2, 2}, .padding = "same", .output_padding = {0, 0}}, 7, 5, 1);
}

TEST(Conv2DTranspose, IsTheConvolutionsAdjoint) {
  const Tensor x = tensor(waves({1, 3, 3, 2}, 0.7)), kernel = tensor(waves({3, 2, 4, 2}, 0.3));
  const Conv2DTransposeOptions options{.strides = {2, 1}, .padding = "same"};
  const auto f = [&](const std::vector<Tensor>& in) {
    const Tensor y = conv2d_transpose(in[0], in[1], options);
    return sum(y * y * 0.5);
  };
  // The gradient along a direction against a difference quotient.
  const std::vector<Tensor> g = grad(f)({x, kernel});
  const Tensor dx = tensor(waves({1, 3, 3, 2}, 1.1)), dk = tensor(waves({3, 2, 4, 2}, 1.7));
  const double step = 1e-5;
  const double up = f({x + dx * step, kernel + dk * step}).item<double>();
  const double down = f({x - dx * step, kernel - dk * step}).item<double>();
  EXPECT_NEAR((sum(g[0] * dx) + sum(g[1] * dk)).item<double>(), (up - down) / (2 * step), 1e-6);
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(ConvVariants, Errors) {
  const auto expect = [](const std::function<void()>& f, const std::string& part) {
    EXPECT_NE(message(f).find(part), std::string::npos) << message(f);
  };
  const Tensor images = zeros({1, 4, 4, 2}), kernel = zeros({3, 3, 5, 2});
  expect([&] { conv1d(images, zeros({3, 2, 4})); }, "x must be (batch, steps, channels)");
  expect([&] { conv1d(zeros({1, 4, 2}), zeros({3, 2, 4}), {.padding = "full"}); }, "\"full\"");
  expect([&] { depthwise_conv2d(images, zeros({3, 3, 3, 1})); }, "kernel (3, 3, 3, 1)");
  expect(
      [&] {
        conv2d_transpose(images, zeros({3, 3, 5, 3}));
      },
      "the kernel (height, width, filters, channels)");
  expect([&] { conv2d_transpose(images, kernel, {.padding = "causal"}); }, "not \"causal\"");
  expect([&] { conv2d_transpose(images, kernel, {.strides = {2}}); }, "two numbers each");
  expect([&] { conv2d_transpose(images, kernel, {.output_padding = {1}}); }, "two numbers each");
  expect([&] { conv2d_transpose(images, kernel, {.strides = {0, 1}}); }, "at least 1");
  expect(
      [&] {
        conv2d_transpose(images, kernel, {.strides = {2, 2}, .output_padding = {2, 0}});
      },
      "output_padding 2 does not fit the stride 2");
}

}  // namespace
}  // namespace lamina::testing
