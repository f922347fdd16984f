// The fused block of convolution, bias, activation and pooling, and its gradient: rows for the harness, which
// holds the kernels against the bodies.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/tensor.h"
#include "tests/support/images.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

struct Case {
  std::string label;
  Shape image, kernel;
  std::string activation = "relu";
  Conv2DAttrs conv = {};
  Pool2DAttrs window = {};
  bool gradient = false;
};

void add_rows(std::vector<OpRow>& rows, const Case& c) {
  const ConvPoolAttrs attrs{c.conv, c.activation, c.window};
  const Shape map = conv_shape_of(c.image, c.kernel, c.conv);
  const std::vector<int64_t> one{1, 1};
  const Shape pooled =
      windows_shape(map, c.window.pool[0], c.window.pool[1], c.window.strides, one, c.window.padding, map[3]);
  const Reference block = [c](const std::vector<NdArray>& in) {
    std::vector<NdArray> result =
        max_pool_of(conv_bias_act_of(in[0], in[1], in[2], c.activation, c.conv), c.window);
    for (size_t i = 0; i < result[0].data.size(); ++i) {
      if (c.activation == "relu" && result[0].data[i] == 0) result[1].data[i] = 255;
    }
    return result;
  };
  const Reference without_index = [block](const std::vector<NdArray>& in) {
    return std::vector{block(in)[0]};
  };
  const Reference gradient = [c, map](const std::vector<NdArray>& in) {
    NdArray spread(map);
    for_each_tap(map, c.window.pool[0], c.window.pool[1], c.window.strides, {1, 1}, c.window.padding,
                 [&](const auto& out, const auto& tap, const auto& pixel) {
                   for (int64_t f = 0; f < map[3]; ++f) {
                     const std::vector<int64_t> at{out[0], out[1], out[2], f};
                     const auto place = static_cast<double>(tap[0] * c.window.pool[1] + tap[1]);
                     if (in[2].at(at) == place) spread.at({pixel[0], pixel[1], pixel[2], f}) += in[1].at(at);
                   }
                 });
    NdArray kernel(c.kernel), bias({c.kernel[3]});
    for_each_product(c.image, c.kernel, c.conv, [&](const auto& out, const auto& k, const auto& pixel) {
      kernel.at(k) += spread.at(out) * in[0].at(pixel);
    });
    for (size_t i = 0; i < spread.data.size(); ++i) bias.data[i % bias.data.size()] += spread.data[i];
    return std::vector{kernel, bias};
  };
  const std::vector<RowInput> inputs = {{.shape = c.image}, {.shape = c.kernel}, {.shape = {c.kernel[3]}}};
  const double last_place = static_cast<double>(c.window.pool[0] * c.window.pool[1] - 1);
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    if (dtype == DType::kFloat64 && !c.gradient) continue;
    const std::string label = c.label + (dtype == DType::kFloat32 ? "_single" : "_double");
    const bool derive = c.gradient && dtype == DType::kFloat64;
    rows.push_back({.op = "conv2d_bias_act_max_pool2d",
                    .label = label,
                    .attrs = attrs,
                    .inputs = inputs,
                    .dtypes = {dtype},
                    .reference = without_index,
                    .gradient = derive});
    rows.push_back({.op = "conv2d_bias_act_max_pool2d_with_index",
                    .label = label,
                    .attrs = attrs,
                    .inputs = inputs,
                    .dtypes = {dtype},
                    .out_dtypes = {dtype, DType::kUInt8},
                    .reference = block,
                    .gradient = derive});
    rows.push_back({.op = "conv2d_grad_kernel_pooled",
                    .label = label,
                    .attrs = ConvPoolGradAttrs{c.conv, c.window, c.kernel},
                    .inputs = {{.shape = c.image},
                               {.shape = pooled},
                               {.shape = pooled, .lo = 0, .hi = last_place, .dtype = DType::kUInt8}},
                    .dtypes = {dtype},
                    .reference = gradient,
                    .gradient = derive});
  }
}

