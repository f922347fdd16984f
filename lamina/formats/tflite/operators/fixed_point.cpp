// Fixed-point arithmetic on tensors.
#include "lamina/formats/tflite/operators/fixed_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"

namespace lamina::tflite {

Multiplier multiplier_of(double real) {
  if (!(real >= 0) || !(real < std::ldexp(1.0, 31)))
    throw InvalidArgument(
        fmt::format("its scales make a factor of {}, with which nothing can be computed", real));
  if (real == 0) return {};
  int shift = 0;
  auto fixed = static_cast<int64_t>(std::round(std::frexp(real, &shift) * std::ldexp(1.0, 31)));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<int32_t>(fixed), shift};
}

namespace {

template <class F>
Tensor each(const std::vector<Multiplier>& by, F&& f) {
  std::vector<int64_t> values;
  for (const Multiplier& one : by) values.push_back(f(one));
  if (std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == values[0]; }))
    values.resize(1);
  return values.size() == 1 ? Tensor::from(values, Shape{})
                            : Tensor::from(values, {static_cast<int64_t>(values.size())});
}

bool any(const std::vector<Multiplier>& by, bool (*is)(const Multiplier&)) {
  return std::any_of(by.begin(), by.end(), is);
}

Tensor constant(int64_t value) { return Tensor::from<int64_t>({value}, Shape{}); }

}  // namespace

Tensor scaled(const Tensor& x, const std::vector<Multiplier>& by) {
  Tensor y = x;
  if (any(by, [](const Multiplier& one) { return one.shift > 0; }))
    y = left_shift(y, each(by, [](const Multiplier& one) { return std::max(one.shift, 0); }));
  y = multiply(y, each(by, [](const Multiplier& one) { return one.m; }));
  y = right_shift(add(y, constant(int64_t{1} << 30)), constant(31));
  if (!any(by, [](const Multiplier& one) { return one.shift < 0; })) return y;
  const auto right = [](const Multiplier& one) { return std::max(-one.shift, 0); };
  const Tensor half =
      each(by, [&](const Multiplier& one) { return right(one) == 0 ? 0 : int64_t{1} << (right(one) - 1); });
  // -1 for negative numbers, where anything is shifted.
  const Tensor shifts = each(by, [&](const Multiplier& one) { return right(one) == 0 ? 0 : 1; });
  const Tensor sign = multiply(right_shift(y, constant(63)), shifts);
  return right_shift(add(add(y, half), sign), each(by, right));
}

Tensor scaled_once(const Tensor& x, const std::vector<Multiplier>& by) {
  if (any(by, [](const Multiplier& one) { return one.shift > 30; }))
    throw Unsupported("its scales make a factor that is too large");
  const Tensor half = each(by, [](const Multiplier& one) { return int64_t{1} << (30 - one.shift); });
  const Tensor product = multiply(x, each(by, [](const Multiplier& one) { return one.m; }));
  return right_shift(add(product, half), each(by, [](const Multiplier& one) { return 31 - one.shift; }));
}

Tensor scaled_wide(const Tensor& x, const std::vector<Multiplier>& by) {
  if (any(by, [](const Multiplier& one) { return one.shift > 14; }))
    throw Unsupported("its scales make a factor that is too large for sums of 64 bits");
  const Tensor reduced = each(by, [](const Multiplier& one) {
    return one.m < 0x7FFF0000 ? (int64_t{one.m} + (1 << 15)) >> 16 : int64_t{0x7FFF};
  });
  const Tensor half = each(by, [](const Multiplier& one) { return int64_t{1} << (14 - one.shift); });
  return right_shift(add(multiply(x, reduced), half),
                     each(by, [](const Multiplier& one) { return 15 - one.shift; }));
}

Tensor rounded_shift(const Tensor& x, int bits) {
  if (bits == 0) return x;
  return right_shift(add(add(x, constant(int64_t{1} << (bits - 1))), right_shift(x, constant(63))),
                     constant(bits));
}

Tensor rounded_away(const Tensor& x) {
  const Tensor size = lamina::abs(x), whole = lamina::floor(size);
  return multiply(lamina::sign(x), add(whole, cast(greater_equal(subtract(size, whole), 0.5), x.dtype())));
}

