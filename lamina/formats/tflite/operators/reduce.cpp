// Reductions over axes that input 1 names, cumulative sums, and places of extremes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"

namespace lamina::tflite {
namespace {

using Reduction = Tensor (*)(const Tensor&, const Axes&, bool);

std::vector<int> axes_of(const Call& call) {
  std::set<int> axes;
  for (const int64_t axis : call.known_integers(1)) axes.insert(onnx::axis_of(axis, call[0].rank()));
  return {axes.begin(), axes.end()};
}

bool keeps(const Call& call) { return option(call, "keep_dims") != 0; }

template <Reduction f>
std::vector<Value> reduction(Call& call) {
  const std::vector<int> axes = axes_of(call);
  const bool keep = keeps(call);
  return {output(call, axes.empty() ? call[0] : f(call[0], axes, keep))};
}

// Sums of integers, whose mean is one more factor.
template <bool mean>
std::vector<Value> summed(Call& call) {
  const std::vector<int> axes = axes_of(call);
  const bool keep = keeps(call);
  const Tensor& x = call[0];
  if (!quantized(call)) {
    if (axes.empty()) return {output(call, x)};
    if (!mean) return {output(call, sum(x, axes, keep))};
    if (is_floating(x.dtype())) return {output(call, lamina::mean(x, axes, keep))};
  }
  int64_t count = 1;
  for (const int axis : axes) count *= x.shape()[axis];
  if (count == 0) call.fail("reduces no elements");
  if (!quantized(call)) {  // towards zero
    const Tensor total = sum(cast(x, DType::kFloat64), axes, keep);
    return {output(call, divide(total, static_cast<double>(count)))};
  }
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  Multiplier by = multiplier_of(static_cast<double>(in.scale()) / static_cast<double>(out.scale()));
  if (mean) {
    int shift = 63 - __builtin_clzll(static_cast<uint64_t>(count));
    shift = std::min({shift, 32, 31 + by.shift});
    by.m = static_cast<int32_t>((static_cast<int64_t>(by.m) << shift) / count);
    by.shift -= shift;
  }
  const Tensor total = axes.empty() ? centred(call, 0) : sum(centred(call, 0), axes, keep);
  const bool wide = onnx::bits(call.element(0)) > 8;
  const Tensor y = wide ? scaled_wide(total, {by}) : scaled(total, {by});
  return {clipped(call, add(y, static_cast<double>(out.zero())), range_of(output_type(call)))};
}

// Products of integers that stand for reals are scaled after each factor, so that they stay small.
Value integer_product(const Call& call, const std::vector<int>& axes, bool keep) {
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Shape& shape = call[0].shape();
  std::vector<int> order;
  Shape rest, kept;
  int64_t count = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (reduced) count *= shape[axis];
    if (!reduced) order.push_back(axis);
    if (!reduced) rest.push_back(shape[axis]);
    if (!reduced || keep) kept.push_back(reduced ? 1 : shape[axis]);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  if (count < 1 || count > 4096) call.fail(fmt::format("multiplies {} integers", count));
  const double root = std::pow(static_cast<double>(out.scale()), 1.0 / static_cast<double>(count));
  const Multiplier by = multiplier_of(static_cast<double>(in.scale()) / root);
  rest.push_back(count);
  const Tensor factors = reshape(transpose(centred(call, 0), order), rest);
  Tensor y;
  for (int64_t i = 0; i < count; ++i) {
    const Tensor factor = take(factors, Tensor::from<int64_t>({i}, Shape{}), -1);
    y = y.defined() ? scaled_wide(multiply(y, factor), {by}) : factor;
  }
  y = add(scaled_wide(y, {by}), static_cast<double>(out.zero()));
  return clipped(call, reshape(y, kept), range_of(output_type(call)));
}

std::vector<Value> product(Call& call) {
  const std::vector<int> axes = axes_of(call);
  const bool keep = keeps(call);
  if (quantized(call)) return {integer_product(call, axes, keep)};
  return {output(call, axes.empty() ? call[0] : prod(call[0], axes, keep))};
}

Tensor largest_over(const Tensor& x, const Axes& axes, bool keep) { return lamina::max(x, axes, keep); }
Tensor smallest_over(const Tensor& x, const Axes& axes, bool keep) { return lamina::min(x, axes, keep); }
Tensor any_over(const Tensor& x, const Axes& axes, bool keep) { return ops::any(x, axes, keep); }
Tensor all_over(const Tensor& x, const Axes& axes, bool keep) { return lamina::all(x, axes, keep); }

template <bool largest>
std::vector<Value> arg_extreme(Call& call) {
  call.ignore({"output_type"});
  const int axis = onnx::axis_of(call.known_integer(1), call[0].rank());
  return {output(call, largest ? argmax(call[0], axis) : argmin(call[0], axis))};
}

std::vector<Value> cumsum_operator(Call& call) {
  const int axis = onnx::axis_of(call.known_integer(1), call[0].rank());
  const bool exclusive = option(call, "exclusive") != 0, reverse = option(call, "reverse") != 0;
  Tensor x = call[0];
  if (reverse) x = flip(x, Axes{axis});
  Tensor y = cast(cumsum(x, axis), x.dtype());
  if (exclusive) y = subtract(y, x);
  if (reverse) y = flip(y, Axes{axis});
  return {output(call, y)};
}

const bool kReduceRegistered[] = {builtin<summed<true>>("MEAN"),
                            builtin<summed<false>>("SUM"),
                            builtin<product>("REDUCE_PROD"),
                            builtin<reduction<largest_over>>("REDUCE_MAX"),
                            builtin<reduction<smallest_over>>("REDUCE_MIN"),
                            builtin<reduction<any_over>>("REDUCE_ANY"),
                            builtin<reduction<all_over>>("REDUCE_ALL"),
                            builtin<arg_extreme<true>>("ARG_MAX"),
                            builtin<arg_extreme<false>>("ARG_MIN"),
                            builtin<cumsum_operator>("CUMSUM")};

}  // namespace
}  // namespace lamina::tflite
