// The steps of integer LSTMs.
#include "lamina/formats/tflite/operators/integer_lstm.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "lamina/formats/tflite/operators/gates.h"
#include "lamina/formats/tflite/operators/integer_sums.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/control.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"

namespace lamina::tflite {
namespace {

constexpr size_t kWeights = 1, kRecurrent = 5, kBias = 12, kOutputState = 18, kCellState = 19;

Tensor of_16_bits(const Tensor& x) { return clip(x, -32768, 32767); }

// `f` of each int16 of x.
template <class F>
Tensor looked_up(const Tensor& x, F&& f) {
  std::vector<int64_t> table;
  for (int32_t i = -32768; i <= 32767; ++i) table.push_back(f(static_cast<int16_t>(i)));
  return take(settled(Tensor::from(table, {65536})), cast(add(x, 32768.0), DType::kInt32));
}

}  // namespace

Tensor run_integer_lstm(const Call& call, const Tensor& x) {
  for (size_t i = 9; i < call.size(); ++i) {
    if (call.has(i) && (i < kBias || i == 16 || i == 17 || i > kCellState))
      throw Unsupported("of integers with peepholes, a projection or normalised gates is not known");
  }
  if (call.element(0) != ElementType::kInt8)
    throw Unsupported("of integers of other than 8 bits is not known");
  const auto scale = [&](size_t i) { return input_quantization(call, i).scale(); };
  const float log2 = std::log2(scale(kCellState));
  const int power = static_cast<int>(std::round(log2)), bits = 15 + power;
  if (std::fabs(log2 - static_cast<float>(power)) > 1e-3F || bits < 0 || bits > 6)
    throw Unsupported("has cells of a scale that is no small power of two");
  const Quantization hidden = inner_quantization(call, 4);
  const float clipping = number_option(call, "cell_clip");
  call.ignore({"proj_clip"});
  const auto limit =
      clipping > 0
          ? static_cast<double>(std::min(std::max(clipping / scale(kCellState), -32768.0F), 32767.0F))
          : 0.0;
  const int64_t steps = x.shape()[0], batch = x.shape()[1];
  const bool coupled = !call.has(kWeights);
  // Weights of a product, and the factor to 2^-12, in which gates are summed.
  struct Part {
    IntegerWeights weights;
    Multiplier by;
  };
  const auto part = [&](size_t i, size_t from) {
    return Part{integer_weights(call, i, 0, 9),
                multiplier_of(static_cast<double>(scale(i) * scale(from) / std::ldexp(1.0F, -12)))};
  };
  const auto product = [&](const Part& of, const Tensor& rows, int64_t zero, const Tensor& bias) {
    const Tensor centred_rows = cast(subtract(rows, static_cast<double>(zero)), of.weights.dtype());
    Tensor sums = cast(matmul(centred_rows, transpose(of.weights.values, {1, 0})), DType::kInt64);
    if (bias.defined()) sums = add(sums, cast(bias, DType::kInt64));
    return scaled(sums, {of.by});
  };
  const int64_t zero_in = input_quantization(call, 0).zero(),
                zero_state = input_quantization(call, kOutputState).zero();
  const Tensor rows = reshape(cast(x, DType::kInt64), {steps * batch, x.shape()[2]});
  std::vector<Tensor> given;
  std::vector<Part> recurrent;
  for (size_t gate = coupled ? 1 : 0; gate < 4; ++gate) {
    const Tensor y =
        of_16_bits(product(part(kWeights + gate, 0), rows, zero_in, call.optional(kBias + gate)));
    given.push_back(reshape(y, {steps, batch, y.shape()[1]}));
    recurrent.push_back(part(kRecurrent + gate, kOutputState));
  }
  const Multiplier to_output =
      multiplier_of(static_cast<double>(std::ldexp(1.0F, -15) / hidden.scale() * std::ldexp(1.0F, -15)));
  const auto step = [&](const std::vector<Tensor>& state, const std::vector<Tensor>& parts) {
    const auto sum_of = [&](size_t gate) {
      const size_t k = coupled ? gate - 1 : gate;
      return of_16_bits(add(product(recurrent[k], state[0], zero_state, {}), parts[k]));
    };
    const auto logistic = [&](size_t gate) { return looked_up(sum_of(gate), gate_logistic); };
    const Tensor forget = logistic(1),
                 candidate = looked_up(sum_of(2), [](int16_t v) { return gate_tanh(v, 3); });
    const Tensor in = coupled ? subtract(32767.0, forget) : logistic(0);
    const Tensor kept = rounded_shift(multiply(forget, state[1]), 15),
                 added = rounded_shift(multiply(in, candidate), 30 + power);
    Tensor cell = of_16_bits(add(kept, added));
    if (limit > 0) cell = clip(cell, -limit, limit);
    const Tensor shown = looked_up(cell, [bits](int16_t v) { return gate_tanh(v, bits); });
    const Tensor y = scaled(multiply(logistic(3), shown), {to_output});
    const Tensor out = clip(add(y, static_cast<double>(hidden.zero())), -128, 127);
    return ScanResult{{out, cell}, {out}};
  };
  return scan(step, {cast(call[kOutputState], DType::kInt64), cast(call[kCellState], DType::kInt64)}, given)
      .ys[0];
}

}  // namespace lamina::tflite
