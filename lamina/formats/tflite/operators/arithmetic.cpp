// Operators of two operands, broadcast as NumPy does. Integers that stand for reals are brought to a common
// scale.
#include <algorithm>
#include <cmath>

#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/take.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

using Function = Tensor (*)(const Tensor&, const Tensor&);

bool power_of_two(float scale, int& log2) {
  const float exact = std::log2(scale), whole = std::round(exact);
  log2 = static_cast<int>(whole);
  return std::fabs(exact - whole) < 1e-3F;
}

// Sums and differences: both operands, with some more bits, at twice the larger scale.
Value sum(Call& call, Function f) {
  const Quantization a = input_quantization(call, 0), b = input_quantization(call, 1),
                     out = output_quantization(call);
  const bool wide = onnx::bits(call.element(0)) > 8;
  const Range range = activated_range(call);
  int a_log = 0, b_log = 0, out_log = 0;
  if (wide && option(call, "pot_scale_int16", 1) != 0 && power_of_two(a.scale(), a_log) &&
      power_of_two(b.scale(), b_log) && power_of_two(out.scale(), out_log)) {
    if (a_log > out_log || b_log > out_log)
      throw Unsupported("its operands have larger scales than its result");
    const Tensor x = rounded_shift(centred(call, 0), out_log - a_log),
                 y = rounded_shift(centred(call, 1), out_log - b_log);
    return clipped(call, f(x, y), range);
  }
  const int left = wide ? 15 : 20;
  const double most = 2 * static_cast<double>(std::max(a.scale(), b.scale()));
  const auto brought = [&](size_t i, const Quantization& q) {
    const Tensor x = multiply(centred(call, i), static_cast<double>(int64_t{1} << left));
    return scaled(x, {multiplier_of(static_cast<double>(q.scale()) / most)});
  };
  const Multiplier back =
      multiplier_of(most / (static_cast<double>(int64_t{1} << left) * static_cast<double>(out.scale())));
  const Tensor y = scaled(f(brought(0, a), brought(1, b)), {back});
  return clipped(call, add(y, static_cast<double>(out.zero())), range);
}

template <Function f>
std::vector<Value> sum_operator(Call& call) {
  call.ignore({"pot_scale_int16"});
  if (quantized(call)) return {sum(call, f)};
  return {output(call, activated(call, f(call[0], call[1])))};
}

std::vector<Value> mul(Call& call) {
  if (!quantized(call)) return {output(call, activated(call, multiply(call[0], call[1])))};
  const Quantization a = input_quantization(call, 0), b = input_quantization(call, 1),
                     out = output_quantization(call);
  const Multiplier by = multiplier_of(static_cast<double>(a.scale() * b.scale() / out.scale()));
  const Tensor y = scaled(multiply(centred(call, 0), centred(call, 1)), {by});
  return {clipped(call, add(y, static_cast<double>(out.zero())), activated_range(call))};
}

// Output 0 by a table of all pairs of bytes.
template <class F>
Value by_pairs(const Call& call, F&& f) {
  const Range a = range_of(call.element(0)), b = range_of(call.element(1));
  if (onnx::bits(call.element(0)) > 8 || onnx::bits(call.element(1)) > 8)
    throw Unsupported("is not defined for integers of more than 8 bits");
  std::vector<int64_t> table;
  for (int64_t x = a.lowest; x <= a.highest; ++x) {
    for (int64_t y = b.lowest; y <= b.highest; ++y) table.push_back(f(x, y));
  }
  const DType dtype = onnx::storage(output_type(call));
  const Tensor values = settled(cast(Tensor::from(table, {static_cast<int64_t>(table.size())}), dtype));
  const auto from_zero = [&](size_t i, const Range& range) {
    return subtract(cast(call[i], DType::kInt32), static_cast<double>(range.lowest));
  };
  const Tensor index =
      add(multiply(from_zero(0, a), static_cast<double>(b.highest - b.lowest + 1)), from_zero(1, b));
  return {take(values, index), output_type(call)};
}

