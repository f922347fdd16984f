// Reshape: which axes become which, and where those lie.
#include "lamina/formats/onnx/operators/reshape.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/ops/reshape.h"

namespace lamina::onnx {
namespace {

/// Neighbouring axes of the old shape, of more than one element each, that become neighbouring axes of the new one.
struct Group {
  std::vector<int> from, to;
};

/// The smallest ones. Neither shape is empty, and they have as many elements.
std::vector<Group> groups_of(const Shape& from, const Shape& to) {
  std::vector<Group> groups;
  int i = 0, j = 0;
  while (i < from.rank() || j < to.rank()) {
    Group group;
    int64_t old_extent = 1, new_extent = 1;
    const auto take_old = [&] {
      if (from[i] != 1) group.from.push_back(i);
      old_extent *= from[i++];
    };
    const auto take_new = [&] {
      group.to.push_back(j);
      new_extent *= to[j++];
    };
    if (i < from.rank()) take_old();
    if (j < to.rank()) take_new();
    while (old_extent != new_extent) old_extent < new_extent ? take_old() : take_new();
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

Value reshaped_as_it_lies(const Value& x, const Shape& shape) {
  const Order& order = x.order();
  if (std::is_sorted(order.begin(), order.end()) || shape.size() == 0)
    return {reshape(x.tensor(), shape), x.type()};
  const Shape from = x.shape();
  Order there, result;  // how x is to lie, and how the result does
  std::vector<Group> groups = groups_of(from, shape);
  const auto emit = [&](const Group& group) {
    there.insert(there.end(), group.from.begin(), group.from.end());
    result.insert(result.end(), group.to.begin(), group.to.end());
  };
  // What has one element lies anywhere.
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (from[axis] == 1) there.push_back(axis);
  }
  for (const Group& group : groups) {
    if (group.from.empty()) emit(group);
  }
  // A group lies where the innermost of its axes lay, which moves the least.
  for (size_t place = 0; place < order.size(); ++place) {
    for (const Group& group : groups) {
      const auto lies_behind = [&](int axis) { return place_of(order, axis) > static_cast<int>(place); };
      if (std::find(group.from.begin(), group.from.end(), order[place]) == group.from.end()) continue;
      if (std::none_of(group.from.begin(), group.from.end(), lies_behind)) emit(group);
    }
  }
  Shape lying;
  for (const int axis : result) lying.push_back(shape[axis]);
  return Value::lying(reshape(x.in_order(there), lying), result, x.type());
}

namespace {

std::vector<Value> reshape_operator(Call& call) {
  const Value& x = call.value(0);
  const auto given = call.opset() < 5 ? call.integer_list("shape") : call.known_integers(1);
  if (!given) call.fail("attribute 'shape' is missing");
  const std::vector<int64_t>& wanted = *given;
  const bool keep_zero = call.integer("allowzero", 0) != 0;
  call.ignore({"consumed_inputs"});
  const Shape from = x.shape();
  Shape shape;
  int64_t known = 1;
  int open = -1;
  for (size_t i = 0; i < wanted.size(); ++i) {
    int64_t extent = wanted[i];
    if (extent == 0 && !keep_zero) {
      if (static_cast<int>(i) >= from.rank())
        call.fail(fmt::format("extent {} is 0, which stands for that of its input, of shape {}", i, from.str()));
      extent = from[static_cast<int>(i)];
    }
    if (extent == -1) {
      if (open >= 0) call.fail("two extents are -1");
      open = static_cast<int>(i);
    } else if (extent < 0) {
      call.fail(fmt::format("an extent is {}", extent));
    } else if (__builtin_mul_overflow(known, extent, &known)) {
      call.fail("its shape is too large");
    }
    shape.push_back(extent);
  }
  if (open >= 0) {
    if (known == 0 ? from.size() != 0 : from.size() % known != 0)
      call.fail(fmt::format("cannot make {} of {}", shape.str(), from.str()));
    shape.set(open, known == 0 ? 0 : from.size() / known);
  }
  if (shape.size() != from.size()) call.fail(fmt::format("cannot make {} of {}", shape.str(), from.str()));
  if (x.is_strings()) return {Value::of_strings(x.strings(), shape)};
  return {reshaped_as_it_lies(x, shape)};
}

const bool kReshapeRegistered = register_operator("Reshape", 1, reshape_operator);

}  // namespace
}  // namespace lamina::onnx
