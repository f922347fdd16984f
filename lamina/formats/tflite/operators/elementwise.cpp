// Operators of one operand: each element by itself. Integers that stand for reals go through tables.
#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/output_meaning.h"
#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/formats/tflite/operators/tables.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/special.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

using RealFunction = float (*)(float);
using Function = Tensor (*)(const Tensor&);

template <Function f, RealFunction real>
std::vector<Value> function(Call& call) {
  if (quantized(call)) return {function_by_table(call, real)};
  return {output(call, f(call[0]))};
}

float exp_real(float x) { return std::exp(x); }
float log_real(float x) { return std::log(x); }
float sin_real(float x) { return std::sin(x); }
float cos_real(float x) { return std::cos(x); }
float sign_real(float x) { return x > 0 ? 1.0F : x < 0 ? -1.0F : 0.0F; }
float floor_real(float x) { return std::floor(x); }
float ceil_real(float x) { return std::ceil(x); }
float round_real(float x) { return std::nearbyint(x); }
float square_real(float x) { return x * x; }
float elu_real(float x) { return x < 0 ? std::expm1(x) : x; }
Tensor negated(const Tensor& x) { return lamina::negative(x); }
Tensor to_even(const Tensor& x) { return lamina::round(x); }
Tensor elu_of(const Tensor& x) { return where(greater(x, 0.0), x, expm1(minimum(x, 0.0))); }

std::vector<Value> same(Call& call) { return {output(call, call[0])}; }

template <Function f>
std::vector<Value> plain(Call& call) {
  return {output(call, f(call[0]))};
}

std::vector<Value> logistic(Call& call) {
  if (!quantized(call)) return {output(call, sigmoid(call[0]))};
  const float scale = input_quantization(call, 0).scale();
  if (onnx::bits(call.element(0)) > 8)
    return {by_table(call, [&](int64_t x) { return logistic_of_16_bits(x, scale); })};
  return {function_by_table(call, [](float x) { return 1.0F / (1.0F + std::exp(-x)); })};
}

std::vector<Value> tanh_operator(Call& call) {
  if (!quantized(call)) return {output(call, lamina::tanh(call[0]))};
  const float scale = input_quantization(call, 0).scale();
  if (onnx::bits(call.element(0)) > 8)
    return {by_table(call, [&](int64_t x) { return tanh_of_16_bits(x, scale); })};
  return {function_by_table(call, [](float x) { return std::tanh(x); })};
}

// ---- Those that clip ----

// Rescaled to the output, then not below `lowest` nor above `highest`, which are reals.
template <int lowest, int highest>
std::vector<Value> clipping(Call& call) {
  constexpr int kNone = 99;
  if (!quantized(call)) {
    if (lowest == 0 && highest == kNone)
      return {output(call, is_floating(call[0].dtype()) ? relu(call[0]) : maximum(call[0], 0.0))};
    return {output(
        call, clip(call[0], lowest, highest == kNone ? std::numeric_limits<double>::infinity() : highest))};
  }
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  Range range = range_of(output_type(call));
  const auto integer = [&](float real) {
    return out.zero() + static_cast<int64_t>(std::round(real / out.scale()));
  };
  range.lowest = std::max(range.lowest, integer(lowest));
  if (highest != kNone) range.highest = std::min(range.highest, integer(highest));
  const Multiplier by = multiplier_of(static_cast<double>(in.scale() / out.scale()));
  return {by_table(call, [&](int64_t x) {
    return std::max(range.lowest, std::min(range.highest, out.zero() + scaled(x - in.zero(), by)));
  })};
}

// Of bytes cut to whole steps, not rounded.
std::vector<Value> sqrt_operator(Call& call) {
  if (!quantized(call)) return {output(call, lamina::sqrt(call[0]))};
  if (onnx::bits(call.element(0)) > 8) return {function_by_table(call, [](float x) { return std::sqrt(x); })};
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Range range = range_of(output_type(call));
  return {by_table(call, [&](int64_t x) {
    const float real = in.scale() * static_cast<float>(std::max<int64_t>(x - in.zero(), 0));
    return std::clamp(out.zero() + static_cast<int64_t>(std::sqrt(real) / out.scale()), range.lowest,
                      range.highest);
  })};
}

std::vector<Value> abs_operator(Call& call) {
  if (!quantized(call)) return {output(call, lamina::abs(call[0]))};
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Range range = range_of(output_type(call));
  const Multiplier by = multiplier_of(static_cast<double>(in.scale() / out.scale()));
  return {by_table(call, [&](int64_t x) {
    return std::clamp(out.zero() + scaled(std::abs(x - in.zero()), by), range.lowest, range.highest);
  })};
}