std::vector<Value> div(Call& call) {
  if (!quantized(call)) {
    const Tensor &a = call[0], &b = call[1];
    if (is_floating(a.dtype())) return {output(call, activated(call, divide(a, b)))};
    // Integers towards zero.
    const Tensor whole = floor_divide(lamina::abs(a), lamina::abs(b));
    return {output(call, activated(call, where(equal(less(a, 0.0), less(b, 0.0)), whole, negative(whole))))};
  }
  const Quantization a = input_quantization(call, 0), b = input_quantization(call, 1),
                     out = output_quantization(call);
  const Multiplier by = multiplier_of(static_cast<double>(a.scale() / (b.scale() * out.scale())));
  const Range range = activated_range(call);
  return {by_pairs(call, [&](int64_t x, int64_t y) {
    auto top = static_cast<int32_t>(x - a.zero()), bottom = static_cast<int32_t>(y - b.zero());
    if (bottom == 0) return range.highest;  // undefined there
    if (bottom < 0) {
      top = -top;
      bottom = -bottom;
    }
    const Reciprocal inverse = reciprocal_of(bottom, 31);
    const int room = top == 0  ? 31
                     : top > 0 ? __builtin_clz(static_cast<uint32_t>(top)) - 1
                               : __builtin_clz(2 * static_cast<uint32_t>(-top) - 1);
    const int64_t quotient = scaled(top, {inverse.value, room});
    return std::clamp(out.zero() + scaled(quotient, {by.m, by.shift - inverse.bits_over_one - room}),
                      range.lowest, range.highest);
  })};
}

// round(x * 2^left * scale) for each operand, as comparisons and differences use it.
int64_t finer(int64_t x, int left, const Multiplier& by) { return scaled(x << left, by); }

std::vector<Value> squared_difference(Call& call) {
  if (!quantized(call)) return {output(call, square(subtract(call[0], call[1])))};
  const Quantization a = input_quantization(call, 0), b = input_quantization(call, 1),
                     out = output_quantization(call);
  constexpr int kLeft = 7;
  const double most = 2 * std::max(static_cast<double>(a.scale()), static_cast<double>(b.scale()));
  const Multiplier to_a = multiplier_of(static_cast<double>(a.scale()) / most),
                   to_b = multiplier_of(static_cast<double>(b.scale()) / most);
  const Multiplier back =
      multiplier_of(most * most / (static_cast<double>(1 << (2 * kLeft)) * static_cast<double>(out.scale())));
  const Range range = range_of(output_type(call));
  return {by_pairs(call, [&](int64_t x, int64_t y) {
    const int64_t difference = finer(x - a.zero(), kLeft, to_a) - finer(y - b.zero(), kLeft, to_b);
    return std::clamp(out.zero() + scaled(difference * difference, back), range.lowest, range.highest);
  })};
}

template <Function f>
std::vector<Value> comparison(Call& call) {
  if (!quantized(call) || call.element(0) == ElementType::kInt16) return {output(call, f(call[0], call[1]))};
  constexpr int kLeft = 8;
  const auto brought = [&](size_t i) {
    const Multiplier by = multiplier_of(static_cast<double>(input_quantization(call, i).scale()));
    return scaled(multiply(centred(call, i), static_cast<double>(1 << kLeft)), {by});
  };
  return {output(call, f(brought(0), brought(1)))};
}

template <Function f>
std::vector<Value> plain(Call& call) {
  return {output(call, f(call[0], call[1]))};
}

