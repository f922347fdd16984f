// Conv and ConvTranspose.
#include "lamina/formats/onnx/operators/convolution.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

Conv2DAttrs attrs_of(const Windows& windows, size_t axis, int64_t groups) {
  const auto pair = [&](const std::vector<int64_t>& values) {
    return windows.axes() == 1 ? std::vector<int64_t>{1, values[0]} : std::vector{values[axis], values[axis + 1]};
  };
  return {.strides = pair(windows.strides),
          .padding = windows.padding(axis),
          .dilations = pair(windows.dilations),
          .groups = groups};
}

// The slices of x along its axis of depth that are element `tap` of each window.
Tensor depth_slices(const Tensor& x, const Windows& windows, int64_t tap, int64_t count) {
  const int64_t start = tap * windows.dilations[0];
  std::vector<int64_t> starts{0, start}, stops{x.shape()[0], start + (count - 1) * windows.strides[0] + 1},
      steps{1, windows.strides[0]};
  return slice(x, starts, stops, steps);
}

// Three spatial axes: a convolution of images for each step of depth of the kernel, and their sum.
Tensor convolve_volumes(const Tensor& x, const Tensor& kernel, const Windows& windows, int64_t groups) {
  const Tensor padded = pad(x, {{0, 0}, {windows.before[0], windows.after[0]}, {0, 0}, {0, 0}, {0, 0}});
  const int64_t count = windows.count(0, x.shape()[1]);
  if (count < 1) throw InvalidArgument("its window is larger than its input " + x.shape().str());
  Tensor sum;
  Shape images;
  for (int64_t tap = 0; tap < windows.sizes[0]; ++tap) {
    const Tensor part = depth_slices(padded, windows, tap, count);
    const Shape& s = part.shape();
    const Tensor y = conv2d(reshape(part, {s[0] * s[1], s[2], s[3], s[4]}), kernel[tap], attrs_of(windows, 1, groups));
    images = y.shape();
    sum = sum.defined() ? add(sum, y) : y;
  }
  return reshape(sum, {x.shape()[0], count, images[1], images[2], images[3]});
}

}  // namespace

Value convolve(const Value& x, const Value& kernel, const Windows& windows, int64_t groups) {
  const int rank = x.rank();
  if (rank > 5) throw Unsupported("has more than three spatial axes");
  const Tensor images = x.in_order(channels_last(rank));
  const Tensor filters = kernel.in_order(kernel_order(rank));
  Tensor y;
  if (rank == 5) {
    y = convolve_volumes(images, filters, windows, groups);
  } else {
    const Tensor flat = rank == 3 ? reshape(filters, {1, filters.shape()[0], filters.shape()[1], filters.shape()[2]})
                                  : filters;
    y = from_images(conv2d(as_images(images), flat, attrs_of(windows, 0, groups)), rank);
  }
  return Value::lying(y, channels_last(rank), x.type());
}

std::vector<int64_t> kernel_sizes(const Call& call, const Value& kernel) {
  std::vector<int64_t> sizes;
  const Shape shape = kernel.shape();
  for (int axis = 2; axis < shape.rank(); ++axis) sizes.push_back(shape[axis]);
  if (const auto given = call.integer_list("kernel_shape"); given && *given != sizes)
    call.fail("attribute 'kernel_shape' differs from its kernel " + shape.str());
  return sizes;
}