std::vector<Value> leaky_relu(Call& call) {
  const float alpha = number_option(call, "alpha");
  if (!quantized(call)) {
    const Tensor& x = call[0];
    return {output(call, where(greater_equal(x, 0.0), x, multiply(x, static_cast<double>(alpha))))};
  }
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Range range = range_of(output_type(call));
  const Multiplier plain_by = multiplier_of(static_cast<double>(in.scale() / out.scale()));
  const Multiplier alpha_by = multiplier_of(static_cast<double>(std::fabs(in.scale() * alpha / out.scale())));
  return {by_table(call, [&](int64_t x) {
    const int64_t value = x - in.zero();
    const int64_t y = value >= 0 ? scaled(value, plain_by) : (alpha < 0 ? -1 : 1) * scaled(value, alpha_by);
    return std::clamp(out.zero() + y, range.lowest, range.highest);
  })};
}

std::vector<Value> prelu(Call& call) {
  const Tensor &x = call[0], &alpha = call[1];
  if (!quantized(call)) return {output(call, where(greater_equal(x, 0.0), x, multiply(x, alpha)))};
  const Quantization in = input_quantization(call, 0), slope = input_quantization(call, 1),
                     out = output_quantization(call);
  const Tensor value = centred(call, 0);
  const Tensor above =
      scaled(value, {multiplier_of(static_cast<double>(in.scale()) / static_cast<double>(out.scale()))});
  const double both = static_cast<double>(in.scale()) * static_cast<double>(slope.scale());
  const Tensor below =
      scaled(multiply(value, centred(call, 1)), {multiplier_of(both / static_cast<double>(out.scale()))});
  const Tensor y = add(where(greater_equal(value, 0.0), above, below), static_cast<double>(out.zero()));
  return {clipped(call, y, range_of(output_type(call)))};
}

// ---- Hard swish: x * relu6(x + 3) / 6 ----

int16_t saturated(int64_t x) { return static_cast<int16_t>(std::clamp<int64_t>(x, -32768, 32767)); }

// round(a * b / 2^15), halves up.
int16_t high_product_16(int16_t a, int16_t b) {
  if (a == b && a == INT16_MIN) return INT16_MAX;
  const int32_t product = static_cast<int32_t>(a) * b;
  const int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return static_cast<int16_t>((product + nudge) / (1 << 15));
}

int16_t multiplier_of_16_bits(int32_t m) {
  return static_cast<int16_t>(m >= INT32_MAX - (1 << 15) ? INT16_MAX : (m + (1 << 15)) >> 16);
}

std::vector<Value> hard_swish(Call& call) {
  if (!quantized(call)) {
    const Tensor& x = call[0];
    return {output(call, divide(multiply(x, clip(add(x, 3.0), 0, 6)), 6.0))};
  }
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Range range = range_of(output_type(call));
  const float fine = 1.0F / 128 * in.scale();
  const Multiplier to_output = multiplier_of(static_cast<double>(fine / out.scale()));
  const Multiplier to_gate = multiplier_of(static_cast<double>(fine / (3.0F / 32768)));
  const int16_t output_m = multiplier_of_16_bits(to_output.m), gate_m = multiplier_of_16_bits(to_gate.m);
  if (to_output.shift > 0) throw Unsupported("its output has a far smaller scale than its input");
  return {by_table(call, [&](int64_t x) {
    const auto value = static_cast<int16_t>((x - in.zero()) * 128);
    const int16_t unshifted = high_product_16(value, output_m);
    int16_t gate = value;
    if (to_gate.shift > 0) gate = saturated(static_cast<int64_t>(gate) << (to_gate.shift - 1));
    gate = high_product_16(gate, gate_m);
    if (to_gate.shift > 0) gate = saturated(static_cast<int64_t>(gate) * 2);
    if (to_gate.shift < 0) gate = static_cast<int16_t>(rounded_shift(int64_t{gate}, -to_gate.shift));
    gate = static_cast<int16_t>((gate + (1 << 15)) >> 1);
    const auto product = static_cast<int16_t>((static_cast<int32_t>(gate) * unshifted) / (1 << 15));
    return std::clamp(rounded_shift(int64_t{product}, -to_output.shift) + out.zero(), range.lowest,
                      range.highest);
  })};
}

