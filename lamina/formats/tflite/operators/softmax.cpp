// SOFTMAX, LOG_SOFTMAX, L2_NORMALIZATION: rows of numbers that are divided by a sum.
#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/output_meaning.h"
#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/formats/tflite/operators/tables.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

Tensor constant(int64_t value) { return Tensor::from<int64_t>({value}, Shape{}); }

// round(a * b / 2^31), halves up, of int64 with 32 bits.
Tensor high(const Tensor& a, const Tensor& b) {
  return right_shift(add(multiply(a, b), constant(int64_t{1} << 30)), constant(31));
}

// How many zeros an int32 above 0 has in front.
Tensor leading_zeros(const Tensor& x) {
  const Tensor log2 = multiply(lamina::log(cast(x, DType::kFloat64)), 1 / std::log(2.0));
  return subtract(31.0, cast(lamina::floor(add(log2, 1e-11)), DType::kInt64));
}

// reciprocal_of for tensors.
std::pair<Tensor, Tensor> reciprocals(const Tensor& x, int whole) {
  const Tensor room = leading_zeros(x);
  const Tensor part = subtract(left_shift(x, room), constant(int64_t{1} << 31));
  const Tensor half = right_shift(add(add(part, constant(INT32_MAX)), constant(1)), constant(1));
  Tensor y = add(high(half, constant(-1010580540)), constant(1515870810));
  for (int i = 0; i < 3; ++i) {
    const Tensor rest = subtract(constant(1 << 29), high(half, y));
    y = add(y, left_shift(high(y, rest), constant(2)));
  }
  y = minimum(left_shift(y, constant(1)), constant(INT32_MAX));
  return {y, subtract(static_cast<double>(whole), room)};
}

// The steps that a difference of 1 is, with 26 bits behind the point.
Multiplier difference_of(float scale, float beta) {
  return multiplier_of(
      std::min(static_cast<double>(beta) * static_cast<double>(scale) * (1 << 26), 2147483647.0));
}

// Differences below that count as nothing.
int64_t least_difference(const Multiplier& by) {
  return -static_cast<int64_t>(std::floor(31.0 * (1 << 26) / std::ldexp(1.0, by.shift)));
}

std::vector<Value> softmax_of_bytes(Call& call, float beta) {
  const Range in = range_of(call.element(0)), out = range_of(output_type(call));
  const int bits = onnx::bits(output_type(call));
  const Multiplier by = difference_of(input_quantization(call, 0).scale(), beta);
  const int64_t least = least_difference(by);
  std::vector<int64_t> exps, parts;  // of -0, -1, ...: with no bits, and with 12 bits before the point
  for (int64_t d = 0; d <= in.highest - in.lowest; ++d) {
    const int64_t e =
        -d >= least ? exp_of_negative(static_cast<int32_t>(std::max<int64_t>(scaled(-d, by), INT32_MIN))) : 0;
    exps.push_back(e);
    parts.push_back(rounded_shift(e, 12));
  }
  const auto table = [](const std::vector<int64_t>& values) {
    return Tensor::from(values, {static_cast<int64_t>(values.size())});
  };
  const Tensor x = cast(call[0], DType::kInt32);
  const Tensor distance = subtract(lamina::max(x, Axes{-1}, true), x);
  const auto [inverse, over] = reciprocals(sum(take(table(parts), distance), Axes{-1}, true), 12);
  const Tensor shift = add(over, static_cast<double>(31 - bits));
  const Tensor half = left_shift(constant(1), subtract(shift, 1.0));
  const Tensor e = take(table(exps), distance);
  const Tensor y = right_shift(add(high(e, inverse), half), shift);
  return {clipped(call, where(equal(e, 0.0), constant(out.lowest), add(y, static_cast<double>(out.lowest))),
                  out)};
}

