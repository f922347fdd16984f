// Transforms of real integers by way of complex ones of half the length, decimated in time. Where bits are rounded, and in
// which order numbers are added, is Kiss FFT's, with which tflite-micro is built: its results are compared bit for bit.
#include "lamina/formats/tflite/operators/fixed_fft.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

namespace lamina::tflite {
namespace {

constexpr int64_t kLargestRadix = 5;

// The radices of n in the order of the stages, from the outermost.
std::vector<int64_t> radices_of(int64_t n) {
  std::vector<int64_t> radices;
  int64_t radix = 4;
  while (n > 1) {
    while (n % radix != 0) {
      radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2;
      if (radix * radix > n) radix = n;
    }
    n /= radix;
    radices.push_back(radix);
  }
  return radices;
}

template <class Scalar>
class FixedTransform {
 public:
  using Number = FixedComplex<Scalar>;

  FixedTransform(int64_t length, bool inverse)
      : length_(length), inverse_(inverse), radices_(radices_of(length)), twiddles_(static_cast<size_t>(length)) {
    for (int64_t i = 0; i < length; ++i)
      twiddles_[static_cast<size_t>(i)] =
          unit((inverse ? 2 : -2) * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length));
  }

  std::vector<Number> operator()(const std::vector<Number>& x) const {
    std::vector<Number> y(x);
    if (length_ > 1) stage(y.data(), x.data(), 1, 0, length_);
    return y;
  }

  static Number unit(double phase) {
    const auto part = [](double x) { return static_cast<Scalar>(std::floor(0.5 + static_cast<double>(kMost) * x)); };
    return {part(std::cos(phase)), part(std::sin(phase))};
  }
  static Scalar wrap(int64_t x) { return static_cast<Scalar>(x); }
  static Number sum(Number a, Number b) { return {wrap(wide(a.real) + b.real), wrap(wide(a.imag) + b.imag)}; }
  static Number difference(Number a, Number b) {
    return {wrap(wide(a.real) - b.real), wrap(wide(a.imag) - b.imag)};
  }
  static Scalar product(Scalar a, Scalar b) { return rounded(wide(a) * b); }
  static Number product(Number a, Number b) {
    return {rounded(wide(a.real) * b.real - wide(a.imag) * b.imag),
            rounded(wide(a.real) * b.imag + wide(a.imag) * b.real)};
  }
  // By way of a product with the fraction 1 / by, which is rounded down.
  static Number over(Number a, int64_t by) {
    const auto part = static_cast<Scalar>(kMost / by);
    return {product(a.real, part), product(a.imag, part)};
  }

 private:
  static constexpr int64_t kMost = std::numeric_limits<Scalar>::max();
  static constexpr int kBits = std::numeric_limits<Scalar>::digits;
  static int64_t wide(Scalar x) { return x; }
  static Scalar rounded(int64_t x) { return wrap((x + (int64_t{1} << (kBits - 1))) >> kBits); }

  // y: n numbers, x: those that they are made of, `stride` apart.
  void stage(Number* y, const Number* x, int64_t stride, size_t depth, int64_t n) const {
    const int64_t radix = radices_[depth], part = n / radix;
    for (int64_t i = 0; i < radix; ++i) {
      if (part == 1) {
        y[i] = x[i * stride];
      } else {
        stage(y + i * part, x + i * stride, stride * radix, depth + 1, part);
      }
    }
    for (int64_t i = 0; i < part; ++i) {
      if (radix == 2) {
        join2(y + i, part, stride * i);
      } else if (radix == 3) {
        join3(y + i, part, stride * i, twiddle(stride * part));
      } else if (radix == 4) {
        join4(y + i, part, stride * i);
      } else {
        join5(y + i, part, stride * i, twiddle(stride * part), twiddle(2 * stride * part));
      }
    }
  }
  Number twiddle(int64_t i) const { return twiddles_[static_cast<size_t>(i)]; }