namespace {

// A bias of one number for each channel, which lie last.
Value with_bias(Call& call, const Value& y, size_t input) {
  if (!call.has(input)) return y;
  const Tensor& bias = call[input];
  if (bias.rank() != 1 || bias.shape()[0] != y.shape()[1])
    call.fail("its bias " + bias.shape().str() + " has not one number for each of its " +
              std::to_string(y.shape()[1]) + " filters");
  return Value::lying(add(y.in_order(y.order()), bias), y.order(), y.type());
}

std::vector<Value> conv(Call& call) {
  const Value &x = call.value(0), &kernel = call.value(1);
  const Windows windows = windows_of(call, x.shape(), kernel_sizes(call, kernel));
  return {with_bias(call, convolve(x, kernel, windows, call.integer("group", 1)), 2)};
}

// The transposed convolution of one group: what a convolution would have had to be given. Its kernel is
// (channels, filters, ...).
Tensor convolve_back(const Tensor& x, const Tensor& kernel, const Windows& windows, const Shape& result) {
  return conv2d_grad_input(x, kernel, result, attrs_of(windows, windows.axes() == 3 ? 1 : 0, 1));
}

std::vector<Value> conv_transpose(Call& call) {
  const Value &x = call.value(0), &kernel = call.value(1);
  const int rank = x.rank();
  const Shape in = x.shape();
  if (rank > 5) throw Unsupported("has more than three spatial axes");
  const int64_t groups = call.integer("group", 1);
  const std::vector<int64_t> sizes = kernel_sizes(call, kernel);
  const size_t axes = sizes.size();
  if (rank != static_cast<int>(axes) + 2) call.fail("its kernel does not fit its input " + in.str());
  if (groups < 1 || in[1] % groups != 0 || kernel.shape()[0] != in[1])
    call.fail("its kernel " + kernel.shape().str() + " does not fit its input " + in.str());
  const std::vector<int64_t> extra = call.integer_list("output_padding").value_or(std::vector<int64_t>(axes, 0));
  const auto wanted = call.integer_list("output_shape");
  const std::string automatic = call.text("auto_pad", "NOTSET");
  // What windows_of reads of pads and auto_pad is for the other direction.
  Windows windows{sizes, call.integer_list("strides").value_or(std::vector<int64_t>(axes, 1)),
                  call.integer_list("dilations").value_or(std::vector<int64_t>(axes, 1)), {}, {}};
  const std::vector<int64_t> pads = call.integer_list("pads").value_or(std::vector<int64_t>(2 * axes, 0));
  if (extra.size() != axes || windows.strides.size() != axes || windows.dilations.size() != axes ||
      pads.size() != 2 * axes || (wanted && wanted->size() < axes))
    call.fail(fmt::format("its attributes do not have {} numbers each", axes));
  const int64_t filters = kernel.shape()[1] * groups;
  Shape result{in[0]};
  for (size_t i = 0; i < axes; ++i) {
    const int64_t stride = windows.strides[i];
    if (stride < 1 || windows.dilations[i] < 1) call.fail("strides and dilations must be at least 1");
    const int64_t reach = stride * (in[static_cast<int>(i) + 2] - 1) + windows.span(i) + extra[i];
    int64_t before = pads[i], extent = reach - pads[i] - pads[i + axes];
    if (automatic == "VALID") {
      before = 0;
      extent = reach;
    }
    const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    if (wanted || same) {
      extent = wanted ? (*wanted)[wanted->size() - axes + i] : in[static_cast<int>(i) + 2] * stride;
      const int64_t total = std::max<int64_t>(0, reach - extent);
      before = automatic == "SAME_UPPER" ? total / 2 : automatic == "SAME_LOWER" ? (total + 1) / 2 : total / 2;
      if (!same) before = total - (total + 1) / 2;
    }
    if (extent < 1 || before < 0) call.fail("its result has no elements");
    windows.before.push_back(before);
    // So much behind that there are as many windows as x has elements, and no more.
    windows.after.push_back(std::max<int64_t>(0, (in[static_cast<int>(i) + 2] - 1) * stride + windows.span(i) - extent - before));
    result.push_back(extent);
  }
  // What lies beyond the last window is cut from, or added to, the result afterwards.
  Shape reached = result;
  reached.push_back(filters / groups);
  const Tensor images = x.in_order(channels_last(rank));
  // (channels, filters, ...) to (..., filters, channels): the kernel of the convolution that led here.
  const Tensor turned = kernel.in_order(kernel_order(rank));
  std::vector<Tensor> parts;
  const int64_t each = in[1] / groups;
  for (int64_t group = 0; group < groups; ++group) {
    const Tensor part = groups == 1 ? images : index(images, {ellipsis, Slice{group * each, (group + 1) * each}});
    const Tensor one = groups == 1 ? turned : index(turned, {ellipsis, Slice{group * each, (group + 1) * each}});
    if (rank == 5) {
      // Each step of depth of the kernel gives images; they are added at their places along the depth.
      const Shape& s = part.shape();
      const int64_t depth = (in[2] - 1) * windows.strides[0] + windows.span(0);
      Tensor sum;
      for (int64_t tap = 0; tap < sizes[0]; ++tap) {
        const Tensor y = convolve_back(reshape(part, {s[0] * s[1], s[2], s[3], s[4]}), one[tap], windows,
                                       {s[0] * s[1], result[2], result[3], filters / groups});
        const Tensor volumes = reshape(y, {s[0], s[1], result[2], result[3], filters / groups});
        const int64_t start = tap * windows.dilations[0], reach = (s[1] - 1) * windows.strides[0] + 1;
        Tensor spread = volumes;
        if (windows.strides[0] > 1 && s[1] > 1) {  // zeros between the steps
          const Tensor gaps = zeros(Shape{s[0], s[1], windows.strides[0] - 1, result[2], result[3], filters / groups},
                                    volumes.dtype());
          const Tensor wide =
              concatenate({reshape(volumes, {s[0], s[1], 1, result[2], result[3], filters / groups}), gaps}, 2);
          spread = slice(reshape(wide, {s[0], s[1] * windows.strides[0], result[2], result[3], filters / groups}),
                         {0, 0}, {s[0], reach});
        }
        const Tensor placed = pad(spread, {{0, 0}, {start, depth - start - reach}, {0, 0}, {0, 0}, {0, 0}});
        sum = sum.defined() ? add(sum, placed) : placed;
      }
      const int64_t end = windows.before[0] + result[1];
      if (end > depth) sum = pad(sum, {{0, 0}, {0, end - depth}, {0, 0}, {0, 0}, {0, 0}});
      parts.push_back(slice(sum, {0, windows.before[0]}, {s[0], end}));
    } else {
      const Tensor flat = rank == 3 ? reshape(one, {1, one.shape()[0], one.shape()[1], one.shape()[2]}) : one;
      const Shape wide = rank == 3 ? Shape{reached[0], 1, reached[1], reached[2]} : reached;
      parts.push_back(from_images(convolve_back(as_images(part), flat, windows, wide), rank));
    }
  }
  const Tensor y = parts.size() == 1 ? parts[0] : concatenate(parts, -1);
  return {with_bias(call, Value::lying(y, channels_last(rank), x.type()), 2)};
}

const Parameters kKernelAndBias{.trained = {1, 2}, .kernels = {1}, .weighs = true};

const bool kConvolutionRegistered[] = {register_operator("Conv", 1, conv, kKernelAndBias),
                            register_operator("ConvTranspose", 1, conv_transpose, kKernelAndBias)};

}  // namespace
}  // namespace lamina::onnx
