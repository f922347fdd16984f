// Reductions over axes, ArgMax and ArgMin, Softmax and its kin, cumulative sums.
#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

using Reduce = Tensor (*)(const Tensor& x, const Axes& axes, bool keepdims);

Tensor sum_of(const Tensor& x, const Axes& axes, bool keepdims) { return cast(sum(x, axes, keepdims), x.dtype()); }
Tensor mean_of(const Tensor& x, const Axes& axes, bool keepdims) {
  return is_floating(x.dtype()) ? mean(x, axes, keepdims)
                                : cast(mean(cast(x, DType::kFloat64), axes, keepdims), x.dtype());
}
Tensor prod_of(const Tensor& x, const Axes& axes, bool keepdims) { return cast(prod(x, axes, keepdims), x.dtype()); }
Tensor l1(const Tensor& x, const Axes& axes, bool keepdims) { return sum_of(lamina::abs(x), axes, keepdims); }
Tensor squares(const Tensor& x, const Axes& axes, bool keepdims) { return sum_of(square(x), axes, keepdims); }
// What has no integers of its own is computed in float64 for those.
template <Reduce f>
Tensor in_floats(const Tensor& x, const Axes& axes, bool keepdims) {
  return is_floating(x.dtype()) ? f(x, axes, keepdims) : cast(f(cast(x, DType::kFloat64), axes, keepdims), x.dtype());
}
Tensor l2(const Tensor& x, const Axes& axes, bool keepdims) { return lamina::sqrt(squares(x, axes, keepdims)); }
Tensor log_sum(const Tensor& x, const Axes& axes, bool keepdims) { return lamina::log(sum(x, axes, keepdims)); }
Tensor log_sum_exp(const Tensor& x, const Axes& axes, bool keepdims) {
  return x.size() > 0 ? logsumexp(x, axes, keepdims) : log_sum(x, axes, keepdims);
}

// The extreme of no elements is the other end of the type.
template <bool largest>
Tensor extreme(const Tensor& x, const Axes& axes, bool keepdims) {
  if (x.dtype() == DType::kBool && x.size() == 0)
    return full(ops::any(x, axes, keepdims).shape(), largest ? 0 : 1, DType::kBool);
  if (x.dtype() == DType::kBool) return cast(extreme<largest>(cast(x, DType::kInt32), axes, keepdims), DType::kBool);
  if (x.size() > 0) return largest ? lamina::max(x, axes, keepdims) : lamina::min(x, axes, keepdims);
  const Tensor shape = sum(x, axes, keepdims);
  double end = largest ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  if (!is_floating(x.dtype())) {
    const int width = static_cast<int>(8 * size_of(x.dtype()));
    const bool no_sign = x.dtype() == DType::kUInt8;
    end = largest ? (no_sign ? 0 : -std::ldexp(1.0, width - 1)) : std::ldexp(1.0, no_sign ? width : width - 1) - 1;
  }
  return full(shape.shape(), end, x.dtype());
}

template <Reduce f>
std::vector<Value> reduced(Call& call) {
  const bool keepdims = call.integer("keepdims", 1) != 0;
  const bool nothing = call.integer("noop_with_empty_axes", 0) != 0;
  const auto axes = call.integers_of(1, "axes");
  const Value& x = call.value(0);
  const ElementType type = call.element();
  if ((!axes || axes->empty()) && nothing) {
    // Only what combines elements is left out.
    return {map(x, [](const Tensor& elements) {
      Shape shape = elements.shape();
      shape.push_back(1);
      return f(reshape(elements, shape), {elements.rank()}, false);
    }, type)};
  }
  std::vector<int> named;
  for (const int64_t axis : axes.value_or(std::vector<int64_t>{})) named.push_back(axis_of(axis, x.rank()));
  if (named.empty()) return {Value(wrapped(f(x.tensor(), {}, keepdims), type), type)};
  // Where the axes stay, so may their order.
  if (keepdims) {
    std::vector<int> places;
    for (const int axis : named) places.push_back(place_of(x.order(), axis));
    return {Value::lying(wrapped(f(x.in_order(x.order()), places, true), type), x.order(), type)};
  }
  const Order left = without(x.order(), named);
  std::vector<int> places;
  for (const int axis : named) places.push_back(place_of(x.order(), axis));
  return {Value::lying(wrapped(f(x.in_order(x.order()), places, false), type), left, type)};
}

