// Operators of shapes: what they say of a tensor, and the same elements under another shape.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/formats/onnx/operators/moved_strings.h"
#include "lamina/formats/onnx/operators/reshape.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/concatenate.h"

namespace lamina::onnx {
namespace {

Value integers_value(const std::vector<int64_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

// The value under another shape: strings, too.
Value reshaped(const Value& x, const Shape& shape) {
  if (x.is_strings()) return Value::of_strings(x.strings(), shape);
  return {reshape(x.tensor(), shape), x.type()};
}

std::vector<Value> shape_operator(Call& call) {
  const Shape shape = call.value(0).shape();
  const int64_t rank = shape.rank();
  int64_t start = call.integer("start", 0), end = call.integer("end", rank);
  if (start < 0) start += rank;
  if (end < 0) end += rank;
  start = std::clamp<int64_t>(start, 0, rank);
  end = std::clamp<int64_t>(end, 0, rank);
  std::vector<int64_t> extents;
  for (int64_t axis = start; axis < end; ++axis) extents.push_back(shape[static_cast<int>(axis)]);
  return {integers_value(extents)};
}

std::vector<Value> size_operator(Call& call) {
  return {Value(Tensor::from<int64_t>({call.value(0).shape().size()}).reshape({}))};
}

std::vector<Value> flatten(Call& call) {
  const Shape shape = call.value(0).shape();
  int64_t axis = call.integer("axis", 1);
  if (axis < 0) axis += shape.rank();
  if (axis < 0 || axis > shape.rank()) call.fail("attribute 'axis' is out of range");
  int64_t rows = 1, columns = 1;
  for (int i = 0; i < shape.rank(); ++i) (i < axis ? rows : columns) *= shape[i];
  return {reshaped(call.value(0), {rows, columns})};
}

std::vector<Value> squeeze_operator(Call& call) {
  const Value& x = call.value(0);
  const auto axes = call.integers_of(1, "axes");
  const Shape from = x.shape();
  std::vector<int> dropped;
  if (axes) {
    for (const int64_t axis : *axes) dropped.push_back(axis_of(axis, from.rank()));
  } else {
    for (int axis = 0; axis < from.rank(); ++axis) {
      if (from[axis] == 1) dropped.push_back(axis);
    }
  }
  Shape shape, lying;
  for (const int axis : dropped) {
    if (from[axis] != 1) call.fail(fmt::format("axis {} has {} elements, of which it takes one", axis, from[axis]));
  }
  const auto stays = [&](int axis) { return std::find(dropped.begin(), dropped.end(), axis) == dropped.end(); };
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (stays(axis)) shape.push_back(from[axis]);
  }
  if (x.is_strings()) return {Value::of_strings(x.strings(), shape)};
  for (const int axis : x.order()) {
    if (stays(axis)) lying.push_back(from[axis]);
  }
  return {Value::lying(reshape(x.in_order(x.order()), lying), without(x.order(), dropped), x.type())};
}

std::vector<Value> unsqueeze(Call& call) {
  const Value& x = call.value(0);
  const auto axes = call.integers_of(1, "axes");
  if (!axes) call.fail("it does not say which axes");
  const Shape from = x.shape();
  const int rank = from.rank() + static_cast<int>(axes->size());
  if (rank > Shape::kMaxRank) call.fail(fmt::format("its result has {} axes", rank));
  std::vector<bool> added(static_cast<size_t>(rank), false);
  for (const int64_t axis : *axes) {
    const auto place = static_cast<size_t>(axis_of(axis, rank));
    if (added[place]) call.fail(fmt::format("axis {} occurs twice", place));
    added[place] = true;
  }
  Shape shape;
  int next = 0;
  for (const bool is_new : added) shape.push_back(is_new ? 1 : from[next++]);
  if (x.is_strings()) return {Value::of_strings(x.strings(), shape)};
  return {reshaped_as_it_lies(x, shape)};
}

std::vector<Value> transpose_operator(Call& call) {
  const Value& x = call.value(0);
  const int rank = x.rank();
  std::vector<int> perm;
  if (const auto given = call.integer_list("perm")) {
    for (const int64_t axis : *given) perm.push_back(axis_of(axis, rank));
    std::vector<int> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != plain_order(rank)) call.fail("attribute 'perm' is no order of its axes");
  } else {
    for (int axis = rank - 1; axis >= 0; --axis) perm.push_back(axis);
  }
  if (x.is_strings()) return {strings_at(x, lamina::transpose(places_of_strings(x), perm))};
  // Nothing moves: the axes get other names.
  Order order;
  for (const int axis : x.order()) order.push_back(place_of(perm, axis));
  return {Value::lying(x.in_order(x.order()), order, x.type())};
}

std::vector<Value> expand(Call& call) {
  Shape target;
  for (const int64_t extent : call.known_integers(1)) target.push_back(extent);
  const Value& given = call.value(0);
  const Tensor x = given.is_strings() ? places_of_strings(given) : call[0];
  // Extents of 1 in the target leave those of x.
  Shape shape;
  const int rank = std::max(x.rank(), target.rank());
  for (int axis = 0; axis < rank; ++axis) {
    const int from_x = axis - rank + x.rank(), from_target = axis - rank + target.rank();
    const int64_t a = from_x < 0 ? 1 : x.shape()[from_x], b = from_target < 0 ? 1 : target[from_target];
    if (b < 0 || (a != b && a != 1 && b != 1))
      call.fail("cannot broadcast " + x.shape().str() + " to " + target.str());
    shape.push_back(a == 1 ? b : a);
  }
  const Tensor expanded = broadcast_to(x, shape);
  return {given.is_strings() ? strings_at(given, expanded) : Value(expanded, call.element())};
}

std::vector<Value> tile(Call& call) {
  const Tensor& x = call[0];
  std::vector<int64_t> repeats;
  if (call.opset() < 6) {
    repeats.assign(static_cast<size_t>(x.rank()), 1);
    repeats[static_cast<size_t>(axis_of(call.known_integer(2), x.rank()))] = call.known_integer(1);
  } else {
    repeats = call.known_integers(1);
  }
  if (static_cast<int>(repeats.size()) != x.rank()) call.fail("it takes one number of repeats for each axis");
  // (a, b) becomes (1, a, 1, b), then (m, a, n, b).
  Shape apart, wide, result;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t times = repeats[static_cast<size_t>(axis)];
    int64_t extent = 0;
    if (times < 0 || __builtin_mul_overflow(times, x.shape()[axis], &extent))
      call.fail(fmt::format("a number of repeats is {}", times));
    if (times != 1) {
      apart.push_back(1);
      wide.push_back(times);
    }
    apart.push_back(x.shape()[axis]);
    wide.push_back(x.shape()[axis]);
    result.push_back(extent);
  }
  return {Value(reshape(broadcast_to(reshape(x, apart), wide), result), call.element())};
}

const bool kShapeRegistered[] = {
    register_operator("Shape", 1, shape_operator),
    register_operator("Size", 1, size_operator),
    register_operator("Flatten", 1, flatten),
    register_operator("Squeeze", 1, squeeze_operator),
    register_operator("Unsqueeze", 1, unsqueeze),
    register_operator("Transpose", 1, transpose_operator),
    register_operator("Expand", 8, expand),
    register_operator("Tile", 1, tile),
    register_operator("Identity", 1, [](Call& call) -> std::vector<Value> {
      return {call.size() > 0 ? call.values()[0] : Value()};
    })};

}  // namespace
}  // namespace lamina::onnx
