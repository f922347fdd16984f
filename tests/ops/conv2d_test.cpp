// Convolution and its gradients: rows for the harness over paddings, strides, dilations, groups and edge
// shapes, every kernel candidate on shapes of real layers, blocked memory orders, and messages.
#include "lamina/ops/conv2d.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/images.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

struct Case {
  std::string label;
  Shape image, kernel;
  Conv2DAttrs attrs = {};
};

NdArray grad_input_of(const NdArray& g, const NdArray& kernel, const Shape& image, const Conv2DAttrs& attrs) {
  NdArray grad(image);
  for_each_product(image, kernel.shape, attrs, [&](const auto& out, const auto& k, const auto& pixel) {
    grad.at(pixel) += g.at(out) * kernel.at(k);
  });
  return grad;
}

NdArray grad_kernel_of(const NdArray& x, const NdArray& g, const Shape& kernel, const Conv2DAttrs& attrs) {
  NdArray grad(kernel);
  for_each_product(x.shape, kernel, attrs, [&](const auto& out, const auto& k, const auto& pixel) {
    grad.at(k) += g.at(out) * x.at(pixel);
  });
  return grad;
}

NdArray grad_bias_of(const NdArray& g) {
  NdArray grad({g.shape[3]});
  for (size_t i = 0; i < g.data.size(); ++i) grad.data[i % grad.data.size()] += g.data[i];
  return grad;
}

/// Rows of the whole family for one case.
std::vector<OpRow> family(const Case& c, bool gradient) {
  const Shape out = conv_shape_of(c.image, c.kernel, c.attrs);
  const Conv2DGradAttrs of_image{c.attrs, c.image};
  const Conv2DGradAttrs of_kernel{c.attrs, c.kernel};
  std::vector<OpRow> rows;
  rows.push_back({.op = "conv2d",
                  .attrs = c.attrs,
                  .inputs = {{.shape = c.image}, {.shape = c.kernel}},
                  .reference = [c](const std::vector<NdArray>& in) {
                    return std::vector{conv_of(in[0], in[1], c.attrs)};
                  }});
  for (const std::string activation : {"linear", "relu"}) {
    rows.push_back({.op = "conv2d_bias_act",
                    .attrs = Conv2DBiasActAttrs{c.attrs, activation},
                    .inputs = {{.shape = c.image}, {.shape = c.kernel}, {.shape = {c.kernel[3]}}},
                    .reference = [c, activation](const std::vector<NdArray>& in) {
                      return std::vector{conv_bias_act_of(in[0], in[1], in[2], activation, c.attrs)};
                    }});
    rows.back().label = activation + "_";
  }
  rows.push_back({.op = "conv2d_grad_input",
                  .attrs = of_image,
                  .inputs = {{.shape = out}, {.shape = c.kernel}},
                  .reference = [c](const std::vector<NdArray>& in) {
                    return std::vector{grad_input_of(in[0], in[1], c.image, c.attrs)};
                  }});
  rows.push_back({.op = "conv2d_grad_kernel",
                  .attrs = of_kernel,
                  .inputs = {{.shape = c.image}, {.shape = out}},
                  .reference = [c](const std::vector<NdArray>& in) {
                    return std::vector{grad_kernel_of(in[0], in[1], c.kernel, c.attrs)};
                  }});
  rows.push_back({.op = "conv2d_grad_kernel_bias",
                  .attrs = of_kernel,
                  .inputs = {{.shape = c.image}, {.shape = out}},
                  .reference = [c](const std::vector<NdArray>& in) {
                    return std::vector{grad_kernel_of(in[0], in[1], c.kernel, c.attrs), grad_bias_of(in[1])};
                  }});
  for (OpRow& row : rows) {
    row.label += c.label;
    row.gradient = gradient;
    if (!gradient) row.dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};
  }
  return rows;
}