std::vector<OpRow> all_rows_of_blocks() {
  std::vector<OpRow> rows;
  add_rows(rows, {.label = "linear",
                  .image = {1, 6, 5, 2},
                  .kernel = {3, 2, 2, 2},
                  .activation = "linear",
                  .gradient = true});
  add_rows(rows, {.label = "relu_same",
                  .image = {1, 4, 4, 1},
                  .kernel = {3, 3, 1, 3},
                  .conv = {.padding = "same"},
                  .gradient = true});
  add_rows(rows, {.label = "first_layer", .image = {3, 12, 11, 1}, .kernel = {3, 3, 1, 32}});
  add_rows(
      rows,
      {.label = "colour_same", .image = {2, 9, 10, 3}, .kernel = {3, 3, 3, 24}, .conv = {.padding = "same"}});
  add_rows(rows, {.label = "four_channels", .image = {2, 8, 8, 4}, .kernel = {3, 3, 4, 20}});
  add_rows(rows,
           {.label = "five_wide", .image = {2, 10, 10, 1}, .kernel = {5, 5, 1, 12}, .activation = "linear"});
  // Fewer rows than a sweep takes at once.
  add_rows(rows, {.label = "three_wide_one_high", .image = {2, 8, 8, 1}, .kernel = {1, 3, 1, 8}});
  add_rows(rows, {.label = "three_wide_two_high", .image = {2, 8, 8, 1}, .kernel = {2, 3, 1, 12}});
  add_rows(rows, {.label = "five_wide_one_high", .image = {2, 8, 9, 1}, .kernel = {1, 5, 1, 4}});
  add_rows(rows, {.label = "one_sample", .image = {1, 4, 4, 1}, .kernel = {3, 3, 1, 8}});
  add_rows(rows, {.label = "no_samples", .image = {0, 6, 6, 1}, .kernel = {3, 3, 1, 8}});
  add_rows(rows, {.label = "two_wide", .image = {2, 7, 7, 2}, .kernel = {2, 2, 2, 8}});
  add_rows(rows, {.label = "odd_filters", .image = {1, 7, 7, 1}, .kernel = {3, 3, 1, 5}});
  add_rows(
      rows,
      {.label = "other_pool", .image = {1, 9, 9, 3}, .kernel = {3, 3, 3, 8}, .window = {{3, 3}, {2, 2}}});
  add_rows(rows, {.label = "pool_same",
                  .image = {1, 7, 7, 3},
                  .kernel = {3, 3, 3, 8},
                  .window = {{2, 2}, {2, 2}, "same"}});
  add_rows(rows,
           {.label = "strided", .image = {1, 9, 9, 3}, .kernel = {3, 3, 3, 8}, .conv = {.strides = {2, 2}}});
  return rows;
}

const OpRows rows(all_rows_of_blocks());

// Every window sees the NaN in the middle of the image.
TEST(ConvPool, LetsNaNThrough) {
  for (const char* activation : {"relu", "linear"}) {
    std::vector<float> pixels(36, 1.0f);
    pixels[14] = NAN;
    const Tensor image = Tensor::from(pixels, {1, 6, 6, 1});
    const Tensor kernel = Tensor::from(std::vector<float>(72, -1.0f), {3, 3, 1, 8});
    const Tensor bias = Tensor::from(std::vector<float>(8, 0.5f), {8});
    for (const char* op : {"conv2d_bias_act_max_pool2d", "conv2d_bias_act_max_pool2d_with_index"}) {
      const Tensor y = apply(find_op(op), ConvPoolAttrs{{}, activation, {}}, {image, kernel, bias})[0];
      for (float value : y.to_vector<float>()) EXPECT_TRUE(std::isnan(value)) << op << " " << activation;
    }
  }
}

}  // namespace
}  // namespace lamina::testing