Tensor floor_quotient(const Tensor& a, const Tensor& b) { return floor_divide(a, b); }
Tensor sum_of(const Tensor& a, const Tensor& b) { return add(a, b); }
Tensor difference_of(const Tensor& a, const Tensor& b) { return subtract(a, b); }
Tensor product_of(const Tensor& a, const Tensor& b) { return multiply(a, b); }
Tensor quotient_of(const Tensor& a, const Tensor& b) { return divide(a, b); }
Tensor larger_of(const Tensor& a, const Tensor& b) { return maximum(a, b); }
Tensor smaller_of(const Tensor& a, const Tensor& b) { return minimum(a, b); }
Tensor power_of(const Tensor& a, const Tensor& b) { return power(a, b); }
Tensor modulus_of(const Tensor& a, const Tensor& b) { return mod(a, b); }
Tensor equal_of(const Tensor& a, const Tensor& b) { return equal(a, b); }
Tensor not_equal_of(const Tensor& a, const Tensor& b) { return not_equal(a, b); }
Tensor greater_of(const Tensor& a, const Tensor& b) { return ops::greater(a, b); }
Tensor greater_equal_of(const Tensor& a, const Tensor& b) { return ops::greater_equal(a, b); }
Tensor less_of(const Tensor& a, const Tensor& b) { return ops::less(a, b); }
Tensor less_equal_of(const Tensor& a, const Tensor& b) { return ops::less_equal(a, b); }
Tensor both(const Tensor& a, const Tensor& b) { return ops::logical_and(a, b); }
Tensor either(const Tensor& a, const Tensor& b) { return ops::logical_or(a, b); }

std::vector<Value> add_n(Call& call) {
  Tensor total = call[0];
  for (size_t i = 1; i < call.size(); ++i) total = add(total, call[i]);
  return {output(call, total)};
}

template <Function f>
std::vector<Value> equality(Call& call) {
  if (!call.value(0).is_strings()) return comparison<f>(call);
  throw Unsupported("compares strings");
}

const bool kArithmeticRegistered[] = {builtin<sum_operator<sum_of>>("ADD", {{0, 1}}),
                            builtin<sum_operator<difference_of>>("SUB", {{0, 1}}),
                            builtin<mul>("MUL", {{0, 1}}),
                            builtin<div>("DIV", {{0, 1}}),
                            builtin<squared_difference>("SQUARED_DIFFERENCE"),
                            builtin<add_n>("ADD_N"),
                            builtin<plain<larger_of>>("MAXIMUM"),
                            builtin<plain<smaller_of>>("MINIMUM"),
                            builtin<plain<power_of>>("POW"),
                            builtin<plain<floor_quotient>>("FLOOR_DIV"),
                            builtin<plain<modulus_of>>("FLOOR_MOD"),
                            builtin<plain<arctan2>>("ATAN2"),
                            builtin<plain<bitwise_xor>>("BITWISE_XOR"),
                            builtin<plain<right_shift>>("RIGHT_SHIFT"),
                            builtin<plain<both>>("LOGICAL_AND"),
                            builtin<plain<either>>("LOGICAL_OR"),
                            builtin<equality<equal_of>>("EQUAL"),
                            builtin<equality<not_equal_of>>("NOT_EQUAL"),
                            builtin<comparison<greater_of>>("GREATER"),
                            builtin<comparison<greater_equal_of>>("GREATER_EQUAL"),
                            builtin<comparison<less_of>>("LESS"),
                            builtin<comparison<less_equal_of>>("LESS_EQUAL"),
                            builtin<plain<sum_of>>("STABLEHLO_ADD"),
                            builtin<plain<difference_of>>("STABLEHLO_SUBTRACT"),
                            builtin<plain<product_of>>("STABLEHLO_MULTIPLY"),
                            builtin<plain<quotient_of>>("STABLEHLO_DIVIDE"),
                            builtin<plain<larger_of>>("STABLEHLO_MAXIMUM"),
                            builtin<plain<smaller_of>>("STABLEHLO_MINIMUM"),
                            builtin<plain<power_of>>("STABLEHLO_POWER"),
                            builtin<plain<both>>("STABLEHLO_AND"),
                            builtin<plain<either>>("STABLEHLO_OR")};

}  // namespace
}  // namespace lamina::tflite
