// Convolutions: of floats, of integers, and of floats with integer weights.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/tflite/operators/integer_sums.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::tflite {
namespace {

// Kernels of files are (filters, ..., channels) and lie as (..., channels, filters).
onnx::Order filters_last(int rank) {
  onnx::Order order;
  for (int axis = 1; axis < rank; ++axis) order.push_back(axis);
  order.push_back(0);
  return order;
}

// Those of transposed convolutions as (..., filters, channels).
onnx::Order filters_before_channels(int rank) {
  onnx::Order order = filters_last(rank);
  std::swap(order[static_cast<size_t>(rank) - 1], order[static_cast<size_t>(rank) - 2]);
  return order;
}

std::string padding_of(const Call& call) {
  switch (option(call, "padding")) {
    case 0:
      return "same";
    case 1:
      return "valid";
    default:
      throw Unsupported("its padding is not known");
  }
}

Conv2DAttrs attrs_of(const Call& call) {
  const Conv2DAttrs attrs{
      .strides = {option(call, "stride_h"), option(call, "stride_w")},
      .padding = padding_of(call),
      .dilations = {option(call, "dilation_h_factor", 1), option(call, "dilation_w_factor", 1)}};
  call.ignore({"quantized_bias_type"});
  return attrs;
}

void require_image(const Call& call, const Tensor& x, const Shape& kernel) {
  if (x.rank() != 4 || kernel.rank() != 4)
    call.fail(
        fmt::format("takes images and kernels of 4 axes; received {} and {}", x.shape().str(), kernel.str()));
}

Tensor with_bias(const Call& call, const Tensor& y, size_t i) {
  return call.has(i) ? add(y, cast(call[i], y.dtype())) : y;
}

// The convolution in whichever numbers: `arrange` makes a kernel of conv2d of the weights as the file has
// them.
/// `rows_of`: how floats become integers beside integer weights.
template <class Product>
std::vector<Value> in_numbers(Call& call, int channel_axis, const Value& kernel, const onnx::Order& order,
                              IntegerRows (*rows_of)(const Tensor&), Product&& product) {
  const Tensor& x = call[0];
  if (quantized(call)) {
    const IntegerWeights weights = integer_weights(call, 1, channel_axis, onnx::bits(call.element(0)) + 1);
    const Tensor lying = settled(Value(weights.values).in_order(order));
    return {scaled_sums(call, product(centred(call, 0, weights.dtype()), lying),
                        products(call, weights.scales), 2, scaling_of(call, 2))};
  }
  if (quantized(call, 1)) {
    const IntegerWeights weights = integer_weights(call, 1, channel_axis, 9);
    const Tensor lying = settled(Value(weights.values).in_order(order));
    const Tensor y =
        hybrid_sums(rows_of(x), weights, [&](const Tensor& integers) { return product(integers, lying); });
    return {output(call, activated(call, with_bias(call, y, 2)))};
  }
  return {
      output(call, activated(call, with_bias(call, product(x, cast(kernel.in_order(order), x.dtype())), 2)))};
}

std::vector<Value> conv_2d(Call& call) {
  const Value& kernel = call.value(1);
  require_image(call, call[0], kernel.shape());
  Conv2DAttrs attrs = attrs_of(call);
  const int64_t channels = call[0].shape()[3], each = kernel.shape()[3];
  if (each < 1 || channels % each != 0)
    call.fail(fmt::format("its kernel of {} channels does not fit its input of {}", each, channels));
  attrs.groups = channels / each;
  const auto convolve = [&](const Tensor& x, const Tensor& filters) { return conv2d(x, filters, attrs); };
  // Kernels of one pixel are products of matrices, whose rows are pixels.
  const Shape& k = kernel.shape();
  const bool pixels =
      k[1] == 1 && k[2] == 1 && attrs.groups == 1 && attrs.strides == std::vector<int64_t>{1, 1};
  if (!pixels || !quantized(call, 1) || quantized(call))
    return in_numbers(call, 0, kernel, filters_last(4), rows_in_steps, convolve);
  const IntegerWeights weights = integer_weights(call, 1, 0, 9);
  const Tensor& x = call[0];
  const Tensor rows = reshape(x, {x.size() / std::max<int64_t>(channels, 1), channels});
  const Tensor y = hybrid_sums(rows_in_steps(rows), weights, [&](const Tensor& integers) {
    return matmul(integers, transpose(reshape(weights.values, {k[0], channels}), {1, 0}));
  });
  const Tensor images = reshape(y, {x.shape()[0], x.shape()[1], x.shape()[2], k[0]});
  return {output(call, activated(call, with_bias(call, images, 2)))};
}

std::vector<Value> depthwise(Call& call) {
  const Value& kernel = call.value(1);
  require_image(call, call[0], kernel.shape());
  Conv2DAttrs attrs = attrs_of(call);
  call.ignore({"depth_multiplier"});
  const Shape& s = kernel.shape();
  attrs.groups = call[0].shape()[3];
  if (s[0] != 1 || attrs.groups < 1 || s[3] % attrs.groups != 0)
    call.fail(fmt::format("its kernel {} does not fit its input {}", s.str(), call[0].shape().str()));
  return in_numbers(call, 3, kernel, onnx::plain_order(4), rows_by_size,
                    [&](const Tensor& x, const Tensor& filters) {
                      return conv2d(x, reshape(filters, {s[1], s[2], 1, s[3]}), attrs);
                    });
}

// Its inputs are the shape of the result, the kernel, x and a bias.
std::vector<Value> transpose_conv(Call& call) {
  const Value& kernel = call.value(1);
  const Tensor& x = call[2];
  const std::vector<int64_t> extents = call.known_integers(0);
  require_image(call, x, kernel.shape());
  if (extents.size() != 4) call.fail("its shape has not four extents");
  Shape result{x.shape()[0]};
  for (size_t i = 1; i < 4; ++i) result.push_back(extents[i]);
  if (kernel.shape()[3] != x.shape()[3] || kernel.shape()[0] != result[3])
    call.fail(fmt::format("its kernel {} does not fit {} and {}", kernel.shape().str(), x.shape().str(),
                          result.str()));
  Conv2DAttrs attrs{.strides = {option(call, "stride_h"), option(call, "stride_w")},
                    .padding = padding_of(call)};
  call.ignore({"quantized_bias_type"});
  // Pixels of a result that is larger or smaller than the padding says lie behind.
  std::string numbers;
  int64_t pads[2][2] = {{0, 0}, {0, 0}};
  Shape reached = result;
  for (int axis = 0; axis < 2; ++axis) {
    const int64_t stride = attrs.strides[static_cast<size_t>(axis)], size = kernel.shape()[axis + 1];
    if (stride < 1 || stride > (1 << 20)) call.fail("its strides must be at least 1");
    const int64_t wanted = result[axis + 1], need = (x.shape()[axis + 1] - 1) * stride + size;
    const int64_t count =
        attrs.padding == "same" ? (wanted + stride - 1) / stride : (wanted + stride - size) / stride;
    const int64_t total =
        attrs.padding == "same" ? std::max<int64_t>(0, (count - 1) * stride + size - wanted) : 0;
    pads[axis][0] = total / 2;
    pads[axis][1] = std::max<int64_t>(0, need - pads[axis][0] - wanted);
    if (wanted < 1 || wanted > (1 << 20)) call.fail(fmt::format("an extent of its result is {}", wanted));
    reached.set(axis + 1, std::max(wanted, need - pads[axis][0] - pads[axis][1]));
  }
  attrs.padding = fmt::format("{},{},{},{}", pads[0][0], pads[0][1], pads[1][0], pads[1][1]);
  const auto product = [&](const Tensor& images, const Tensor& filters) {
    return conv2d_grad_input(images, filters, reached, attrs);
  };
  const onnx::Order order = filters_before_channels(4);
  if (quantized(call, 2)) {
    const IntegerWeights weights = integer_weights(call, 1, 0, onnx::bits(call.element(2)) + 1);
    const Tensor lying = settled(Value(weights.values).in_order(order));
    return {scaled_sums(call, product(centred(call, 2, weights.dtype()), lying),
                        products(call, weights.scales, 2), 3, scaling_of(call, 3, 2))};
  }
  if (quantized(call, 1)) {
    const IntegerWeights weights = integer_weights(call, 1, 0, 9);
    const Tensor lying = settled(Value(weights.values).in_order(order));
    const Tensor y = hybrid_sums(rows_in_steps(x), weights,
                                 [&](const Tensor& integers) { return product(integers, lying); });
    return {output(call, activated(call, with_bias(call, y, 3)))};
  }
  return {
      output(call, activated(call, with_bias(call, product(x, cast(kernel.in_order(order), x.dtype())), 3)))};
}

// (depth, height, width, channels, filters); a convolution of images for each step of depth of the kernel,
// and their sum.
std::vector<Value> conv_3d(Call& call) {
  const Tensor &x = call[0], &kernel = call[1];
  if (x.rank() != 5 || kernel.rank() != 5) call.fail("takes volumes and kernels of 5 axes");
  const Shape& k = kernel.shape();
  const std::string padding = padding_of(call);
  const int64_t stride = option(call, "stride_d"), dilation = option(call, "dilation_d_factor", 1);
  if (stride < 1 || dilation < 1 || stride > (1 << 20) || dilation > (1 << 20))
    call.fail("strides and dilations must be at least 1");
  Conv2DAttrs attrs = attrs_of(call);
  if (k[3] < 1 || x.shape()[4] % k[3] != 0) call.fail("its kernel does not fit its input");
  attrs.groups = x.shape()[4] / k[3];
  const int64_t span = (k[0] - 1) * dilation + 1, depth = x.shape()[1];
  int64_t before = 0, after = 0;
  if (padding == "same") {
    const int64_t total = std::max<int64_t>(0, ((depth + stride - 1) / stride - 1) * stride + span - depth);
    before = total / 2;
    after = total - before;
  }
  const int64_t count = (depth + before + after - span) / stride + 1;
  if (depth + before + after < span || k[0] < 1) call.fail("its window is larger than its input");
  const Tensor padded = pad(x, {{0, 0}, {before, after}, {0, 0}, {0, 0}, {0, 0}});
  Tensor sum;
  for (int64_t tap = 0; tap < k[0]; ++tap) {
    const Tensor part = slice(padded, {0, tap * dilation},
                              {x.shape()[0], tap * dilation + (count - 1) * stride + 1}, {1, stride});
    const Shape& s = part.shape();
    const Tensor y = conv2d(reshape(part, {s[0] * s[1], s[2], s[3], s[4]}), kernel[tap], attrs);
    sum = sum.defined() ? add(sum, y) : y;
  }
  const Shape& s = sum.shape();
  sum = reshape(sum, {x.shape()[0], count, s[1], s[2], s[3]});
  return {output(call, activated(call, with_bias(call, sum, 2)))};
}

// Its inputs are the shape of the result, the kernel (depth, height, width, filters, channels), x and a bias.
std::vector<Value> conv_3d_transpose(Call& call) {
  const Tensor &kernel = call[1], &x = call[2];
  const std::vector<int64_t> extents = call.known_integers(0);
  if (x.rank() != 5 || kernel.rank() != 5 || extents.size() != 5)
    call.fail("takes volumes and kernels of 5 axes");
  const std::string padding = padding_of(call);
  const int64_t stride = option(call, "stride_d");
  Conv2DAttrs attrs = attrs_of(call);
  if (option(call, "dilation_d_factor", 1) != 1) throw Unsupported("is dilated along its depth");
  if (stride < 1 || stride > (1 << 20)) call.fail("its strides must be at least 1");
  const Shape &s = x.shape(), &k = kernel.shape();
  const int64_t reach = (s[1] - 1) * stride + k[0], wanted = extents[1];
  const int64_t before = padding == "same" ? std::max<int64_t>(0, reach - wanted) / 2 : 0;
  Tensor sum;
  for (int64_t tap = 0; tap < k[0]; ++tap) {
    const Tensor y = conv2d_grad_input(reshape(x, {s[0] * s[1], s[2], s[3], s[4]}), kernel[tap],
                                       {s[0] * s[1], extents[2], extents[3], extents[4]}, attrs);
    Tensor volumes = reshape(y, {s[0], s[1], extents[2], extents[3], extents[4]});
    if (stride > 1 && s[1] > 1) {  // zeros between the steps
      const Tensor gaps =
          zeros(Shape{s[0], s[1], stride - 1, extents[2], extents[3], extents[4]}, volumes.dtype());
      const Tensor wide =
          concatenate({reshape(volumes, {s[0], s[1], 1, extents[2], extents[3], extents[4]}), gaps}, 2);
      volumes = slice(reshape(wide, {s[0], s[1] * stride, extents[2], extents[3], extents[4]}), {0, 0},
                      {s[0], (s[1] - 1) * stride + 1});
    }
    const Tensor placed = pad(volumes, {{0, 0}, {tap, k[0] - 1 - tap}, {0, 0}, {0, 0}, {0, 0}});
    sum = sum.defined() ? add(sum, placed) : placed;
  }
  if (!sum.defined() || wanted < 1) call.fail("its result has no elements");
  if (before + wanted > reach) sum = pad(sum, {{0, 0}, {0, before + wanted - reach}, {0, 0}, {0, 0}, {0, 0}});
  sum = slice(sum, {0, before}, {s[0], before + wanted});
  return {output(call, activated(call, with_bias(call, sum, 3)))};
}

const bool kConvolutionRegistered[] = {
    builtin<conv_2d>("CONV_2D", {{1, 2}, {}, {1}, filters_last}),
    builtin<depthwise>("DEPTHWISE_CONV_2D", {{1, 2}}),
    builtin<transpose_conv>("TRANSPOSE_CONV", {{1, 3}, {}, {1}, filters_before_channels}),
    builtin<conv_3d>("CONV_3D", {{1, 2}}), builtin<conv_3d_transpose>("CONV_3D_TRANSPOSE", {{1, 3}})};

}  // namespace
}  // namespace lamina::tflite