std::vector<Value> gelu(Call& call) {
  const bool approximate = option(call, "approximate") != 0;
  if (quantized(call)) {
    return {function_by_table(call, [approximate](float x) {
      if (approximate) return 0.5F * x * (1.0F + std::tanh(0.7978845608F * (x + 0.044715F * x * x * x)));
      return 0.5F * x * (1.0F + std::erf(x * 0.70710678F));
    })};
  }
  const Tensor& x = call[0];
  const Tensor inner =
      approximate
          ? lamina::tanh(multiply(add(x, multiply(multiply(square(x), x), 0.044715)), 0.7978845608028654))
          : lamina::erf(multiply(x, 0.7071067811865476));
  return {output(call, multiply(multiply(x, 0.5), add(inner, 1.0)))};
}

std::vector<Value> rsqrt_operator(Call& call) {
  if (!quantized(call)) return {output(call, lamina::rsqrt(call[0]))};
  if (onnx::bits(call.element(0)) > 8)
    return {function_by_table(
        call, [](float x) { return x <= 0 ? std::numeric_limits<float>::max() : 1.0F / std::sqrt(x); })};
  // 1 / sqrt by Newton's steps in fixed point.
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Range range = range_of(output_type(call));
  const Multiplier by = multiplier_of(1.0 / static_cast<double>(std::sqrt(in.scale()) * out.scale()));
  return {by_table(call, [&](int64_t x) {
    const int64_t value = x - in.zero();
    if (value <= 0) return range.highest;
    const Multiplier inverse = inverse_square_root(value);
    const int64_t root = scaled(1, {inverse.m, inverse.shift + 20});
    return std::clamp(scaled(root, {by.m, by.shift - 20}) + out.zero(), range.lowest, range.highest);
  })};
}

std::vector<Value> logical_not_operator(Call& call) { return {output(call, ops::logical_not(call[0]))}; }
std::vector<Value> zeros_like_operator(Call& call) {
  return {output(call, zeros(call[0].shape(), call[0].dtype()))};
}

const bool kElementwiseRegistered[] = {builtin<function<lamina::exp, exp_real>>("EXP"),
                            builtin<function<lamina::log, log_real>>("LOG"),
                            builtin<sqrt_operator>("SQRT"),
                            builtin<function<lamina::sin, sin_real>>("SIN"),
                            builtin<function<lamina::cos, cos_real>>("COS"),
                            builtin<abs_operator>("ABS"),
                            builtin<function<lamina::sign, sign_real>>("SIGN"),
                            builtin<function<lamina::floor, floor_real>>("FLOOR"),
                            builtin<function<lamina::ceil, ceil_real>>("CEIL"),
                            builtin<function<to_even, round_real>>("ROUND"),
                            builtin<function<lamina::square, square_real>>("SQUARE"),
                            builtin<function<elu_of, elu_real>>("ELU"),
                            builtin<plain<negated>>("NEG"),
                            builtin<rsqrt_operator>("RSQRT"),
                            builtin<logistic>("LOGISTIC"),
                            builtin<tanh_operator>("TANH"),
                            builtin<clipping<0, 99>>("RELU"),
                            builtin<clipping<0, 6>>("RELU6"),
                            builtin<clipping<0, 1>>("RELU_0_TO_1"),
                            builtin<clipping<-1, 1>>("RELU_N1_TO_1"),
                            builtin<leaky_relu>("LEAKY_RELU"),
                            builtin<prelu>("PRELU", {{1}}),
                            builtin<hard_swish>("HARD_SWISH"),
                            builtin<gelu>("GELU"),
                            builtin<logical_not_operator>("LOGICAL_NOT"),
                            builtin<zeros_like_operator>("ZEROS_LIKE"),
                            builtin<plain<lamina::exp>>("STABLEHLO_EXPONENTIAL"),
                            builtin<plain<lamina::log>>("STABLEHLO_LOG"),
                            builtin<plain<lamina::abs>>("STABLEHLO_ABS"),
                            builtin<plain<lamina::cos>>("STABLEHLO_COSINE"),
                            builtin<plain<lamina::floor>>("STABLEHLO_FLOOR"),
                            builtin<plain<negated>>("STABLEHLO_NEGATE"),
                            builtin<plain<sigmoid>>("STABLEHLO_LOGISTIC"),
                            builtin<plain<lamina::rsqrt>>("STABLEHLO_RSQRT"),
                            builtin<plain<lamina::tanh>>("STABLEHLO_TANH"),
                            builtin<same>("STABLEHLO_CONVERT")};
[[maybe_unused]] const bool kLogisticMeans = onnx::register_meaning(kDomain, "LOGISTIC", "sigmoid");

}  // namespace
}  // namespace lamina::tflite