std::vector<OpRow> all_families() {
  std::vector<OpRow> rows;
  const auto add = [&](const Case& c, bool gradient) {
    for (OpRow& row : family(c, gradient)) rows.push_back(std::move(row));
  };
  // Small, with derivatives.
  add({"valid", {2, 5, 4, 2}, {3, 2, 2, 3}}, true);
  add({"same", {1, 4, 5, 2}, {3, 3, 2, 2}, {.padding = "same"}}, true);
  add({"margins", {1, 4, 5, 2}, {3, 3, 2, 2}, {.padding = "2,0,1,3"}}, true);
  add({"strided_margins", {2, 6, 5, 2}, {3, 3, 2, 3}, {.strides = {2, 2}, .padding = "1,1,1,1"}}, true);
  add({"strided_same", {1, 5, 6, 1}, {3, 3, 1, 2}, {.strides = {2, 2}, .padding = "same"}}, true);
  add({"dilated", {1, 6, 5, 2}, {2, 2, 2, 2}, {.dilations = {3, 2}}}, true);
  add({"grouped", {1, 4, 4, 4}, {2, 2, 2, 6}, {.groups = 2}}, true);
  add({"depthwise", {1, 4, 4, 3}, {3, 3, 1, 3}, {.padding = "same", .groups = 3}}, true);
  add({"grouped_strided", {2, 6, 5, 4}, {3, 2, 2, 4}, {.strides = {2, 3}, .padding = "same", .groups = 2}},
      true);
  add({"grouped_dilated", {1, 6, 7, 2}, {2, 3, 1, 6}, {.dilations = {3, 2}, .groups = 2}}, true);
  // Forward only: edge shapes, and shapes that the fast kernels take.
  add({"one_pixel", {1, 1, 1, 1}, {1, 1, 1, 1}}, false);
  add({"pointwise", {2, 3, 3, 5}, {1, 1, 5, 7}}, false);
  add({"kernel_is_image", {2, 4, 4, 3}, {4, 4, 3, 2}}, false);
  add({"no_images", {0, 4, 4, 3}, {2, 2, 3, 2}}, false);
  add({"stride_leaves_rest", {1, 8, 9, 3}, {3, 3, 3, 8}, {.strides = {3, 2}}}, false);
  add({"stride_over_kernel", {1, 9, 9, 3}, {2, 2, 3, 8}, {.strides = {4, 3}, .padding = "same"}}, false);
  add({"one_channel", {3, 9, 8, 1}, {3, 3, 1, 32}}, false);
  add({"three_channels_same", {2, 9, 8, 3}, {5, 5, 3, 24}, {.padding = "same"}}, false);
  add({"five_channels", {2, 7, 6, 5}, {3, 3, 5, 10}, {.padding = "same"}}, false);
  add({"blocks", {2, 9, 9, 16}, {3, 3, 16, 24}}, false);
  add({"blocks_margins", {1, 9, 9, 16}, {3, 3, 16, 32}, {.strides = {2, 2}, .padding = "1,1,1,1"}}, false);
  add({"depthwise_margins", {2, 8, 9, 24}, {3, 3, 1, 24}, {.padding = "1,1,2,0", .groups = 24}}, false);
  add({"far_margins", {1, 3, 3, 4}, {3, 3, 4, 4}, {.padding = "4,5,3,4"}}, false);
  add({"blocks_strided", {2, 9, 9, 16}, {3, 3, 16, 32}, {.strides = {2, 2}, .padding = "same"}}, false);
  add({"blocks_grouped", {1, 6, 6, 32}, {3, 3, 16, 16}, {.padding = "same", .groups = 2}}, false);
  add({"many_groups", {2, 9, 11, 24}, {3, 3, 2, 36}, {.padding = "same", .groups = 12}}, false);
  add({"depthwise_strided",
       {3, 9, 21, 19},
       {3, 3, 1, 19},
       {.strides = {2, 2}, .padding = "same", .groups = 19}},
      false);
  add({"depthwise_doubled", {9, 5, 12, 7}, {3, 5, 1, 14}, {.padding = "same", .groups = 7}}, false);
  // More channels than one task sums up, and every way in which windows may meet a pixel.
  add({"depthwise_wide", {1, 5, 6, 70}, {3, 3, 1, 70}, {.padding = "same", .groups = 70}}, false);
  add({"depthwise_fives", {2, 11, 12, 21}, {5, 5, 1, 21}, {.strides = {2, 2}, .padding = "same", .groups = 21}}, false);
  add({"depthwise_sevens", {1, 15, 16, 9}, {7, 7, 1, 9}, {.padding = "same", .dilations = {2, 1}, .groups = 9}}, false);
  add({"depthwise_larger_than_image", {1, 2, 3, 36}, {7, 7, 1, 36}, {.padding = "same", .groups = 36}}, false);
  add({"depthwise_leaves_rest", {2, 10, 11, 6}, {2, 4, 1, 6}, {.strides = {3, 2}, .groups = 6}}, false);
  add({"depthwise_stride_over_kernel", {1, 9, 9, 8}, {2, 2, 1, 8}, {.strides = {4, 3}, .padding = "same", .groups = 8}}, false);
  add({"depthwise_dilated_strided",
       {2, 13, 12, 33},
       {3, 2, 1, 33},
       {.strides = {2, 3}, .padding = "3,0,1,2", .dilations = {3, 2}, .groups = 33}},
      false);
  // Strides and dilations that agree: every element of a window may meet one pixel, here too many of them.
  add({"depthwise_all_meet", {1, 11, 12, 5}, {5, 4, 1, 5}, {.strides = {2, 2}, .padding = "same", .dilations = {2, 2}, .groups = 5}}, false);
  add({"depthwise_too_many_meet", {1, 20, 21, 3}, {9, 9, 1, 3}, {.strides = {2, 3}, .padding = "same", .dilations = {4, 3}, .groups = 3}}, false);
  add({"depthwise_far_margins", {1, 12, 13, 8}, {3, 3, 1, 8}, {.padding = "4,5,3,4", .groups = 8}}, false);
  add({"depthwise_far_margins_strided", {1, 12, 13, 8}, {3, 3, 1, 8}, {.strides = {2, 2}, .padding = "4,5,3,4", .groups = 8}}, false);
  add({"depthwise_far", {1, 5, 5, 8}, {3, 3, 1, 8}, {.padding = "same", .dilations = {1 << 30, 1 << 30}, .groups = 8}}, false);
  add({"one_filter_a_group", {2, 6, 9, 27}, {3, 3, 3, 9}, {.padding = "same", .groups = 9}}, false);
  add({"eight_filters_a_group", {2, 6, 17, 6}, {3, 3, 3, 16}, {.padding = "same", .groups = 2}}, false);
  add({"grouped_stride_over_kernel",
       {1, 9, 9, 4},
       {2, 2, 2, 8},
       {.strides = {4, 3}, .padding = "same", .groups = 2}},
      false);
  add({"dilated_same", {1, 12, 12, 8}, {3, 3, 8, 8}, {.padding = "same", .dilations = {2, 2}}}, false);
  // Tiles of float64 that end inside panels, and gradients that are convolutions themselves or cannot be.
  add({"tiles", {2, 7, 9, 20}, {3, 3, 20, 33}, {.padding = "same"}}, false);
  add({"tiles_valid", {3, 7, 9, 17}, {3, 2, 17, 7}}, false);
  add({"tiles_margins", {2, 7, 8, 16}, {3, 3, 16, 18}, {.padding = "0,2,2,0"}}, false);
  add({"tiles_far_margins", {1, 3, 5, 16}, {3, 2, 16, 8}, {.padding = "4,1,0,5"}}, false);
  add({"tiles_dilated", {2, 9, 11, 9}, {3, 2, 9, 17}, {.padding = "same", .dilations = {2, 3}}}, false);
  add({"tiles_many_terms", {1, 5, 4, 90}, {1, 3, 90, 9}, {.padding = "same"}}, false);
  add({"tiles_leave_rest", {2, 10, 8, 16}, {2, 2, 16, 16}, {.strides = {3, 3}, .padding = "1,0,1,0"}}, false);
  add({"tiles_of_groups", {2, 7, 6, 20}, {1, 3, 10, 100}, {.padding = "same", .groups = 2}}, false);
  add({"tiles_of_dilated_groups",
       {2, 9, 8, 36},
       {2, 3, 12, 51},
       {.padding = "1,0,2,1", .dilations = {1, 2}, .groups = 3}},
      false);
  add({"tiles_of_strided_groups",
       {3, 9, 8, 24},
       {3, 3, 12, 32},
       {.strides = {2, 1}, .padding = "same", .groups = 2}},
      false);
  // Far more than the library can count in 32 bits.
  add({"far_dilated_same", {1, 5, 5, 8}, {3, 3, 8, 8}, {.padding = "same", .dilations = {1 << 30, 1 << 30}}},
      false);
  add({"far_strided_same", {1, 5, 5, 8}, {3, 3, 8, 8}, {.strides = {1 << 30, 1 << 30}, .padding = "same"}},
      false);
  add({"far_dilated_groups",
       {1, 5, 5, 8},
       {3, 3, 4, 8},
       {.padding = "same", .dilations = {1 << 30, 1 << 30}, .groups = 2}},
      false);
  add({"no_channels", {2, 4, 4, 0}, {3, 3, 0, 4}}, false);
  add({"no_filters", {2, 4, 4, 3}, {3, 3, 3, 0}}, false);
  add({"no_rows_same", {2, 0, 4, 3}, {3, 3, 3, 4}, {.padding = "same"}}, false);
  return rows;
}