  void join2(Number* y, int64_t m, int64_t at) const {
    const Number a = over(y[0], 2), b = product(over(y[m], 2), twiddle(at));
    y[m] = difference(a, b);
    y[0] = sum(a, b);
  }

  void join3(Number* y, int64_t m, int64_t at, Number third) const {
    const Number a = over(y[0], 3), b = product(over(y[m], 3), twiddle(at)),
                 c = product(over(y[2 * m], 3), twiddle(2 * at));
    const Number both = sum(b, c), apart = difference(b, c);
    const Number middle{wrap(wide(a.real) - (both.real >> 1)), wrap(wide(a.imag) - (both.imag >> 1))};
    const Number turned{product(apart.real, third.imag), product(apart.imag, third.imag)};
    y[0] = sum(a, both);
    y[2 * m] = {wrap(wide(middle.real) + turned.imag), wrap(wide(middle.imag) - turned.real)};
    y[m] = {wrap(wide(middle.real) - turned.imag), wrap(wide(middle.imag) + turned.real)};
  }

  void join4(Number* y, int64_t m, int64_t at) const {
    const Number a = over(y[0], 4), b = product(over(y[m], 4), twiddle(at)),
                 c = product(over(y[2 * m], 4), twiddle(2 * at)), d = product(over(y[3 * m], 4), twiddle(3 * at));
    const Number even = sum(a, c), uneven = difference(a, c), odd = sum(b, d), turned = difference(b, d);
    y[2 * m] = difference(even, odd);
    y[0] = sum(even, odd);
    const Number one{wrap(wide(uneven.real) + turned.imag), wrap(wide(uneven.imag) - turned.real)},
        other{wrap(wide(uneven.real) - turned.imag), wrap(wide(uneven.imag) + turned.real)};
    y[m] = inverse_ ? other : one;
    y[3 * m] = inverse_ ? one : other;
  }

  void join5(Number* y, int64_t m, int64_t at, Number first, Number second) const {
    const Number a = over(y[0], 5);
    Number t[4];
    for (int64_t k = 1; k < 5; ++k) t[k - 1] = product(over(y[k * m], 5), twiddle(k * at));
    const Number outer = sum(t[0], t[3]), outer_apart = difference(t[0], t[3]), inner = sum(t[1], t[2]),
                 inner_apart = difference(t[1], t[2]);
    y[0] = {wrap(wide(a.real) + outer.real + inner.real), wrap(wide(a.imag) + outer.imag + inner.imag)};
    const auto middle = [&](Number by_outer, Number by_inner) {
      return Number{wrap(wide(a.real) + product(outer.real, by_outer.real) + product(inner.real, by_inner.real)),
                    wrap(wide(a.imag) + product(outer.imag, by_outer.real) + product(inner.imag, by_inner.real))};
    };
    const Number one = middle(first, second), two = middle(second, first);
    const Number one_turned{
        wrap(wide(product(outer_apart.imag, first.imag)) + product(inner_apart.imag, second.imag)),
        wrap(-wide(product(outer_apart.real, first.imag)) - product(inner_apart.real, second.imag))};
    const Number two_turned{
        wrap(-wide(product(outer_apart.imag, second.imag)) + product(inner_apart.imag, first.imag)),
        wrap(wide(product(outer_apart.real, second.imag)) - product(inner_apart.real, first.imag))};
    y[m] = difference(one, one_turned);
    y[4 * m] = sum(one, one_turned);
    y[2 * m] = sum(two, two_turned);
    y[3 * m] = difference(two, two_turned);
  }

  int64_t length_;
  bool inverse_;
  std::vector<int64_t> radices_;
  std::vector<Number> twiddles_;
};

// What joins numbers k and half - k: exp of it is turned by a quarter already.
double joining_phase(int64_t k, int64_t half, bool inverse) {
  const double phase = -std::numbers::pi * (static_cast<double>(k) / static_cast<double>(half) + 0.5);
  return inverse ? -phase : phase;
}

template <class Scalar>
FixedComplex<Scalar> conjugate(FixedComplex<Scalar> x) {
  return {x.real, static_cast<Scalar>(-static_cast<int64_t>(x.imag))};
}

}  // namespace

