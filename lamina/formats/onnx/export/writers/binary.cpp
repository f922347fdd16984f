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

// 2^b as int64, for b from 0 to 62: run times compute powers by way of floats, which hold no 2^63.
std::string power_of_two(Writing& w, const std::string& b) {
  return w.node("Pow", {w.number(2, DType::kInt64), b});
}

// Which places are negative, or `most` and more.
std::string beyond(Writing& w, const std::string& b, size_t most) {
  return w.node("Or", {w.node("Less", {b, w.number(0, DType::kInt64)}),
                       w.node("GreaterOrEqual", {b, w.number(static_cast<double>(most), DType::kInt64)})});
}

std::string left_shift(Writing& w, const Names& x, DType dtype) {
  const std::string given = w.as(x[1], dtype, DType::kInt64), zero = w.number(0, DType::kInt64);
  const std::string lost = beyond(w, given, 8 * size_of(w.dtype(0))), b = w.node("Where", {lost, zero, given});
  const std::string half = w.node("Div", {b, w.number(2, DType::kInt64)});  // twice a half: see power_of_two
  const std::string first = w.node("Mul", {w.as(x[0], dtype, DType::kInt64), power_of_two(w, half)});
  const std::string shifted = w.node("Mul", {first, power_of_two(w, w.node("Sub", {b, half}))});
  return w.as(w.node("Where", {lost, zero, shifted}), DType::kInt64, dtype);
}

// floor(a / 2^b); beyond the last place, and at that of the sign, what is left of the sign.
std::string right_shift(Writing& w, const Names& x, DType dtype) {
  const std::string given = w.as(x[1], dtype, DType::kInt64), zero = w.number(0, DType::kInt64);
  const bool of_sign = size_of(w.dtype(0)) == sizeof(int64_t);
  const std::string rest = beyond(w, given, 8 * size_of(w.dtype(0)) - (of_sign ? 1 : 0));
  const std::string a = w.as(x[0], dtype, DType::kInt64);
  const std::string power = power_of_two(w, w.node("Where", {rest, zero, given}));
  const std::string sign = w.node("Where", {w.node("Less", {a, zero}), w.number(-1, DType::kInt64), zero});
  return w.as(w.node("Where", {rest, sign, floor_divide(w, {a, power}, DType::kInt64)}), DType::kInt64, dtype);
}

const bool kBinaryRegistered[] = {
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
