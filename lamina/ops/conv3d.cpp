// Volumes as images: the depth of a window becomes channels, or pictures behind each other.
#include "lamina/ops/conv3d.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

[[noreturn]] void fail(const std::string& function, const std::string& what, const Shape& x, const Shape& kernel) {
  throw InvalidArgument(function + ": " + what + "; got x " + x.str() + " and a kernel " + kernel.str());
}

std::vector<int64_t> last_two(const std::vector<int64_t>& three) { return {three[1], three[2]}; }

void require_three(const std::string& function, const std::vector<int64_t>& values, const char* what) {
  const bool fits = values.size() == 3 && std::all_of(values.begin(), values.end(), [](int64_t v) { return v >= 1; });
  if (!fits) throw InvalidArgument(function + ": " + what + " must be three numbers of at least 1");
}

// Windows along an axis, and what is added in front and behind for padding "same".
struct Windows {
  int64_t count, before, after;
};

Windows windows_of(int64_t extent, int64_t size, int64_t stride, int64_t dilation, bool same) {
  const int64_t span = (size - 1) * dilation + 1;
  if (!same) return {extent < span ? 0 : (extent - span) / stride + 1, 0, 0};
  const int64_t count = (extent + stride - 1) / stride;
  const int64_t missing = std::max<int64_t>(0, (count - 1) * stride + span - extent);
  return {count, missing / 2, missing - missing / 2};
}

// (batch, depth, height, width, channels) as (batch * depth, height, width, channels).
Tensor as_images(const Tensor& x) {
  const Shape& s = x.shape();
  return reshape(x, {s[0] * s[1], s[2], s[3], s[4]});
}

Tensor as_volumes(const Tensor& images, int64_t batch, int64_t depth) {
  const Shape& s = images.shape();
  return reshape(images, {batch, depth, s[1], s[2], s[3]});
}

// max_pool2d or avg_pool2d over height and width, and then over depth: maxima and means of boxes come apart so.
template <class Pool>
Tensor pooled(const std::string& function, const Tensor& x, const std::vector<int64_t>& pool,
              const std::vector<int64_t>& strides, const std::string& padding, Pool pool2d) {
  if (x.rank() != 5)
    throw InvalidArgument(function + ": x must be (batch, depth, height, width, channels); got " + x.shape().str());
  require_three(function, pool, "pool");
  require_three(function, strides, "strides");
  const Tensor flat = pool2d(as_images(x), last_two(pool), last_two(strides), padding);
  const int64_t height = flat.shape()[1], width = flat.shape()[2], batch = x.shape()[0], channels = x.shape()[4];
  const Tensor y = pool2d(reshape(flat, {batch, x.shape()[1], height * width, channels}), {pool[0], 1}, {strides[0], 1},
                          padding);
  return reshape(y, {batch, y.shape()[1], height, width, channels});
}

}  // namespace

Tensor conv3d(const Tensor& x, const Tensor& kernel, const Conv3DOptions& options) {
  if (x.rank() != 5 || kernel.rank() != 5) {
    fail("conv3d",
         "x must be (batch, depth, height, width, channels) and the kernel (depth, height, width, channels / groups, "
         "filters)",
         x.shape(), kernel.shape());
  }
  require_three("conv3d", options.strides, "strides");
  require_three("conv3d", options.dilations, "dilations");
  const bool same = options.padding == "same";
  if (!same && options.padding != "valid")
    fail("conv3d", "padding must be \"valid\" or \"same\", not \"" + options.padding + "\"", x.shape(), kernel.shape());
  if (options.groups < 1 || x.shape()[4] != kernel.shape()[3] * options.groups)
    fail("conv3d", "the channels of x must be groups times those of the kernel", x.shape(), kernel.shape());
  const int64_t taps = kernel.shape()[0], stride = options.strides[0], dilation = options.dilations[0];
  const Windows depth = windows_of(x.shape()[1], taps, stride, dilation, same);
  if (depth.count < 1) fail("conv3d", "the kernel does not fit", x.shape(), kernel.shape());
  const Tensor padded =
      depth.before + depth.after > 0 ? pad(x, {{0, 0}, {depth.before, depth.after}, {0, 0}, {0, 0}, {0, 0}}) : x;
  const Conv2DAttrs plane{.strides = last_two(options.strides),
                          .padding = options.padding,
                          .dilations = last_two(options.dilations),
                          .groups = options.groups};
  std::vector<Tensor> slices;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t first = tap * dilation;
    slices.push_back(
        slice(padded, {0, first}, {x.shape()[0], first + (depth.count - 1) * stride + 1}, {1, stride}));
  }
  Tensor y;
  if (options.groups == 1) {
    // One product for all steps of depth.
    const Shape& k = kernel.shape();
    const Tensor wide = reshape(transpose(kernel, {1, 2, 0, 3, 4}), {k[1], k[2], taps * k[3], k[4]});
    y = conv2d(as_images(taps == 1 ? slices[0] : concatenate(slices, -1)), wide, plane);
  } else {
    for (int64_t tap = 0; tap < taps; ++tap) {
      const Tensor part = conv2d(as_images(slices[static_cast<size_t>(tap)]), kernel[tap], plane);
      y = y.defined() ? y + part : part;
    }
  }
  return as_volumes(y, x.shape()[0], depth.count);
}

