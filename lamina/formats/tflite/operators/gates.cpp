// Logistic function and hyperbolic tangent by series and Newton's steps, in 16 bits.
#include "lamina/formats/tflite/operators/gates.h"

#include <algorithm>

namespace lamina::tflite {
namespace {

int16_t saturated(int32_t x) { return static_cast<int16_t>(std::clamp<int32_t>(x, INT16_MIN, INT16_MAX)); }

// round(a * b / 2^15), halves up.
int16_t product(int16_t a, int16_t b) {
  if (a == b && a == INT16_MIN) return INT16_MAX;
  return static_cast<int16_t>((static_cast<int32_t>(a) * b + (1 << 14)) >> 15);
}

int16_t shifted(int16_t x, int bits) {  // halves away from zero
  return static_cast<int16_t>((x + (1 << (bits - 1)) - (x < 0 ? 1 : 0)) >> bits);
}

// exp(x / 2^15) for x in [-2^13, 0): a Taylor series about -1/8.
int16_t exp_between_quarter_and_zero(int16_t x) {
  constexpr int16_t kExpOfEighth = 28918, kThird = 10923;
  const auto moved = static_cast<int16_t>(x + (1 << 12));
  const int16_t square = product(moved, moved), cube = product(square, moved),
                fourth = product(square, square);
  const auto sum =
      static_cast<int16_t>(product(static_cast<int16_t>(shifted(fourth, 2) + cube), kThird) + square);
  return saturated(kExpOfEighth + product(kExpOfEighth, static_cast<int16_t>(moved + shifted(sum, 1))));
}

// 2^15 exp(x / 2^(15 - bits)) for x not above 0.
int16_t exp_of_negative(int16_t x, int bits) {
  if (x == 0) return INT16_MAX;
  const int fraction = 15 - bits;
  const auto quarter = static_cast<int16_t>(1 << (fraction - 2));
  const auto part = static_cast<int16_t>((x & (quarter - 1)) - quarter);
  int16_t result = exp_between_quarter_and_zero(saturated(static_cast<int32_t>(part) * (1 << bits)));
  const int32_t rest = part - x;
  // exp(-2^i) for i from -2 on.
  constexpr int16_t kFactors[] = {25520, 19875, 12055, 4435, 600, 11, 0};
  for (int i = -2; i <= 4 && i < bits; ++i) {
    if (rest & (1 << (fraction + i))) result = product(result, kFactors[i + 2]);
  }
  if (bits > 5 && x < -(1 << (fraction + 5))) return 0;
  return result;
}

// 1 / ((1 + x / 2^15) / 2), with 2 bits before the point: Newton's steps.
int16_t inverse_of_half(int16_t x) {
  const int32_t sum = static_cast<int32_t>(x) + INT16_MAX;
  const auto half = static_cast<int16_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  constexpr int16_t k48 = 23130, k32 = -15420;  // 48/17 and -32/17
  auto y = static_cast<int16_t>(k48 + product(half, k32));
  for (int i = 0; i < 3; ++i) {
    const auto rest = static_cast<int16_t>((1 << 13) - product(half, y));
    y = static_cast<int16_t>(y + saturated(static_cast<int32_t>(product(y, rest)) * 4));
  }
  return y;
}

}  // namespace

int16_t gate_logistic(int16_t x) {
  if (x == 0) return 1 << 14;
  const auto negative = static_cast<int16_t>(x > 0 ? -x : x);
  const int16_t positive = saturated(static_cast<int32_t>(inverse_of_half(exp_of_negative(negative, 3))) * 2);
  return x > 0 ? positive : static_cast<int16_t>(INT16_MAX - positive);
}

int16_t gate_tanh(int16_t x, int bits) {
  if (x == 0) return 0;
  const auto negative = static_cast<int16_t>(x > 0 ? -x : x);
  const int16_t inverse = inverse_of_half(exp_of_negative(negative, bits + 1));
  const int16_t size = saturated((static_cast<int32_t>(inverse) - (1 << 13)) * 4);
  return x > 0 ? size : static_cast<int16_t>(-size);
}

}  // namespace lamina::tflite
