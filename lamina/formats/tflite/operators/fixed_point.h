// Arithmetic of scaled integers as TFLite's reference kernels define it. Internal header.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/formats/tflite/operators/call.h"

namespace lamina::tflite {

/// A positive real as m / 2^31 * 2^shift, with m in [2^30, 2^31) (or 0).
struct Multiplier {
  int32_t m = 0;
  int shift = 0;
};

/// The nearest one; below 2^-32 it is 0. Throws InvalidArgument for what is negative, infinite or far too
/// large.
Multiplier multiplier_of(double real);

/// round(a * b / 2^31), halves up.
inline int32_t high_product(int32_t a, int32_t b) {
  if (a == b && a == INT32_MIN) return INT32_MAX;
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}
/// round(x / 2^bits), halves away from zero.
inline int64_t rounded_shift(int64_t x, int bits) {
  if (bits == 0) return x;
  return (x + (int64_t{1} << (bits - 1)) - (x < 0 ? 1 : 0)) >> bits;
}
/// x times the real that `by` stands for, rounded twice.
inline int64_t scaled(int64_t x, const Multiplier& by) {
  const int64_t shifted = x << (by.shift > 0 ? by.shift : 0);
  const int64_t product = (shifted * by.m + (int64_t{1} << 30)) >> 31;
  return rounded_shift(product, by.shift < 0 ? -by.shift : 0);
}

/// The same for tensors of int64, whose elements have at most 32 bits once they are shifted left. Several
/// multipliers are one for each place of the last axis.
Tensor scaled(const Tensor& x, const std::vector<Multiplier>& by);
/// The same, rounded once, halves up.
Tensor scaled_once(const Tensor& x, const std::vector<Multiplier>& by);
/// What sums of 64 bits (products of int16 and int8) are scaled by: with multipliers of 15 bits, rounded
/// once.
Tensor scaled_wide(const Tensor& x, const std::vector<Multiplier>& by);
/// round(x / 2^bits) of tensors, halves away from zero.
Tensor rounded_shift(const Tensor& x, int bits);
/// Floats to the nearest whole number, halves away from zero.
Tensor rounded_away(const Tensor& x);

/// 1 / x of a positive integer with `whole` bits before the point: value / 2^31, in (1/2, 1], over
/// 2^bits_over_one.
struct Reciprocal {
  int32_t value;
  int bits_over_one;
};
Reciprocal reciprocal_of(int32_t x, int whole);
/// exp(x / 2^26) of a number that is not above 0, times 2^31.
int32_t exp_of_negative(int32_t x);

/// 1 / sqrt(x) of a positive integer, by Newton's steps in fixed point: m / 2^31 * 2^shift.
Multiplier inverse_square_root(int64_t x);

/// Output 0, element table[x - lowest] for each x of input 0.
Value looked_up(const Call& call, const std::vector<int64_t>& table, int64_t lowest);
/// Output 0 as a function of each integer of input 0, which has 8 or 16 bits: `f` is asked once for each.
template <class F>
Value by_table(const Call& call, F&& f) {
  const Range range = range_of(call.element(0));
  std::vector<int64_t> table;
  for (int64_t x = range.lowest; x <= range.highest; ++x) table.push_back(f(x));
  return looked_up(call, table, range.lowest);
}

}  // namespace lamina::tflite
