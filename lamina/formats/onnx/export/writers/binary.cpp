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
  const std::string slope = by_float32(w, "Atan", w.node("Div", x), dtype);
  const std::string half_turn = w.node("Where", {w.node("Less", {a, zero}), w.number(-std::numbers::pi, dtype),
                                                 w.number(std::numbers::pi, dtype)});
  const std::string turned = w.node("Where", {w.node("Less", {b, zero}), w.node("Add", {slope, half_turn}), slope});
  const std::string origin = w.node("And", {w.node("Equal", {a, zero}), w.node("Equal", {b, zero})});
  return w.node("Where", {origin, zero, turned});
}

std::string not_equal(Writing& w, const Names& x, DType) { return w.node("Not", {w.node("Equal", x)}); }

void where(Writing& w) {
  const Operands x = operands(w);
  const DType given = w.out_dtype(0), wide = given == DType::kBool ? DType::kInt32 : Writing::wide(given);
  const std::string y = w.node("Where", {x.names[0], w.as(x.names[1], given, wide), w.as(x.names[2], given, wide)});
  out(w, x, w.as(y, wide, given));
}

Formula bitwise(const char* type) {
  return [type = std::string(type)](Writing& w, const Names& x, DType) {
    if (w.opset() < 18) w.refuse(type + " is an operator since operator set 18");
    return w.node(type, x);
  };
}

// 2^b for places within the integer, as int64; `beyond` says which are not.
struct Power {
  std::string power, beyond;
};
Power power_of_two(Writing& w, const std::string& places, DType dtype) {
  const std::string b = w.as(places, dtype, DType::kInt64), zero = w.number(0, DType::kInt64);
  const std::string most = w.number(static_cast<double>(8 * size_of(w.dtype(0))), DType::kInt64);
  const std::string beyond = w.node("Or", {w.node("Less", {b, zero}), w.node("GreaterOrEqual", {b, most})});
  return {w.node("Pow", {w.number(2, DType::kInt64), w.node("Where", {beyond, zero, b})}), beyond};
}

std::string left_shift(Writing& w, const Names& x, DType dtype) {
  const Power by = power_of_two(w, x[1], dtype);
  const std::string shifted = w.node("Mul", {w.as(x[0], dtype, DType::kInt64), by.power});
  return w.as(w.node("Where", {by.beyond, w.number(0, DType::kInt64), shifted}), DType::kInt64, dtype);
}

// floor(a / 2^b); beyond all places what is left of the sign.
std::string right_shift(Writing& w, const Names& x, DType dtype) {
  const Power by = power_of_two(w, x[1], dtype);
  const std::string a = w.as(x[0], dtype, DType::kInt64);
  const std::string shifted = floor_divide(w, {a, by.power}, DType::kInt64);
  const std::string sign = w.node("Where", {w.node("Less", {a, w.number(0, DType::kInt64)}), w.number(-1, DType::kInt64),
                                            w.number(0, DType::kInt64)});
  return w.as(w.node("Where", {by.beyond, sign, shifted}), DType::kInt64, dtype);
}

const bool kRegistered[] = {
    elementwise("left_shift", left_shift),
    elementwise("right_shift", right_shift),
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
    register_writer("where", where),
    elementwise("bitwise_and", bitwise("BitwiseAnd")),
    elementwise("bitwise_or", bitwise("BitwiseOr")),
    elementwise("bitwise_xor", bitwise("BitwiseXor")),
};

}  // namespace
}  // namespace lamina::onnx
