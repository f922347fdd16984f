// What public ops share to be recorded in graphs of layers and to be run from there. Internal header.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/axes.h"
#include "lamina/base/detail/checked_int.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/ops/detail/elementwise.h"

namespace lamina::detail {

/// Draws a call on symbolic tensors: `if (is_symbolic(x)) return recorded("Sum", {x}, {{"axis", ...}});`
inline Tensor recorded(const char* class_name, std::vector<OperationArgument> args,
                       Json config = Json::object()) {
  return record({class_name, std::move(config), std::move(args)});
}

/// A number as Keras writes it: whole ones without a point.
inline Json number_json(double value) {
  const bool whole = std::nearbyint(value) == value && std::abs(value) < 1e15;
  return whole ? Json(static_cast<int64_t>(value)) : Json(value);
}

/// A tensor of one element among symbolic ones stands for its number.
inline OperationArgument operand(const Tensor& x) {
  if (!x.defined() || is_symbolic(x) || x.rank() != 0) return x;
  if (x.dtype() == DType::kBool) return Json(x.item<bool>());
  return is_floating(x.dtype()) ? Json(x.item<double>()) : Json(x.item<int64_t>());
}

/// A plain value as the tensor that it would be by itself.
inline Tensor literal(const Json& value) {
  if (value.is_bool()) return Tensor(value.as_bool());
  return value.is_int() ? Tensor(value.as_int()) : Tensor(value.as_double());
}

/// The plain value at that place beside `like`: a number in its dtype where that holds it, but one with a
/// point is no integer.
inline Tensor literal_beside(const OperationCall& call, size_t place, const Tensor& like) {
  const Json value = call.value(place);
  if (value.is_bool()) return literal(value);
  const double number = call.number(place);
  const bool by_itself = value.is_int() ? std::abs(number) > 0x1p53 : !is_floating(like.dtype());
  return by_itself ? literal(value) : scalar_like(number, like);
}

/// The first two arguments, of which one may be a plain value.
inline std::pair<Tensor, Tensor> two_of(const OperationCall& call) {
  if (!call.value(0).is_null()) return {literal_beside(call, 0, call.tensor(1)), call.tensor(1)};
  if (!call.value(1).is_null()) return {call.tensor(0), literal_beside(call, 1, call.tensor(0))};
  return {call.tensor(0), call.tensor(1)};
}

/// The same of two, of which one may be a number.
inline bool any_symbolic(const Tensor& x1, const Tensor& x2) { return is_symbolic(x1) || is_symbolic(x2); }
inline Tensor recorded_two(const char* class_name, const Tensor& x1, const Tensor& x2,
                           Json config = Json::object()) {
  return recorded(class_name, {operand(x1), operand(x2)}, std::move(config));
}

/// null for nothing.
template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// An op of two arguments, of which one may be a plain number.
template <Tensor (*op)(const Tensor&, const Tensor&)>
Tensor run_binary(const OperationCall& call) {
  const auto [x1, x2] = two_of(call);
  return op(x1, x2);
}

template <Tensor (*op)(const Tensor&)>
Tensor run_unary(const OperationCall& call) {
  return op(call.tensor(0));
}

/// null for none, a number for one axis, a list for several.
inline Json axes_json(const Axes& axes) {
  if (axes.empty()) return nullptr;
  if (axes.size() == 1) return axes.values()[0];
  Json list = Json::list();
  for (const int axis : axes) list.push_back(axis);
  return list;
}

inline Axes axes_of(const OperationCall& call, const char* key = "axis") {
  const Json* axis = call.config.find(key);
  if (!axis || axis->is_null()) return {};
  if (!axis->is_list()) return checked_int(axis->as_int(), "axis");
  std::vector<int> axes;
  for (const Json& one : axis->as_list()) axes.push_back(checked_int(one.as_int(), "axis"));
  return axes;
}

inline int axis_of(const OperationCall& call, int otherwise) {
  const Json* axis = call.config.find("axis");
  return axis && !axis->is_null() ? checked_int(axis->as_int(), "axis") : otherwise;
}

/// The axis of the configuration, of which null means the flattened tensor.
inline std::optional<int> optional_axis_of(const OperationCall& call) {
  const Axes axes = axes_of(call);
  if (axes.empty()) return {};
  return axes.values()[0];
}

inline bool flag_of(const OperationCall& call, const char* key) {
  const Json* flag = call.config.find(key);
  return flag && flag->is_bool() && flag->as_bool();
}

/// The number, whole number or word of the configuration, or the other one where it has none.
inline double number_of(const OperationCall& call, const char* key, double otherwise) {
  const Json* number = call.config.find(key);
  return number && !number->is_null() ? number->as_double() : otherwise;
}
inline int integer_of(const OperationCall& call, const char* key, int otherwise) {
  const Json* number = call.config.find(key);
  return number && !number->is_null() ? checked_int(number->as_int(), key) : otherwise;
}
inline std::string word_of(const OperationCall& call, const char* key, const char* otherwise) {
  const Json* word = call.config.find(key);
  return word && word->is_string() ? word->as_string() : otherwise;
}

/// A list of whole numbers, or one alone.
inline std::vector<int64_t> integers_of(const OperationCall& call, const char* key) {
  std::vector<int64_t> values;
  if (call.config.at(key).is_int()) return {call.config.at(key).as_int()};
  for (const Json& one : call.config.at(key).as_list()) values.push_back(one.is_null() ? -1 : one.as_int());
  return values;
}

/// The dtype of the configuration, or the other one where it has none.
inline DType dtype_of(const OperationCall& call, DType otherwise) {
  const Json* dtype = call.config.find("dtype");
  return dtype && dtype->is_string() ? dtype_from_name(dtype->as_string()) : otherwise;
}

inline Json integers_json(const auto& values) {
  Json list = Json::list();
  for (const auto value : values) list.push_back(value);
  return list;
}

/// Registers ops that give one tensor. `arguments`: see Operation.
struct Recorded {
  const char* class_name;
  Tensor (*run)(const OperationCall& call);
  std::vector<std::string> arguments = {"x"};
};
inline bool register_operations(const char* module, std::initializer_list<Recorded> operations) {
  for (const Recorded& operation : operations)
    register_operation({.class_name = operation.class_name,
                        .module = module,
                        .run = operation.run,
                        .arguments = operation.arguments});
  return true;
}

inline constexpr char kNumpyOps[] = "keras.src.ops.numpy";
inline constexpr char kMathOps[] = "keras.src.ops.math";
inline constexpr char kNnOps[] = "keras.src.ops.nn";
inline constexpr char kCoreOps[] = "keras.src.ops.core";
inline constexpr char kImageOps[] = "keras.src.ops.image";

}  // namespace lamina::detail