bool fixed_fft_length_is_known(int64_t length) {
  if (length < 2 || length % 2 != 0 || length > (int64_t{1} << 20)) return false;
  for (const int64_t radix : radices_of(length / 2)) {
    if (radix > kLargestRadix) return false;
  }
  return true;
}

template <class Scalar>
std::vector<FixedComplex<Scalar>> fixed_rfft(const std::vector<Scalar>& x) {
  using Transform = FixedTransform<Scalar>;
  const auto half = static_cast<int64_t>(x.size() / 2);
  std::vector<FixedComplex<Scalar>> pairs(static_cast<size_t>(half));
  for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = {x[2 * i], x[2 * i + 1]};
  const std::vector<FixedComplex<Scalar>> t = Transform(half, false)(pairs);
  std::vector<FixedComplex<Scalar>> y(static_cast<size_t>(half) + 1);
  const FixedComplex<Scalar> ends = Transform::over(t[0], 2);
  const auto wide = [](Scalar number) { return static_cast<int64_t>(number); };
  y[0].real = Transform::wrap(wide(ends.real) + ends.imag);
  y[static_cast<size_t>(half)].real = Transform::wrap(wide(ends.real) - ends.imag);
  for (int64_t k = 1; k <= half / 2; ++k) {
    const auto a = Transform::over(t[static_cast<size_t>(k)], 2),
               b = Transform::over(conjugate(t[static_cast<size_t>(half - k)]), 2);
    const auto even = Transform::sum(a, b),
               odd = Transform::product(Transform::difference(a, b), Transform::unit(joining_phase(k, half, false)));
    y[static_cast<size_t>(k)] = {Transform::wrap((wide(even.real) + odd.real) >> 1),
                                 Transform::wrap((wide(even.imag) + odd.imag) >> 1)};
    y[static_cast<size_t>(half - k)] = {Transform::wrap((wide(even.real) - odd.real) >> 1),
                                        Transform::wrap((wide(odd.imag) - even.imag) >> 1)};
  }
  return y;
}

template <class Scalar>
std::vector<Scalar> fixed_irfft(const std::vector<FixedComplex<Scalar>>& x) {
  using Transform = FixedTransform<Scalar>;
  const auto half = static_cast<int64_t>(x.size()) - 1;
  std::vector<FixedComplex<Scalar>> t(static_cast<size_t>(half));
  const auto wide = [](Scalar number) { return static_cast<int64_t>(number); };
  t[0] = Transform::over({Transform::wrap(wide(x[0].real) + x.back().real),
                          Transform::wrap(wide(x[0].real) - x.back().real)},
                         2);
  for (int64_t k = 1; k <= half / 2; ++k) {
    const auto a = Transform::over(x[static_cast<size_t>(k)], 2),
               b = Transform::over(conjugate(x[static_cast<size_t>(half - k)]), 2);
    const auto even = Transform::sum(a, b),
               odd = Transform::product(Transform::difference(a, b), Transform::unit(joining_phase(k, half, true)));
    t[static_cast<size_t>(k)] = Transform::sum(even, odd);
    t[static_cast<size_t>(half - k)] = conjugate(Transform::difference(even, odd));
  }
  std::vector<Scalar> y;
  for (const FixedComplex<Scalar>& pair : Transform(half, true)(t)) {
    y.push_back(pair.real);
    y.push_back(pair.imag);
  }
  return y;
}

template std::vector<FixedComplex<int16_t>> fixed_rfft(const std::vector<int16_t>&);
template std::vector<FixedComplex<int32_t>> fixed_rfft(const std::vector<int32_t>&);
template std::vector<int16_t> fixed_irfft(const std::vector<FixedComplex<int16_t>>&);
template std::vector<int32_t> fixed_irfft(const std::vector<FixedComplex<int32_t>>&);

}  // namespace lamina::tflite