namespace {

int32_t saturated(int64_t x) { return static_cast<int32_t>(std::clamp<int64_t>(x, INT32_MIN, INT32_MAX)); }

// exp(x / 2^31) for x in [-2^29, 0): a Taylor series about -1/8.
int32_t exp_between_quarter_and_zero(int32_t x) {
  constexpr int32_t kExpOfEighth = 1895147668, kThird = 715827883;  // exp(-1/8), 1/3
  const int32_t moved = x + (1 << 28);
  const int32_t square = high_product(moved, moved), cube = high_product(square, moved),
                fourth = high_product(square, square);
  const auto quarter = static_cast<int32_t>(rounded_shift(int64_t{fourth}, 2));
  const auto tail =
      static_cast<int32_t>(rounded_shift(int64_t{high_product(quarter + cube, kThird)} + square, 1));
  return saturated(int64_t{kExpOfEighth} + high_product(kExpOfEighth, moved + tail));
}

// 1 / (1 + x / 2^31) of x not below 0, times 2^31: Newton's steps.
int32_t one_over_one_plus(int32_t x) {
  const int64_t sum = int64_t{x} + INT32_MAX;
  const auto half = static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  constexpr int32_t k48 = 1515870810, k32 = -1010580540;  // 48/17 and -32/17, with 2 bits before the point
  int32_t y = saturated(int64_t{k48} + high_product(half, k32));
  for (int i = 0; i < 3; ++i) {
    const int32_t product = high_product(half, y);
    const int32_t rest = (1 << 29) - product;
    y = saturated(int64_t{y} + saturated(int64_t{high_product(y, rest)} << 2));
  }
  return saturated(int64_t{y} << 1);
}

}  // namespace

Reciprocal reciprocal_of(int32_t x, int whole) {
  const int room = __builtin_clz(static_cast<uint32_t>(x));
  const auto part = static_cast<int32_t>((static_cast<uint32_t>(x) << room) - (1U << 31));
  return {one_over_one_plus(part), whole - room};
}

int32_t exp_of_negative(int32_t x) {
  if (x == 0) return INT32_MAX;
  constexpr int32_t kQuarter = 1 << 24;
  const int32_t part = (x & (kQuarter - 1)) - kQuarter;
  int32_t result = exp_between_quarter_and_zero(saturated(int64_t{part} << 5));
  const int32_t rest = part - x;
  // exp(-2^i) for i from -2 to 4, times 2^31.
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  for (int i = 0; i < 7; ++i) {
    if (rest & (1 << (24 + i))) result = high_product(result, kFactors[i]);
  }
  return result;
}

Multiplier inverse_square_root(int64_t x) {
  if (x <= 1) return {INT32_MAX, 0};
  int right = 11;
  while (x >= (1 << 29)) {
    x /= 4;
    ++right;
  }
  const int spare = __builtin_clz(static_cast<uint32_t>(x)) - 1;  // bits above it, the sign's left out
  const int pairs = spare / 2 - 1;
  right -= pairs;
  const auto input = static_cast<int32_t>((x << (2 * pairs)) >> 1);
  // Numbers with 3 whole bits.
  const auto product = [](int32_t a, int32_t b) {
    return static_cast<int64_t>(high_product(a, b));
  };  // 6 whole bits
  const auto saturate = [](int64_t y) {
    return static_cast<int32_t>(std::clamp<int64_t>(y, INT32_MIN, INT32_MAX));
  };
  const int32_t half = static_cast<int32_t>(rounded_shift(int64_t{input}, 1));
  const int32_t three_halves = (1 << 28) + (1 << 27);
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    const int32_t square = saturate(product(y, y));                       // 6 whole bits
    const int32_t cube = saturate(product(square, y) << 6);               // 9 to 3 whole bits
    const int64_t a = product(three_halves, y), b = product(half, cube);  // 6 whole bits
    y = saturate((a - b) << 3);
  }
  const int32_t half_root_two = 1518500250;  // sqrt(2) / 2, no whole bits
  const int32_t result = high_product(y, half_root_two);
  int shift = -right;
  int64_t m = result;
  if (shift > 0) {
    m <<= shift;
    shift = 0;
  }
  return {static_cast<int32_t>(m), shift};
}

Value looked_up(const Call& call, const std::vector<int64_t>& table, int64_t lowest) {
  const ElementType type = output_type(call);
  const Tensor values =
      settled(cast(Tensor::from(table, {static_cast<int64_t>(table.size())}), onnx::storage(type)));
  Tensor index = cast(call[0], DType::kInt32);
  if (lowest != 0) index = subtract(index, static_cast<double>(lowest));
  return {take(values, index), type};
}

}  // namespace lamina::tflite
