// Writers of the elementwise functions of one tensor.
#include <limits>

#include "lamina/formats/onnx/export/writers/elementwise.h"
#include "lamina/ops/cast.h"

namespace lamina::onnx {
namespace {

// (e^h - e^-h) e^h with h = x / 2: exact near 0.
std::string expm1(Writing& w, const Names& x, DType dtype) {
  const std::string half = w.node("Mul", {x[0], w.number(0.5, dtype)});
  const std::string product = w.node("Mul", {by_float32(w, "Sinh", half, dtype), w.node("Exp", {half})});
  return w.node("Mul", {product, w.number(2, dtype)});
}

// Near 0 twice the inverse hyperbolic tangent of x / (2 + x), which loses no digits there.
std::string log1p(Writing& w, const Names& x, DType dtype) {
  const std::string near = w.node("Less", {w.node("Abs", {x[0]}), w.number(0.5, dtype)});
  const std::string kept = w.node("Where", {near, x[0], w.number(0, dtype)});
  const std::string ratio = w.node("Div", {kept, w.node("Add", {kept, w.number(2, dtype)})});
  const std::string small = w.node("Mul", {by_float32(w, "Atanh", ratio, dtype), w.number(2, dtype)});
  const std::string large = w.node("Log", {w.node("Add", {x[0], w.number(1, dtype)})});
  return w.node("Where", {near, small, large});
}

std::string isnan(Writing& w, const Names& x, DType dtype) {
  return is_floating(dtype) ? w.node("IsNaN", x) : w.node("Not", {w.node("Equal", {x[0], x[0]})});
}

std::string isfinite(Writing& w, const Names& x, DType dtype) {
  if (!is_floating(dtype)) return w.node("Equal", {x[0], x[0]});
  return w.node("Less", {w.node("Abs", x), w.number(std::numeric_limits<double>::infinity(), dtype)});
}

// Floats that do not fit become the nearest integer that does.
void cast(Writing& w) {
  const Operands x = operands(w);
  const DType from = w.dtype(0), to = w.out_dtype(0);
  if (from == to) return w.out_same(0, 0);
  std::string name = x.names[0];
  if (is_floating(from) && Writing::wide(to) != to) {
    const double low = to == DType::kUInt8 ? 0 : to == DType::kInt8 ? -128 : -32768;
    const double high = to == DType::kUInt8 ? 255 : to == DType::kInt8 ? 127 : 32767;
    name = w.node("Clip", {name, w.number(low, from), w.number(high, from)});
  }
  out(w, x, w.cast(name, to));
}

// On the CPU Lamina refuses floats that are no whole numbers here; a file takes what is before the point.
void to_index(Writing& w) {
  if (w.dtype(0) == w.out_dtype(0)) return w.out_same(0, 0);
  w.out(0, w.cast(w.in(0), w.out_dtype(0)));
}

const bool kUnaryRegistered[] = {
    elementwise("negative", "Neg"),
    elementwise("abs", "Abs"),
    elementwise("sign", "Sign"),
    elementwise("exp", "Exp"),
    elementwise("expm1", expm1),
    elementwise("log", "Log"),
    elementwise("log1p", log1p),
    elementwise("sqrt", "Sqrt"),
    elementwise("rsqrt", [](Writing& w, const Names& x, DType) { return w.node("Reciprocal", {w.node("Sqrt", x)}); }),
    elementwise("square", [](Writing& w, const Names& x, DType) { return w.node("Mul", {x[0], x[0]}); }),
    elementwise("reciprocal", "Reciprocal"),
    elementwise("sin", "Sin"),
    elementwise("cos", "Cos"),
    elementwise_by_float32("tan", "Tan"),
    elementwise("tanh", "Tanh"),
    elementwise("sigmoid", "Sigmoid"),
    elementwise("relu",
                [](Writing& w, const Names& x, DType dtype) {
                  return is_floating(dtype) ? w.node("Relu", x) : w.node("Max", {x[0], w.number(0, dtype)});
                }),
    elementwise_by_float32("erf", "Erf"),
    elementwise("erfc",
                [](Writing& w, const Names& x, DType dtype) {
                  return w.node("Sub", {w.number(1, dtype), by_float32(w, "Erf", x[0], dtype)});
                }),
    elementwise("floor", "Floor"),
    elementwise("ceil", "Ceil"),
    elementwise("round", "Round"),
    elementwise_by_float32("arcsin", "Asin"),
    elementwise_by_float32("arccos", "Acos"),
    elementwise_by_float32("arctan", "Atan"),
    elementwise_by_float32("sinh", "Sinh"),
    elementwise_by_float32("cosh", "Cosh"),
    elementwise_by_float32("arcsinh", "Asinh"),
    elementwise_by_float32("arccosh", "Acosh"),
    elementwise_by_float32("arctanh", "Atanh"),
    elementwise("isnan", isnan),
    elementwise("isfinite", isfinite),
    elementwise("logical_not",
                [](Writing& w, const Names& x, DType dtype) {
                  return w.node("Not", {w.as(x[0], dtype, DType::kBool)});
                }),
    register_writer("cast", cast),
    register_writer("to_index", to_index),
    register_writer("not_negative", [](Writing& w) { w.out_same(0, 0); }),
    register_writer("identity", [](Writing& w) { w.out_same(0, 0); }),
    register_writer("stop_gradient", [](Writing& w) { w.out_same(0, 0); }),
    register_writer("to_device", [](Writing& w) { w.out_same(0, 0); }),
};

}  // namespace
}  // namespace lamina::onnx