Shape conv3d_transpose_shape(const Shape& x, const Shape& kernel, const Conv3DTransposeOptions& options) {
  if (x.rank() != 5 || kernel.rank() != 5 || x[4] != kernel[4]) {
    fail("conv3d_transpose",
         "x must be (batch, depth, height, width, channels) and the kernel (depth, height, width, filters, channels)", x,
         kernel);
  }
  require_three("conv3d_transpose", options.strides, "strides");
  require_three("conv3d_transpose", options.dilations, "dilations");
  const bool given = !options.output_padding.empty();
  if (given && options.output_padding.size() != 3)
    fail("conv3d_transpose", "output_padding must be three numbers", x, kernel);
  // The rule of two axes, for depth and height, and for height and width.
  const auto two = [&](int first) {
    const auto at = static_cast<size_t>(first);
    const auto pair = [&](const std::vector<int64_t>& three) { return std::vector<int64_t>{three[at], three[at + 1]}; };
    return conv2d_transpose_shape({x[0], x[1 + first], x[2 + first], x[4]},
                                  {kernel[first], kernel[first + 1], kernel[3], kernel[4]},
                                  {.strides = pair(options.strides),
                                   .padding = options.padding,
                                   .output_padding = given ? pair(options.output_padding) : std::vector<int64_t>(),
                                   .dilations = pair(options.dilations)});
  };
  const Shape outer = two(0), inner = two(1);
  return {x[0], outer[1], inner[1], inner[2], kernel[3]};
}

Tensor conv3d_transpose(const Tensor& x, const Tensor& kernel, const Conv3DTransposeOptions& options) {
  const Shape result = conv3d_transpose_shape(x.shape(), kernel.shape(), options);
  const Shape &s = x.shape(), &k = kernel.shape();
  const int64_t taps = k[0], filters = k[3], stride = options.strides[0], dilation = options.dilations[0];
  // All steps of depth of the kernel at once, as channels of the result.
  const Tensor wide = reshape(transpose(kernel, {1, 2, 0, 3, 4}), {k[1], k[2], taps * filters, k[4]});
  const Tensor planes = conv2d_grad_input(
      as_images(x), wide, {s[0] * s[1], result[2], result[3], taps * filters},
      {.strides = last_two(options.strides), .padding = options.padding, .dilations = last_two(options.dilations)});
  const Tensor parts = reshape(planes, {s[0], s[1], result[2], result[3], taps, filters});
  // Step d of x with tap t of the kernel belongs to place d * stride + t * dilation, less what padding "same" cuts.
  const int64_t spread = (s[1] - 1) * stride + 1, whole = spread + (taps - 1) * dilation;
  Tensor sum;
  for (int64_t tap = 0; tap < taps; ++tap) {
    Tensor part = squeeze(slice(parts, {0, 0, 0, 0, tap}, {s[0], s[1], result[2], result[3], tap + 1}), {4});
    if (stride > 1 && s[1] > 1) {  // zeros between the steps
      const Tensor gaps = zeros(Shape{s[0], s[1], stride - 1, result[2], result[3], filters}, x.dtype());
      part = reshape(concatenate({expand_dims(part, 2), gaps}, 2),
                     {s[0], s[1] * stride, result[2], result[3], filters});
      part = slice(part, {0, 0}, {s[0], spread});
    }
    const int64_t before = tap * dilation;
    part = pad(part, {{0, 0}, {before, whole - spread - before}, {0, 0}, {0, 0}, {0, 0}});
    sum = sum.defined() ? sum + part : part;
  }
  const Windows depth = windows_of(result[1], taps, stride, dilation, options.padding == "same");
  const int64_t missing = depth.before + result[1] - whole;
  if (missing > 0) sum = pad(sum, {{0, 0}, {0, missing}, {0, 0}, {0, 0}, {0, 0}});
  return slice(sum, {0, depth.before}, {s[0], depth.before + result[1]});
}

Tensor max_pool3d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding) {
  return pooled("max_pool3d", x, pool, strides, padding, max_pool2d);
}

Tensor avg_pool3d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding) {
  return pooled("avg_pool3d", x, pool, strides, padding, avg_pool2d);
}

}  // namespace lamina
