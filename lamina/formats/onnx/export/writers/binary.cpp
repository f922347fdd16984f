// Writers of arithmetic, comparisons and choices of several tensors, element by element.
#include <numbers>

#include "lamina/formats/onnx/export/writers/elementwise.h"

namespace lamina::onnx {
namespace {

// The remainder has the sign of b; fmod's has that of a.
std::string mod(Writing& w, const Names& x, DType dtype) {
  if (!is_floating(dtype)) return w.node("Mod", x);
  const std::string rest = w.node("Mod", x, {{"fmod", 1}}), zero = w.number(0, dtype);
  const std::string other_sign = w.node("Less", {w.node("Mul", {w.node("Sign", {rest}), w.node("Sign", {x[1]})}), zero});
  return w.node("Where", {other_sign, w.node("Add", {rest, x[1]}), rest});
}

std::string floor_divide(Writing& w, const Names& x, DType dtype) {
  if (is_floating(dtype)) return w.node("Floor", {w.node("Div", x)});
  return w.node("Div", {w.node("Sub", {x[0], w.node("Mod", x)}), x[1]});
}

// The angle of the point (b, a), from that of the slope.
std::string arctan2(Writing& w, const Names& x, DType dtype) {
  const std::string &a = x[0], &b = x[1], zero = w.number(0, dtype);
  const std::string slope = w.node("Atan", {w.node("Div", x)});
  const std::string half_turn = w.node("Where", {w.node("Less", {a, zero}), w.number(-std::numbers::pi, dtype),
                                                 w.number(std::numbers::pi, dtype)});
  const std::string turned = w.node("Where", {w.node("Less", {b, zero}), w.node("Add", {slope, half_turn}), slope});
  const std::string origin = w.node("And", {w.node("Equal", {a, zero}), w.node("Equal", {b, zero})});
  return w.node("Where", {origin, zero, turned});
}

std::string not_equal(Writing& w, const Names& x, DType) { return w.node("Not", {w.node("Equal", x)}); }

Formula bitwise(const char* type) {
  return [type = std::string(type)](Writing& w, const Names& x, DType) {
    if (w.opset() < 18) w.refuse(type + " is an operator since operator set 18");
    return w.node(type, x);
  };
}

const bool kRegistered[] = {
    elementwise("add", "Add"),
    elementwise("subtract", "Sub"),
    elementwise("multiply", "Mul"),
    elementwise("divide", "Div"),
    elementwise("power", "Pow"),
    elementwise("maximum", "Max"),
    elementwise("minimum", "Min"),
    elementwise("mod", mod),
    elementwise("floor_divide", floor_divide),
    elementwise("arctan2", arctan2),
    elementwise("equal", "Equal"),
    elementwise("not_equal", not_equal),
    elementwise("greater", "Greater", true),
    elementwise("greater_equal", "GreaterOrEqual", true),
    elementwise("less", "Less", true),
    elementwise("less_equal", "LessOrEqual", true),
    elementwise("logical_and", "And"),
    elementwise("logical_or", "Or"),
    elementwise("where", "Where", true),
    elementwise("bitwise_and", bitwise("BitwiseAnd")),
    elementwise("bitwise_or", bitwise("BitwiseOr")),
    elementwise("bitwise_xor", bitwise("BitwiseXor")),
};

}  // namespace
}  // namespace lamina::onnx