// With tables of exp over [-10, 0] and 1 / (1 + x) over [0, 1].
std::vector<Value> softmax_of_16_bits(Call& call, float beta) {
  const Multiplier by = multiplier_of(static_cast<double>(input_quantization(call, 0).scale()) *
                                      static_cast<double>(beta) / (10.0 / 65535.0));
  const auto exp_line =
      line_of_pieces<double>([](double x) { return std::exp(x); }, 10.0 / 65535.0, 32767, 2.0 / 65535.0, 0);
  const auto one_over =
      line_of_pieces<double>([](double x) { return 1 / (1 + x); }, 1.0 / 65535.0, -32768, 2.0 / 65535.0, 0);
  std::vector<int64_t> exps, inverses;
  for (int64_t d = 0; d <= 65535; ++d)
    exps.push_back(on_line(exp_line, std::clamp<int64_t>(scaled(-d, by) + 32767, -32768, 32767)));
  for (int64_t x = -32768; x <= 32767; ++x) inverses.push_back(on_line(one_over, x));
  const auto table = [](const std::vector<int64_t>& values) {
    return settled(Tensor::from(values, {static_cast<int64_t>(values.size())}));
  };
  const Tensor x = cast(call[0], DType::kInt32);
  const Tensor e = take(table(exps), subtract(lamina::max(x, Axes{-1}, true), x));
  const Tensor total = sum(e, Axes{-1}, true), room = leading_zeros(total);
  const Tensor part =
      right_shift(add(left_shift(total, subtract(room, 1.0)), constant(1 << 13)), constant(14));
  const Tensor place = clip(subtract(part, static_cast<double>((1 << 15) + (1 << 16))), -32768, 32767);
  const Tensor inverse = take(table(inverses), cast(add(place, 32768.0), DType::kInt32));
  const Tensor shift = subtract(31.0, room);
  const Tensor y =
      right_shift(add(multiply(e, inverse), left_shift(constant(1), subtract(shift, 1.0))), shift);
  return {clipped(call, y, {0, 32767})};
}

std::vector<Value> softmax_operator(Call& call) {
  const float beta = number_option(call, "beta");
  if (call[0].rank() < 1) call.fail("takes at least one axis");
  if (!quantized(call)) {
    const Tensor x = beta == 1.0F ? call[0] : multiply(call[0], static_cast<double>(beta));
    return {output(call, softmax(x, -1))};
  }
  return onnx::bits(call.element(0)) > 8 ? softmax_of_16_bits(call, beta) : softmax_of_bytes(call, beta);
}

std::vector<Value> log_softmax_operator(Call& call) {
  if (quantized(call)) throw Unsupported("of integers is not known");
  return {output(call, log_softmax(call[0], -1))};
}

std::vector<Value> l2_normalization(Call& call) {
  const Tensor& x = call[0];
  if (x.rank() < 1) call.fail("takes at least one axis");
  if (!quantized(call)) {
    const Tensor norm = lamina::sqrt(sum(square(x), Axes{-1}, true));
    return {output(call, activated(call, divide(x, maximum(norm, 1e-6))))};
  }
  // The inverse of a length is found by as many steps as its size asks for: on values.
  if (!call.value(0).known()) throw NeedsValues("L2_NORMALIZATION of integers looks at its numbers");
  const Range range = range_of(output_type(call));
  if (range.lowest != -128 || range.highest != 127)
    throw Unsupported("of integers other than int8 is not known");
  std::vector<int64_t> values = onnx::integers(x);
  const auto depth = static_cast<size_t>(x.shape()[-1]);
  const int64_t zero = input_quantization(call, 0).zero();
  call.ignore({"fused_activation_function"});
  for (size_t row = 0; depth > 0 && row < values.size(); row += depth) {
    int64_t sum_of_squares = 0;
    for (size_t i = row; i < row + depth; ++i) {
      values[i] -= zero;
      sum_of_squares += values[i] * values[i];
    }
    Multiplier inverse = inverse_square_root(sum_of_squares);
    inverse.shift += 7;  // the result is in 1/128
    for (size_t i = row; i < row + depth; ++i)
      values[i] = std::clamp(scaled(values[i], inverse), range.lowest, range.highest);
  }
  return {output(call, Tensor::from(values, x.shape()))};
}

const bool kSoftmaxRegistered[] = {builtin<softmax_operator>("SOFTMAX"),
                            builtin<log_softmax_operator>("LOG_SOFTMAX"),
                            builtin<l2_normalization>("L2_NORMALIZATION")};
[[maybe_unused]] const bool kSoftmaxMeans = onnx::register_meaning(kDomain, "SOFTMAX", "softmax");

}  // namespace
}  // namespace lamina::tflite