template <bool largest>
std::vector<Value> place(Call& call) {
  const int axis = axis_of(call.integer("axis", 0), call.value(0).rank());
  const bool keepdims = call.integer("keepdims", 1) != 0, last = call.integer("select_last_index", 0) != 0;
  const auto find = [&](const Tensor& x) { return largest ? argmax(x, axis, keepdims) : argmin(x, axis, keepdims); };
  const Tensor& x = call[0];
  if (!last) return {Value(cast(find(x), DType::kInt64))};
  return {Value(subtract(static_cast<double>(x.shape()[axis] - 1), cast(find(flip(x, {axis})), DType::kInt64)))};
}

// Before version 13 the axes from `axis` on were one.
template <class F>
std::vector<Value> along(Call& call, F&& f) {
  const Value& x = call.value(0);
  const ElementType type = call.element();
  const DType dtype = storage(type);
  const bool half = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  const auto computed = [&](const Tensor& elements, int axis) {
    return half ? cast(f(cast(elements, DType::kFloat32), axis), dtype) : f(elements, axis);
  };
  if (call.opset() >= 13) {
    const int axis = axis_of(call.integer("axis", -1), x.rank());
    return {Value::lying(computed(x.in_order(x.order()), place_of(x.order(), axis)), x.order(), type)};
  }
  int64_t axis = call.integer("axis", 1);
  if (axis < 0) axis += x.rank();
  if (axis < 0 || axis > x.rank()) call.fail("attribute 'axis' is out of range");
  const Tensor& elements = x.tensor();
  int64_t rows = 1;
  for (int i = 0; i < axis; ++i) rows *= elements.shape()[i];
  const int64_t columns = rows == 0 ? 0 : elements.size() / rows;
  return {Value(reshape(computed(reshape(elements, {rows, columns}), 1), elements.shape()), type)};
}

// Of the first of the largest elements.
Tensor hardmax(const Tensor& x, int axis) {
  const Tensor chosen = argmax(x, axis, true);
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) shape.push_back(i == axis ? x.shape()[axis] : 1);
  return cast(equal(chosen, cast(reshape(arange(x.shape()[axis]), shape), chosen.dtype())), x.dtype());
}

template <bool product>
std::vector<Value> cumulated(Call& call) {
  const int axis = axis_of(call.known_integer(1), call.value(0).rank());
  const bool exclusive = call.integer("exclusive", 0) != 0, reverse = call.integer("reverse", 0) != 0;
  Tensor x = call[0];
  if (reverse) x = flip(x, {axis});
  if (exclusive) {
    std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops(x.shape().begin(), x.shape().end());
    stops[static_cast<size_t>(axis)] = std::min<int64_t>(1, x.shape()[axis]);
    const Tensor first = full(slice(x, starts, stops).shape(), product ? 1 : 0, x.dtype());
    stops[static_cast<size_t>(axis)] = std::max<int64_t>(0, x.shape()[axis] - 1);
    x = concatenate({first, slice(x, starts, stops)}, axis);
  }
  Tensor y = cast(product ? cumprod(x, axis) : cumsum(x, axis), x.dtype());
  if (reverse) y = flip(y, {axis});
  return {Value(wrapped(y, call.element()), call.element())};
}

const bool kReduceRegistered[] = {
    register_operator("ReduceSum", 1, reduced<sum_of>),
    register_operator("ReduceMean", 1, reduced<mean_of>),
    register_operator("ReduceProd", 1, reduced<prod_of>),
    register_operator("ReduceMax", 1, reduced<extreme<true>>),
    register_operator("ReduceMin", 1, reduced<extreme<false>>),
    register_operator("ReduceL1", 1, reduced<l1>),
    register_operator("ReduceL2", 1, reduced<in_floats<l2>>),
    register_operator("ReduceSumSquare", 1, reduced<squares>),
    register_operator("ReduceLogSum", 1, reduced<in_floats<log_sum>>),
    register_operator("ReduceLogSumExp", 1, reduced<in_floats<log_sum_exp>>),
    register_operator("ArgMax", 1, place<true>),
    register_operator("ArgMin", 1, place<false>),
    register_operator("Softmax", 1, [](Call& call) { return along(call, lamina::softmax); }),
    register_operator("LogSoftmax", 1, [](Call& call) { return along(call, lamina::log_softmax); }),
    register_operator("Hardmax", 1, [](Call& call) { return along(call, hardmax); }),
    register_operator("CumSum", 11, cumulated<false>),
    register_operator("CumProd", 26, cumulated<true>)};

}  // namespace
}  // namespace lamina::onnx
