// Plain loops of convolutions and poolings in double, for op rows: by padding the image and summing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "lamina/graph/contraction.h"
#include "tests/support/nd_array.h"

namespace lamina::testing {

/// The padding in front of one axis (0: height), and the number of windows: TensorFlow's rule, or four numbers.
struct Padding {
  int64_t before = 0, windows = 0;
};
inline Padding padding_of(int64_t extent, int64_t size, int64_t stride, int64_t dilation,
                          const std::string& mode, int axis) {
  const int64_t span = (size - 1) * dilation + 1;
  if (mode == "valid") return {0, (extent - span + stride) / stride};
  if (mode != "same") {
    long long above = 0, below = 0, left = 0, right = 0;
    std::sscanf(mode.c_str(), "%lld,%lld,%lld,%lld", &above, &below, &left, &right);
    const int64_t before = axis == 0 ? above : left, after = axis == 0 ? below : right;
    return {before, (extent + before + after - span + stride) / stride};
  }
  const int64_t windows = (extent + stride - 1) / stride;
  return {std::max<int64_t>(0, (windows - 1) * stride + span - extent) / 2, windows};
}

/// Calls f(out index {n, y, x}, tap {i, j}, image index {n, y, x}) for every window and tap inside the image.
template <class F>
void for_each_tap(const Shape& image, int64_t height, int64_t width, const std::vector<int64_t>& strides,
                  const std::vector<int64_t>& dilations, const std::string& mode, F f) {
  const Padding rows = padding_of(image[1], height, strides[0], dilations[0], mode, 0);
  const Padding columns = padding_of(image[2], width, strides[1], dilations[1], mode, 1);
  for_each_index({image[0], rows.windows, columns.windows}, [&](const std::vector<int64_t>& out) {
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        const int64_t y = out[1] * strides[0] - rows.before + i * dilations[0];
        const int64_t x = out[2] * strides[1] - columns.before + j * dilations[1];
        if (y < 0 || y >= image[1] || x < 0 || x >= image[2]) continue;
        f(out, std::vector<int64_t>{i, j}, std::vector<int64_t>{out[0], y, x});
      }
    }
  });
}

inline Shape windows_shape(const Shape& image, int64_t height, int64_t width,
                           const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations,
                           const std::string& mode, int64_t channels) {
  return {image[0], padding_of(image[1], height, strides[0], dilations[0], mode, 0).windows,
          padding_of(image[2], width, strides[1], dilations[1], mode, 1).windows, channels};
}

inline Shape conv_shape_of(const Shape& image, const Shape& kernel, const Conv2DAttrs& attrs) {
  return windows_shape(image, kernel[0], kernel[1], attrs.strides, attrs.dilations, attrs.padding, kernel[3]);
}

/// Calls f(out, kernel index, image index) for every product that a convolution sums.
template <class F>
void for_each_product(const Shape& image, const Shape& kernel, const Conv2DAttrs& attrs, F f) {
  const int64_t group_filters = kernel[3] / attrs.groups;
  for_each_tap(
      image, kernel[0], kernel[1], attrs.strides, attrs.dilations, attrs.padding,
      [&](const auto& out, const auto& tap, const auto& pixel) {
        for (int64_t filter = 0; filter < kernel[3]; ++filter) {
          for (int64_t c = 0; c < kernel[2]; ++c) {
            f(std::vector<int64_t>{out[0], out[1], out[2], filter},
              std::vector<int64_t>{tap[0], tap[1], c, filter},
              std::vector<int64_t>{pixel[0], pixel[1], pixel[2], filter / group_filters * kernel[2] + c});
          }
        }
      });
}

inline NdArray conv_of(const NdArray& x, const NdArray& kernel, const Conv2DAttrs& attrs) {
  NdArray y(conv_shape_of(x.shape, kernel.shape, attrs));
  for_each_product(x.shape, kernel.shape, attrs, [&](const auto& out, const auto& k, const auto& pixel) {
    y.at(out) += x.at(pixel) * kernel.at(k);
  });
  return y;
}

inline NdArray conv_bias_act_of(const NdArray& x, const NdArray& kernel, const NdArray& bias,
                                const std::string& activation, const Conv2DAttrs& attrs) {
  NdArray y = conv_of(x, kernel, attrs);
  for (size_t i = 0; i < y.data.size(); ++i) {
    y.data[i] += bias.data[i % bias.data.size()];
    if (activation == "relu") y.data[i] = std::max(y.data[i], 0.0);
  }
  return y;
}

/// Maxima and their places.
inline std::vector<NdArray> max_pool_of(const NdArray& x, const Pool2DAttrs& attrs) {
  const std::vector<int64_t> one{1, 1};
  const Shape shape =
      windows_shape(x.shape, attrs.pool[0], attrs.pool[1], attrs.strides, one, attrs.padding, x.shape[3]);
  NdArray y(shape, -INFINITY), places(shape);
  for_each_tap(x.shape, attrs.pool[0], attrs.pool[1], attrs.strides, one, attrs.padding,
               [&](const auto& out, const auto& tap, const auto& pixel) {
                 for (int64_t c = 0; c < x.shape[3]; ++c) {
                   const std::vector<int64_t> at{out[0], out[1], out[2], c};
                   const double value = x.at({pixel[0], pixel[1], pixel[2], c});
                   if (value <= y.at(at)) continue;
                   y.at(at) = value;
                   places.at(at) = static_cast<double>(tap[0] * attrs.pool[1] + tap[1]);
                 }
               });
  return {y, places};
}

}  // namespace lamina::testing
