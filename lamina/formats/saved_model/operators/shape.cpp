// Shapes: what they are, the same elements under others, tensors that shapes and numbers make.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::tensorflow {
namespace {

ElementType type_of(Call& call, const char* name) {
  return static_cast<ElementType>(call.integer(name, static_cast<int64_t>(ElementType::kInt32)));
}

Value integers_as(const std::vector<int64_t>& values, ElementType type) {
  return like(integers_value(values).tensor(), type);
}

Value scalar_as(int64_t value, ElementType type) {
  return like(Tensor::from<int64_t>({value}).reshape({}), type);
}

Value shape_value(const Value& x, ElementType type) {
  const Shape shape = x.shape();
  return integers_as({shape.begin(), shape.end()}, type);
}

std::vector<Value> shapes(Call& call) {
  const ElementType type = type_of(call, "out_type");
  std::vector<Value> results;
  for (const Value& value : call.values()) results.push_back(shape_value(value, type));
  return results;
}

std::vector<Value> reshape_operator(Call& call) {
  const auto& wanted = call.known_integers(1);
  return apply_onnx(call, "Reshape", {call.value(0), integers_value(wanted)}, {{"allowzero", int64_t{1}}});
}

std::vector<Value> expand(Call& call) {
  const int64_t axis = call.known_integer(1);
  return apply_onnx(call, "Unsqueeze", {call.value(0), integers_value({axis})});
}

std::vector<Value> squeeze_operator(Call& call) {
  std::vector<Value> inputs{call.value(0)};
  const char* const old = "axis";
  auto axes = call.integer_list("squeeze_dims");
  if (!axes || axes->empty()) axes = call.integer_list(old);
  if (axes && !axes->empty()) inputs.push_back(integers_value(*axes));
  return apply_onnx(call, "Squeeze", std::move(inputs));
}

std::vector<Value> transpose_operator(Call& call) {
  return apply_onnx(call, "Transpose", {call.value(0)}, {{"perm", call.known_integers(1)}});
}

std::vector<Value> pack(Call& call) {
  const int64_t axis = call.integer("axis", 0);
  std::vector<Value> parts;
  for (const Value& value : call.values()) {
    const int rank = value.rank() + 1;
    parts.push_back(apply_onnx(call, "Unsqueeze", {value, integers_value({onnx::axis_of(axis, rank)})})[0]);
  }
  return apply_onnx(call, "Concat", std::move(parts), {{"axis", axis}});
}

std::vector<Value> unpack(Call& call) {
  const Value& x = call.value(0);
  const int axis = onnx::axis_of(call.integer("axis", 0), x.rank());
  const int64_t count = x.shape()[axis];
  if (call.integer("num", count) != count) call.fail(fmt::format("an axis of {} elements", count));
  std::vector<Value> parts;
  for (int64_t i = 0; i < count; ++i)
    parts.push_back(apply_onnx(call, "Gather", {x, Value(Tensor::from<int64_t>({i}).reshape({}))},
                               {{"axis", int64_t{axis}}})[0]);
  return parts;
}

std::vector<Value> broadcast(Call& call) {
  return {like(broadcast_to(call[0], shape_in(call, 1)), call.element())};
}

// The shape of what two shapes give together.
std::vector<Value> broadcast_arguments(Call& call) {
  std::vector<int64_t> a = call.known_integers(0), b = call.known_integers(1);
  while (a.size() < b.size()) a.insert(a.begin(), 1);
  while (b.size() < a.size()) b.insert(b.begin(), 1);
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && a[i] != 1 && b[i] != 1)
      call.fail(fmt::format("{} and {} do not broadcast", a[i], b[i]));
    if (a[i] == 1) a[i] = b[i];
  }
  return {integers_as(a, call.element())};
}

std::vector<Value> fill(Call& call) {
  call.ignore({"index_type"});
  const Shape shape = shape_in(call, 0);
  if (call.value(1).is_strings()) {
    constexpr int64_t kMost = 1 << 24;
    if (shape.size() > kMost) call.fail("too many strings");
    return {Value::of_strings(
        std::vector<std::string>(static_cast<size_t>(shape.size()), call.value(1).strings().at(0)), shape)};
  }
  return {like(broadcast_to(call[1], shape), call.element(1))};
}

std::vector<Value> range(Call& call) {
  const ElementType type = call.element();
  if (is_floating(call[0].dtype())) {
    const double start = call.known_number(0), limit = call.known_number(1), delta = call.known_number(2);
    const double count = delta == 0 ? -1 : std::max(0.0, std::ceil((limit - start) / delta));
    constexpr double kMost = 1e9;
    if (!(count >= 0 && count < kMost)) call.fail("its numbers do not come to an end");
    return {like(add(multiply(arange(static_cast<int64_t>(count), call[0].dtype()), delta), start), type)};
  }
  const int64_t start = call.known_integer(0), limit = call.known_integer(1), delta = call.known_integer(2);
  if (delta == 0) call.fail("its numbers do not come to an end");
  const auto span = static_cast<double>(limit) - static_cast<double>(start);
  const double count = std::max(0.0, std::ceil(span / static_cast<double>(delta)));
  constexpr double kMost = 1e9;
  if (count > kMost) call.fail("its numbers do not come to an end");
  // Integers stay exact: no double is between.
  const Tensor step = Tensor::from<int64_t>({delta}).reshape({}),
               first = Tensor::from<int64_t>({start}).reshape({});
  return {like(add(multiply(arange(static_cast<int64_t>(count), DType::kInt64), step), first), type)};
}

std::vector<Value> linspace(Call& call) {
  const double start = call.known_number(0), stop = call.known_number(1);
  const int64_t count = call.known_integer(2);
  constexpr int64_t kMost = int64_t{1} << 30;
  if (count < 1 || count > kMost) call.fail(fmt::format("{} numbers", count));
  const double step = count == 1 ? 0 : (stop - start) / static_cast<double>(count - 1);
  return {like(add(multiply(arange(count, DType::kFloat64), step), start), call.element())};
}

const bool kShapeRegistered[] = {
    register_operator("Shape", shapes),
    register_operator("ShapeN", shapes),
    register_operator("Size",
                      [](Call& call) -> std::vector<Value> {
                        return {scalar_as(call.value(0).shape().size(), type_of(call, "out_type"))};
                      }),
    register_operator("Rank",
                      [](Call& call) -> std::vector<Value> {
                        return {scalar_as(call.value(0).rank(), ElementType::kInt32)};
                      }),
    register_operator("Reshape", reshape_operator),
    register_operator("ExpandDims", expand),
    register_operator("Squeeze", squeeze_operator),
    register_operator("Transpose", transpose_operator),
    register_operator("Pack", pack),
    register_operator("Unpack", unpack),
    register_operator("BroadcastTo", broadcast),
    register_operator("BroadcastArgs", broadcast_arguments),
    register_operator("Fill", fill),
    register_operator("Range", range),
    register_operator("LinSpace", linspace),
    register_operator("Tile", [](Call& call) {
      return apply_onnx(call, "Tile", {call.value(0), integers_value(call.known_integers(1))});
    })};

}  // namespace
}  // namespace lamina::tensorflow
