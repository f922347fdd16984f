// Operators of shapes: what they say of a tensor, the same elements under another shape, elements repeated.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/output_meaning.h"
#include "lamina/formats/tflite/operators/call.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::tflite {
namespace {

Value under(const Value& x, const Shape& shape) {
  if (x.is_strings()) return Value::of_strings(x.strings(), shape);
  return {reshape(x.tensor(), shape), x.type()};
}

Shape shape_from(const Call& call, const std::vector<int64_t>& extents) {
  constexpr int64_t kMost = int64_t{1} << 28;
  if (extents.size() > static_cast<size_t>(Shape::kMaxRank))
    call.fail(fmt::format("its result has {} axes", extents.size()));
  Shape shape;
  double size = 1;
  for (const int64_t extent : extents) {
    size *= static_cast<double>(std::max<int64_t>(extent, 1));
    if (extent < 0 || extent > kMost || size > static_cast<double>(kMost))
      call.fail(fmt::format("an extent of its result is {}, or all of them are too much", extent));
    shape.push_back(extent);
  }
  return shape;
}

std::vector<Value> reshape_operator(Call& call) {
  const Value& x = call.value(0);
  std::vector<int64_t> wanted = list_option(call, "new_shape");
  if (call.has(1)) wanted = call.known_integers(1);
  // Complex numbers are pairs along one more axis.
  const auto types = call.integer_list("out_types");
  if (types && !types->empty() && (*types)[0] == static_cast<int64_t>(ElementType::kComplex64))
    wanted.push_back(2);
  const int64_t size = x.shape().size();
  int64_t known = 1, open = -1;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1) {
      if (open >= 0) call.fail("two extents are -1");
      open = static_cast<int64_t>(i);
    } else if (wanted[i] < 0 || __builtin_mul_overflow(known, wanted[i], &known)) {
      call.fail(fmt::format("an extent is {}", wanted[i]));
    }
  }
  if (open >= 0) {
    if (known == 0 || size % known != 0) call.fail("cannot make its shape of " + x.shape().str());
    wanted[static_cast<size_t>(open)] = size / known;
  }
  const Shape shape = shape_from(call, wanted);
  if (shape.size() != size) call.fail(fmt::format("cannot make {} of {}", shape.str(), x.shape().str()));
  return {under(x, shape)};
}

std::vector<Value> squeeze_operator(Call& call) {
  const Shape from = call.value(0).shape();
  std::vector<int> dropped;
  for (const int64_t axis : list_option(call, "squeeze_dims"))
    dropped.push_back(onnx::axis_of(axis, from.rank()));
  const bool all = dropped.empty();
  Shape shape;
  for (int axis = 0; axis < from.rank(); ++axis) {
    const bool named = all || std::find(dropped.begin(), dropped.end(), axis) != dropped.end();
    if (named && !all && from[axis] != 1) call.fail(fmt::format("axis {} has {} elements", axis, from[axis]));
    if (!named || from[axis] != 1) shape.push_back(from[axis]);
  }
  return {under(call.value(0), shape)};
}

std::vector<Value> expand_dims_operator(Call& call) {
  const Shape from = call.value(0).shape();
  const int at = onnx::axis_of(call.known_integer(1), from.rank() + 1);
  Shape shape;
  for (int axis = 0; axis <= from.rank(); ++axis) {
    if (axis == at) shape.push_back(1);
    if (axis < from.rank()) shape.push_back(from[axis]);
  }
  return {under(call.value(0), shape)};
}

std::vector<Value> transpose_operator(Call& call) {
  std::vector<int> order;
  for (const int64_t axis : call.known_integers(1)) order.push_back(onnx::axis_of(axis, call[0].rank()));
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != onnx::plain_order(call[0].rank())) call.fail("input 1 is no order of its axes");
  return {output(call, transpose(call[0], order))};
}

std::vector<Value> shape_operator(Call& call) {
  call.ignore({"out_type"});
  const Shape shape = call.value(0).shape();
  return {output(call, Tensor::from(std::vector<int64_t>(shape.begin(), shape.end()), {shape.rank()}))};
}

std::vector<Value> rank_operator(Call& call) {
  return {output(call, Tensor::from<int64_t>({call.value(0).rank()}, Shape{}))};
}

std::vector<Value> broadcast_to_operator(Call& call) {
  return {output(call, broadcast_to(call[0], shape_from(call, call.known_integers(1))))};
}

std::vector<Value> broadcast_args(Call& call) {
  std::vector<int64_t> a = call.known_integers(0), b = call.known_integers(1);
  if (a.size() < b.size()) std::swap(a, b);
  b.insert(b.begin(), a.size() - b.size(), 1);
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && a[i] != 1 && b[i] != 1) call.fail("its shapes do not broadcast");
    if (a[i] == 1) a[i] = b[i];
  }
  return {output(call, Tensor::from(a, {static_cast<int64_t>(a.size())}))};
}

std::vector<Value> tile_operator(Call& call) {
  const std::vector<int64_t> repeats = call.known_integers(1);
  const Shape& shape = call[0].shape();
  if (static_cast<int>(repeats.size()) != shape.rank())
    call.fail("it takes one number of repeats for each axis");
  std::vector<int64_t> extents;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t times = repeats[static_cast<size_t>(axis)];
    if (times < 0 || times > (int64_t{1} << 31)) call.fail(fmt::format("a number of repeats is {}", times));
    extents.push_back(times * shape[axis]);
  }
  shape_from(call, extents);
  return {output(call, tile(call[0], repeats))};
}

std::vector<Value> fill(Call& call) {
  const Shape shape = shape_from(call, call.known_integers(0));
  return {output(call, broadcast_to(reshape(call[1], {}), shape))};
}

std::vector<Value> range(Call& call) {
  const double start = call.known_number(0), limit = call.known_number(1), step = call.known_number(2);
  if (step == 0) call.fail("its step is 0");
  const double count = std::ceil((limit - start) / step);
  if (!(count < 1 << 26)) call.fail("has far too many elements");
  std::vector<double> values;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    values.push_back(start + static_cast<double>(i) * step);
  return {output(call, Tensor::from(values, {static_cast<int64_t>(values.size())}))};
}

std::vector<Value> pack(Call& call) {
  std::vector<Tensor> parts;
  for (size_t i = 0; i < call.size(); ++i) parts.push_back(call[i]);
  call.ignore({"values_count"});
  if (parts.empty()) call.fail("has no inputs");
  return {output(call, stack(parts, onnx::axis_of(option(call, "axis"), parts[0].rank() + 1)))};
}

const bool kShapeRegistered[] = {builtin<reshape_operator>("RESHAPE"),
                            builtin<squeeze_operator>("SQUEEZE"),
                            builtin<expand_dims_operator>("EXPAND_DIMS"),
                            builtin<transpose_operator>("TRANSPOSE"),
                            builtin<shape_operator>("SHAPE"),
                            builtin<rank_operator>("RANK"),
                            builtin<broadcast_to_operator>("BROADCAST_TO"),
                            builtin<broadcast_args>("BROADCAST_ARGS"),
                            builtin<tile_operator>("TILE"),
                            builtin<fill>("FILL"),
                            builtin<range>("RANGE"),
                            builtin<pack>("PACK")};
[[maybe_unused]] const bool kShapeMeans[] = {onnx::register_meaning(kDomain, "RESHAPE", ""),
                                             onnx::register_meaning(kDomain, "SQUEEZE", "")};

}  // namespace
}  // namespace lamina::tflite
