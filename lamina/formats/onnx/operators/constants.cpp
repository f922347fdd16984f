// Operators that make tensors of nothing but extents: Constant, ConstantOfShape, Range, EyeLike, windows of triangles.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/cast.h"
#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

std::vector<Value> constant(Call& call) {
  if (auto value = call.tensor_attribute("value")) return {*value};
  if (auto value = call.tensor_attribute("sparse_value")) return {*value};
  if (call.has_attribute("value_float"))
    return {Value(Tensor(static_cast<float>(call.number("value_float"))))};
  if (call.has_attribute("value_int")) return {Value(Tensor::from<int64_t>({call.integer("value_int")}).reshape({}))};
  if (call.has_attribute("value_string")) return {Value::of_strings({call.text("value_string")}, {})};
  if (const auto list = call.number_list("value_floats"))
    return {Value(Tensor::from(std::vector<float>(list->begin(), list->end()), {static_cast<int64_t>(list->size())}))};
  if (const auto list = call.integer_list("value_ints"))
    return {Value(Tensor::from(*list, {static_cast<int64_t>(list->size())}))};
  if (const auto list = call.text_list("value_strings"))
    return {Value::of_strings(*list, {static_cast<int64_t>(list->size())})};
  call.fail("it holds no value");
}

std::vector<Value> constant_of_shape(Call& call) {
  Shape shape;
  for (const int64_t extent : call.known_integers(0)) {
    if (extent < 0) call.fail(fmt::format("an extent is {}", extent));
    shape.push_back(extent);
  }
  const auto value = call.tensor_attribute("value");
  if (!value) return {Value(zeros(shape))};
  if (value->is_strings()) {
    if (shape.size() > (int64_t{1} << 24)) call.fail("makes too many strings");
    return {Value::of_strings(std::vector<std::string>(static_cast<size_t>(shape.size()), value->strings().at(0)), shape)};
  }
  if (value->shape().size() != 1) call.fail("attribute 'value' must hold one number");
  const DType dtype = value->tensor().dtype();
  if (dtype == DType::kInt64) {  // a double may not hold it
    return {Value(add(zeros(shape, dtype), reshape(value->tensor(), {})), value->type())};
  }
  return {Value(full(shape, doubles(value->tensor())[0], dtype), value->type())};
}

std::vector<Value> range(Call& call) {
  const ElementType type = call.element();
  call.ignore({"stash_type"});
  if (!is_floating(storage(type))) {
    const int64_t start = call.known_integer(0), limit = call.known_integer(1), delta = call.known_integer(2);
    if (delta == 0) call.fail("its step is 0");
    const int64_t span = limit - start;
    const int64_t count = span == 0 || (span > 0) != (delta > 0) ? 0 : (std::abs(span) + std::abs(delta) - 1) / std::abs(delta);
    const Tensor steps = multiply(arange(count, DType::kInt64), Tensor::from<int64_t>({delta}).reshape({}));
    return {Value(cast(add(steps, Tensor::from<int64_t>({start}).reshape({})), storage(type)), type)};
  }
  const double start = call.known_number(0), limit = call.known_number(1), delta = call.known_number(2);
  if (delta == 0 || !std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(delta))
    call.fail("its bounds and step make no range");
  const double count = std::max(0.0, std::ceil((limit - start) / delta));
  if (count > 1e12) call.fail("its range is too long");
  return {Value(cast(add(multiply(arange(static_cast<int64_t>(count), DType::kFloat64), delta), start), storage(type)), type)};
}

std::vector<Value> eye_like(Call& call) {
  const Shape shape = call.value(0).shape();
  if (shape.rank() != 2) call.fail("takes a matrix, received " + shape.str());
  const ElementType type = element_type(static_cast<int>(call.integer("dtype", static_cast<int>(call.element()))));
  const int64_t k = call.integer("k", 0);
  const Tensor rows = reshape(arange(shape[0], DType::kInt64), {shape[0], 1});
  const Tensor columns = reshape(arange(shape[1], DType::kInt64), {1, shape[1]});
  return {Value(cast(equal(add(rows, static_cast<double>(k)), columns), storage(type)), type)};
}

std::vector<Value> triangle(Call& call) {
  const bool upper = call.integer("upper", 1) != 0;
  const int64_t k = call.has(1) ? call.known_integer(1) : 0;
  const Tensor& x = call[0];
  return {Value(upper ? triu(x, k) : tril(x, k), call.element())};
}

std::vector<Value> one_hot_operator(Call& call) {
  const int64_t depth = static_cast<int64_t>(call.known_number(1));
  if (depth < 0) call.fail("its depth is negative");
  const Tensor indices = cast(call[0], DType::kInt64);
  const int axis = axis_of(call.integer("axis", -1), indices.rank() + 1);
  const ElementType type = call.element(2);
  // Negative indices count from the end; those out of range name nothing.
  const Tensor positive = where(less(indices, 0.0), add(indices, static_cast<double>(depth)), indices);
  Shape spread, line;
  for (int i = 0; i <= indices.rank(); ++i) line.push_back(i == axis ? depth : 1);
  for (int i = 0; i < indices.rank(); ++i) {
    if (i == axis) spread.push_back(1);
    spread.push_back(indices.shape()[i]);
  }
  if (axis == indices.rank()) spread.push_back(1);
  const Tensor hot = equal(reshape(positive, spread), reshape(arange(depth, DType::kInt64), line));
  const Tensor& values = call[2];
  if (values.size() != 2) call.fail("takes two values, for off and on");
  return {Value(where(hot, reshape(values[1], {}), reshape(values[0], {})), type)};
}

const bool kConstantsRegistered[] = {register_operator("Constant", 1, constant),
                            register_operator("ConstantOfShape", 9, constant_of_shape),
                            register_operator("Range", 11, range),
                            register_operator("EyeLike", 9, eye_like),
                            register_operator("Trilu", 14, triangle),
                            register_operator("OneHot", 9, one_hot_operator)};

}  // namespace
}  // namespace lamina::onnx
