// Operators of single elements: functions of one number, of two, choices and casts.
#include <cmath>

#include "lamina/core/grad.h"
#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/special.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tensorflow {
namespace {

using One = Tensor (*)(const Tensor&);
using Two = Tensor (*)(const Tensor&, const Tensor&);

// ---- Of one number, of its own type ----

template <One f>
std::vector<Value> one(Call& call) {
  return {like(f(call[0]), call.element())};
}

template <One f>
std::vector<Value> test(Call& call) {
  return {Value(f(call[0]))};
}

// The gradient at 0 is 0, as that of relu.
Tensor relu6(const Tensor& x) { return minimum(relu(x), 6); }
Tensor softplus(const Tensor& x) {
  return add(maximum(x, 0.0), log1p(lamina::exp(negative(lamina::abs(x)))));
}
Tensor softsign(const Tensor& x) { return divide(x, add(lamina::abs(x), 1.0)); }
Tensor elu(const Tensor& x) { return where(less(x, 0.0), expm1(minimum(x, 0.0)), x); }
Tensor selu(const Tensor& x) {
  constexpr double kScale = 1.0507009873554804934193349852946, kAlpha = 1.6732632423543772848170429916717;
  return multiply(where(less(x, 0.0), multiply(expm1(minimum(x, 0.0)), kAlpha), x), kScale);
}
Tensor zero(const Tensor& x) { return zeros_like(x); }
Tensor unity(const Tensor& x) { return ones_like(x); }
// To even, as Python rounds.
Tensor rounded(const Tensor& x) { return is_floating(x.dtype()) ? lamina::round(x) : x; }
Tensor floored(const Tensor& x) { return lamina::floor(x); }
Tensor ceiled(const Tensor& x) { return lamina::ceil(x); }

std::vector<Value> leaky_relu(Call& call) {
  const double alpha = call.number("alpha", 0.2);
  return {like(where(less(call[0], 0.0), multiply(call[0], alpha), call[0]), call.element())};
}

const bool kOne[] = {register_operator("Abs", one<lamina::abs>),
                     register_operator("Acos", one<arccos>),
                     register_operator("Acosh", one<arccosh>),
                     register_operator("Asin", one<arcsin>),
                     register_operator("Asinh", one<arcsinh>),
                     register_operator("Atan", one<arctan>),
                     register_operator("Atanh", one<arctanh>),
                     register_operator("Ceil", one<ceiled>),
                     register_operator("Cos", one<lamina::cos>),
                     register_operator("Cosh", one<lamina::cosh>),
                     register_operator("Digamma", one<digamma>),
                     register_operator("Elu", one<elu>),
                     register_operator("Erf", one<lamina::erf>),
                     register_operator("Erfc", one<erfc>),
                     register_operator("Erfinv", one<erfinv>),
                     register_operator("Exp", one<lamina::exp>),
                     register_operator("Expm1", one<lamina::expm1>),
                     register_operator("Floor", one<floored>),
                     register_operator("Inv", one<reciprocal>),
                     register_operator("Invert", one<bitwise_not>),
                     register_operator("LeakyRelu", leaky_relu),
                     register_operator("Lgamma", one<lamina::lgamma>),
                     register_operator("Log", one<lamina::log>),
                     register_operator("Log1p", one<lamina::log1p>),
                     register_operator("Neg", one<negative>),
                     register_operator("OnesLike", one<unity>),
                     register_operator("Reciprocal", one<reciprocal>),
                     register_operator("Relu", one<relu>),
                     register_operator("Relu6", one<relu6>),
                     register_operator("Rint", one<rounded>),
                     register_operator("Round", one<rounded>),
                     register_operator("Rsqrt", one<rsqrt>),
                     register_operator("Selu", one<selu>),
                     register_operator("Sigmoid", one<sigmoid>),
                     register_operator("Sign", one<lamina::sign>),
                     register_operator("Sin", one<lamina::sin>),
                     register_operator("Sinh", one<lamina::sinh>),
                     register_operator("Softplus", one<softplus>),
                     register_operator("Softsign", one<softsign>),
                     register_operator("Sqrt", one<lamina::sqrt>),
                     register_operator("Square", one<square>),
                     register_operator("Tan", one<lamina::tan>),
                     register_operator("Tanh", one<lamina::tanh>),
                     register_operator("ZerosLike", one<zero>),
                     register_operator("IsFinite", test<lamina::isfinite>),
                     register_operator("IsInf", test<lamina::isinf>),
                     register_operator("IsNan", test<lamina::isnan>),
                     register_operator("LogicalNot", test<ops::logical_not>)};

// ---- Of two ----

template <Two f>
std::vector<Value> two(Call& call) {
  if (call.element(0) != call.element(1)) call.fail("its operands are of two types");
  return {like(f(call[0], call[1]), call.element())};
}

template <Two f>
std::vector<Value> comparison(Call& call) {
  call.ignore({"incompatible_shape_error"});
  return {Value(f(call[0], call[1]))};
}

// Of texts, too.
template <Two f, bool negated>
std::vector<Value> equality(Call& call) {
  if (!call.value(0).is_strings()) return comparison<f>(call);
  call.ignore({"incompatible_shape_error"});
  const Value same = apply_onnx(call, "Equal", call.values())[0];
  return {negated ? Value(ops::logical_not(same.tensor())) : same};
}

// Integers are divided towards zero.
Tensor quotient(const Tensor& a, const Tensor& b) {
  if (is_floating(a.dtype())) return divide(a, b);
  if (a.dtype() == DType::kUInt8) return floor_divide(a, b);
  return multiply(floor_divide(lamina::abs(a), lamina::abs(b)), multiply(lamina::sign(a), lamina::sign(b)));
}
Tensor rest(const Tensor& a, const Tensor& b) {
  const Tensor magnitude = mod(lamina::abs(a), lamina::abs(b));
  return where(less(a, 0.0), negative(magnitude), magnitude);
}
Tensor squared_difference(const Tensor& a, const Tensor& b) { return square(subtract(a, b)); }
// `f` where `decides` is not 0, and 0 there, whatever the other operand is.
Tensor div_no_nan(const Tensor& a, const Tensor& b) {
  const Tensor none = equal(b, 0.0);
  return where(none, 0.0, divide(a, where(none, 1.0, b)));
}
Tensor mul_no_nan(const Tensor& a, const Tensor& b) { return where(equal(b, 0.0), 0.0, multiply(a, b)); }
Tensor x_div_y(const Tensor& a, const Tensor& b) { return where(equal(a, 0.0), 0.0, divide(a, b)); }
Tensor x_log_y(const Tensor& a, const Tensor& b) {
  return where(equal(a, 0.0), 0.0, multiply(a, lamina::log(b)));
}
Tensor x_log1p_y(const Tensor& a, const Tensor& b) {
  return where(equal(a, 0.0), 0.0, multiply(a, log1p(b)));
}

const bool kTwo[] = {register_operator("Add", two<lamina::add>),
                     register_operator("AddV2", two<lamina::add>),
                     register_operator("Atan2", two<arctan2>),
                     register_operator("BitwiseAnd", two<bitwise_and>),
                     register_operator("BitwiseOr", two<bitwise_or>),
                     register_operator("BitwiseXor", two<bitwise_xor>),
                     register_operator("Div", two<quotient>),
                     register_operator("DivNoNan", two<div_no_nan>),
                     register_operator("FloorDiv", two<floor_divide>),
                     register_operator("FloorMod", two<mod>),
                     register_operator("LeftShift", two<left_shift>),
                     register_operator("Maximum", two<lamina::maximum>),
                     register_operator("Minimum", two<lamina::minimum>),
                     register_operator("Mod", two<rest>),
                     register_operator("Mul", two<lamina::multiply>),
                     register_operator("MulNoNan", two<mul_no_nan>),
                     register_operator("Pow", two<power>),
                     register_operator("RealDiv", two<quotient>),
                     register_operator("RightShift", two<right_shift>),
                     register_operator("SquaredDifference", two<squared_difference>),
                     register_operator("Sub", two<lamina::subtract>),
                     register_operator("TruncateDiv", two<quotient>),
                     register_operator("TruncateMod", two<rest>),
                     register_operator("Xdivy", two<x_div_y>),
                     register_operator("Xlog1py", two<x_log1p_y>),
                     register_operator("Xlogy", two<x_log_y>),
                     register_operator("Equal", equality<lamina::equal, false>),
                     register_operator("Greater", comparison<ops::greater>),
                     register_operator("GreaterEqual", comparison<ops::greater_equal>),
                     register_operator("Less", comparison<ops::less>),
                     register_operator("LessEqual", comparison<ops::less_equal>),
                     register_operator("LogicalAnd", comparison<ops::logical_and>),
                     register_operator("LogicalOr", comparison<ops::logical_or>),
                     register_operator("NotEqual", equality<lamina::not_equal, true>)};

// ---- Of more ----

std::vector<Value> sum_of_all(Call& call) {
  Tensor sum = call[0];
  for (size_t i = 1; i < call.size(); ++i) sum = add(sum, call[i]);
  return {like(sum, call.element())};
}

// The first version takes one condition for each row, too.
std::vector<Value> rows_chosen(Call& call) {
  Tensor condition = call[0];
  if (condition.rank() == 1 && call[1].rank() > 1) {
    Shape shape{condition.shape()[0]};
    while (shape.rank() < call[1].rank()) shape.push_back(1);
    condition = reshape(condition, shape);
  }
  return {like(where(condition, call[1], call[2]), call.element(1))};
}

std::vector<Value> chosen(Call& call) {
  if (call.value(1).is_strings()) return apply_onnx(call, "Where", call.values());
  return {like(where(call[0], call[1], call[2]), call.element(1))};
}

std::vector<Value> clipped(Call& call) {
  return {like(minimum(maximum(call[0], call[1]), call[2]), call.element())};
}

std::vector<Value> cast_operator(Call& call) {
  call.ignore({"Truncate"});
  const int64_t to = call.integer("DstT");
  if (to == static_cast<int64_t>(ElementType::kString) ||
      to == static_cast<int64_t>(ElementType::kComplex64) || call.value(0).is_strings())
    throw Unsupported("casts to or from a type that is no number here");
  return apply_onnx(call, "Cast", {call.value(0)}, {{"to", to}});
}

std::vector<Value> bits_as(Call& call) {
  return apply_onnx(call, "BitCast", {call.value(0)}, {{"to", call.integer("type")}});
}

const bool kMore[] = {register_operator("AddN", sum_of_all),    register_operator("Select", rows_chosen),
                      register_operator("SelectV2", chosen),    register_operator("ClipByValue", clipped),
                      register_operator("Cast", cast_operator), register_operator("Bitcast", bits_as)};

// ---- What changes no number ----

std::vector<Value> same(Call& call) {
  call.ignore({"dtype", "shape", "message", "_class"});
  return {call.value(0)};
}

const bool kSame[] = {register_operator("Identity", same),
                      register_operator("ReadVariableOp", same),
                      register_operator("Snapshot", same),
                      register_operator("CheckNumerics", same),
                      register_operator("PlaceholderWithDefault", same),
                      register_operator("PreventGradient", same),
                      register_operator("EnsureShape", same),
                      register_operator("IdentityN", [](Call& call) { return call.values(); }),
                      register_operator("StopGradient", [](Call& call) -> std::vector<Value> {
                        return {like(stop_gradient(call[0]), call.element())};
                      })};

}  // namespace
}  // namespace lamina::tensorflow
