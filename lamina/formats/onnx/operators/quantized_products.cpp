// MatMulInteger, QLinearMatMul, ConvInteger, QLinearConv: sums of products of integers, which are exact.
#include <fmt/format.h>

#include "lamina/formats/onnx/operators/convolution.h"
#include "lamina/formats/onnx/operators/quantization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"

namespace lamina::onnx {
namespace {

// A scale or zero point of the left (rows) or right (columns) factor of a product, as it broadcasts against
// it. `scales`: it is the same for all numbers of a sum.
Tensor beside(const Tensor& x, const Shape& factor, bool left, bool scales) {
  if (!x.defined() || x.rank() == 0) return x;
  if (x.size() == 1) return reshape(x, Shape{});
  const int rank = factor.rank();
  const int kept = left ? rank - 2 : rank - 1;
  bool fits = rank >= 2;
  Tensor seen = x;
  if (fits && x.rank() == 1) {
    fits = x.shape()[0] == factor[kept];
    if (fits && left) seen = reshape(x, {x.shape()[0], 1});
  } else if (fits) {
    fits = x.rank() == rank;
    for (int axis = 0; fits && axis < rank; ++axis) {
      const bool summed = axis == (left ? rank - 1 : rank - 2);
      fits = x.shape()[axis] == 1 || (x.shape()[axis] == factor[axis] && !(summed && scales));
    }
  }
  if (!fits) {
    throw InvalidArgument(fmt::format("a scale or zero point of shape {} does not fit a factor of shape {}",
                                      x.shape().str(), factor.str()));
  }
  return seen;
}

Tensor product(const Value& a, const Tensor& a_zero, const Value& b, const Tensor& b_zero) {
  return matmul(centred(a, beside(a_zero, a.shape(), true, false)),
                centred(b, beside(b_zero, b.shape(), false, false)));
}

std::vector<Value> matmul_integer(Call& call) {
  return {
      Value(cast(product(call.value(0), call.optional(2), call.value(1), call.optional(3)), DType::kInt32))};
}

// The product of two scales over a third, as float32.
Tensor factor(const Tensor& a, const Tensor& b, const Tensor& y) {
  return divide(multiply(cast(a, DType::kFloat32), cast(b, DType::kFloat32)), cast(y, DType::kFloat32));
}

std::vector<Value> qlinear_matmul(Call& call) {
  const Value &a = call.value(0), &b = call.value(3);
  const Tensor sums = cast(product(a, call.optional(2), b, call.optional(5)), DType::kFloat32);
  const Tensor scales =
      factor(beside(call[1], a.shape(), true, true), beside(call[4], b.shape(), false, true),
             beside(call[6], sums.shape(), true, false));
  return {quantized(multiply(sums, scales), beside(call[7], sums.shape(), true, false), call.element(7))};
}

// One for all filters, or one for each: (filters, 1, ...).
Tensor of_filters(const Tensor& x, const Shape& kernel) {
  if (!x.defined() || x.rank() == 0) return x;
  if (x.size() == 1) return reshape(x, Shape{});
  if (x.rank() != 1 || kernel.rank() < 3 || x.shape()[0] != kernel[0]) {
    throw InvalidArgument(fmt::format("a scale or zero point of shape {} does not fit {} filters",
                                      x.shape().str(), kernel.rank() > 0 ? kernel[0] : 0));
  }
  Shape seen{kernel[0]};
  for (int axis = 1; axis < kernel.rank(); ++axis) seen.push_back(1);
  return reshape(x, seen);
}

Tensor one_for_all(const Tensor& x, const char* what) {
  if (!x.defined()) return x;
  if (x.size() != 1)
    throw InvalidArgument(fmt::format("its {} has shape {}; expected one number", what, x.shape().str()));
  return reshape(x, Shape{});
}

// Sums of products of up to 16 bits are exact in float64.
Tensor sums_of(Call& call, const Value& x, const Tensor& x_zero, const Value& w, const Tensor& w_zero) {
  const Value images(cast(centred(x, one_for_all(x_zero, "input's zero point")), DType::kFloat64));
  const Value kernel(cast(centred(w, of_filters(w_zero, w.shape())), DType::kFloat64));
  const Windows windows = windows_of(call, images.shape(), kernel_sizes(call, kernel));
  return convolve(images, kernel, windows, call.integer("group", 1)).tensor();
}

std::vector<Value> conv_integer(Call& call) {
  return {Value(
      cast(sums_of(call, call.value(0), call.optional(2), call.value(1), call.optional(3)), DType::kInt32))};
}

std::vector<Value> qlinear_conv(Call& call) {
  const Value &x = call.value(0), &w = call.value(3);
  Tensor sums = sums_of(call, x, call.optional(2), w, call.optional(5));
  Shape channels{sums.shape()[1]};
  for (int axis = 2; axis < sums.rank(); ++axis) channels.push_back(1);
  if (call.has(8)) sums = add(sums, cast(reshape(call[8], channels), DType::kFloat64));
  Tensor scale = of_filters(call[4], w.shape());
  if (scale.rank() > 0) scale = reshape(scale, channels);
  const Tensor scales =
      factor(one_for_all(call[1], "input's scale"), scale, one_for_all(call[6], "output's scale"));
  return {quantized(multiply(cast(sums, DType::kFloat32), scales),
                    one_for_all(call[7], "output's zero point"), call.element(7))};
}

const bool kQuantizedProductsRegistered[] = {register_operator("MatMulInteger", 10, matmul_integer),
                            register_operator("QLinearMatMul", 10, qlinear_matmul),
                            register_operator("ConvInteger", 10, conv_integer),
                            register_operator("QLinearConv", 10, qlinear_conv)};

}  // namespace
}  // namespace lamina::onnx