const OpRows rows(all_families());

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

Tensor image(const Shape& shape) {
  return Tensor::from(std::vector<float>(static_cast<size_t>(shape.size()), 0.5f), shape);
}

// So large that images are padded, and windows become a matrix, part by part, which end inside an image.
TEST(Conv2D, Float64InParts) {
  for (const Conv2DAttrs& attrs :
       {Conv2DAttrs{.padding = "same"}, Conv2DAttrs{.strides = {2, 1}},
        Conv2DAttrs{.padding = "same", .groups = 2}, Conv2DAttrs{.strides = {1, 2}, .groups = 4}}) {
    const Tensor x = random_uniform(random_key(1), {5, 40, 100, 16}) - 0.5;
    const Tensor kernel = random_uniform(random_key(2), {3, 3, 16 / attrs.groups, 20}) - 0.5;
    const auto results = [&](DType dtype) {
      const auto f = value_and_grad([&](const std::vector<Tensor>& a) {
        const Tensor y = conv2d(a[0], a[1], attrs);
        return sum(y * y) / 1000.0;
      });
      std::vector<std::vector<double>> all;
      for (const Tensor& result : f({cast(x, dtype), cast(kernel, dtype)}))
        all.push_back(result.to_vector<double>());
      return all;
    };
    const auto wide = results(DType::kFloat64), narrow = results(DType::kFloat32);
    for (size_t i = 0; i < wide.size(); ++i) {
      for (size_t j = 0; j < wide[i].size(); ++j)
        ASSERT_NEAR(wide[i][j], narrow[i][j], 2e-4 * (1 + std::abs(wide[i][j]))) << i << " at " << j;
    }
  }
}

// The library's own relu would make it 0, so that a training that has gone wrong looked right.
TEST(Conv2D, WithBiasAndReluLetsNaNThrough) {
  struct Sizes {
    Shape image;
    int64_t filters;
  };
  // Channels-last, and in blocks of channels with several parts and a smaller last one.
  for (const Sizes& s : {Sizes{{1, 4, 4, 3}, 8}, Sizes{{1, 5, 5, 1}, 5}, Sizes{{9, 12, 12, 32}, 32}}) {
    SCOPED_TRACE(s.image.str());
    std::vector<float> pixels(static_cast<size_t>(s.image.size()), -1.0f);
    pixels.back() = std::nanf("");
    const Tensor x = Tensor::from(pixels, s.image);
    const Tensor kernel = ones({3, 3, s.image[3], s.filters}), bias = full({s.filters}, 0.5);
    const Tensor sums = (conv2d(x, kernel, {.padding = "same"}) + bias).eval();
    const auto together = relu(conv2d(x, kernel, {.padding = "same"}) + bias).to_vector<float>();
    const auto apart = relu(sums).to_vector<float>();
    int64_t nans = 0, zeros = 0;
    for (size_t i = 0; i < apart.size(); ++i) {
      ASSERT_EQ(std::isnan(together[i]), std::isnan(apart[i])) << i;
      nans += std::isnan(together[i]);
      zeros += together[i] == 0;
    }
    EXPECT_EQ(nans, 4 * s.filters);
    EXPECT_EQ(nans + zeros, static_cast<int64_t>(together.size()));
  }
}

TEST(Conv2D, NamesWhatDoesNotFit) {
  const auto says = [](const std::string& part, const std::function<void()>& f) {
    const std::string message = message_of(f);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  const Tensor x = image({2, 5, 5, 3});
  const Tensor kernel = image({3, 3, 3, 4});
  says("the kernel reads 2 channels per group, the image (2, 5, 5, 3) has 3", [&] {
    conv2d(x, image({3, 3, 2, 4}));
  });
  says("(batch, height, width, channels), not (5, 5, 3)", [&] { conv2d(image({5, 5, 3}), kernel); });
  says("larger than the image", [&] { conv2d(x, image({6, 3, 3, 4})); });
  says("\"1,1,-1,0\"", [&] { conv2d(x, kernel, {.padding = "1,1,-1,0"}); });
  says("\"1,1\"", [&] { conv2d(x, kernel, {.padding = "1,1"}); });
  says("\"full\"", [&] { conv2d(x, kernel, {.padding = "full"}); });
  says("strides must be two numbers >= 1, not [0, 1]", [&] { conv2d(x, kernel, {.strides = {0, 1}}); });
  says("dilations must be two numbers", [&] { conv2d(x, kernel, {.dilations = {1}}); });
  says("groups must divide channels and filters, not 2", [&] { conv2d(x, kernel, {.groups = 2}); });
  says("bias must have shape (4,)", [&] { conv2d_bias_act(x, kernel, image({3})); });
  says("must have shape (2, 3, 3, 4)", [&] { conv2d_grad_input(image({2, 3, 3, 5}), kernel, x.shape()); });
}

}  // namespace
}  // namespace lamina::testing
