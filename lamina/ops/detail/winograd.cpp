// The points are 0, 3/4, -3/4, 3/2, -3/2 and infinity: with 0, 1, -1, 2, -2 errors of rounding are three times as large.
#include "lamina/ops/detail/winograd.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/winograd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/highway.h>
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr float kA = 0.75f, kA2 = kA * kA, kA3 = kA2 * kA;
constexpr float kB = 1.5f, kB2 = kB * kB, kB3 = kB2 * kB;

/// Six numbers d, `step` apart, at the points: what makes their products with a filter's a convolution.
template <class D, class V>
HWY_INLINE void to_points(D d, const V (&x)[6], V (&y)[6]) {
  const V a = hn::Set(d, kA), b = hn::Set(d, kB), a2 = hn::Set(d, kA2), b2 = hn::Set(d, kB2);
  const V sum = hn::Set(d, kA2 + kB2), product = hn::Set(d, kA2 * kB2);
  const V even_a = hn::NegMulAdd(b2, x[2], x[4]), odd_a = hn::NegMulAdd(b2, x[1], x[3]);
  const V even_b = hn::NegMulAdd(a2, x[2], x[4]), odd_b = hn::NegMulAdd(a2, x[1], x[3]);
  y[0] = hn::MulAdd(product, x[0], hn::NegMulAdd(sum, x[2], x[4]));
  y[1] = hn::MulAdd(a, odd_a, even_a);
  y[2] = hn::NegMulAdd(a, odd_a, even_a);
  y[3] = hn::MulAdd(b, odd_b, even_b);
  y[4] = hn::NegMulAdd(b, odd_b, even_b);
  y[5] = hn::MulAdd(product, x[1], hn::NegMulAdd(sum, x[3], x[5]));
}

/// Four results from what was multiplied at the points.
template <class D, class V>
HWY_INLINE void from_points(D d, const V (&x)[6], V (&y)[4]) {
  const V sum_a = hn::Add(x[1], x[2]), difference_a = hn::Sub(x[1], x[2]);
  const V sum_b = hn::Add(x[3], x[4]), difference_b = hn::Sub(x[3], x[4]);
  y[0] = hn::Add(x[0], hn::Add(sum_a, sum_b));
  y[1] = hn::MulAdd(hn::Set(d, kA), difference_a, hn::Mul(hn::Set(d, kB), difference_b));
  y[2] = hn::MulAdd(hn::Set(d, kA2), sum_a, hn::Mul(hn::Set(d, kB2), sum_b));
  y[3] = hn::MulAdd(hn::Set(d, kA3), difference_a, hn::MulAdd(hn::Set(d, kB3), difference_b, x[5]));
}

/// Calls `f(d, at)` for vectors that cover `count` numbers, the last of which lies over the one before where they do not
/// fill it; by the widest vectors that they fill.
template <class F>
HWY_INLINE void for_vectors(int64_t count, F f) {
  const auto all = [&](auto d) HWY_ATTR {
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    for (int64_t at = 0; at < count; at += lanes) f(d, std::min(at, count - lanes));
  };
  const hn::ScalableTag<float> d;
  if (count >= static_cast<int64_t>(hn::Lanes(d))) return all(d);
  if (hn::MaxLanes(d) > 8 && count >= 8) return all(hn::CappedTag<float, 8>());
  all(hn::CappedTag<float, 4>());
}

void Pixels(const float* HWY_RESTRICT x, int64_t line, int64_t pixel, int64_t channels, float* HWY_RESTRICT points,
            int64_t step) {
  for_vectors(channels, [&](auto d, int64_t at) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V half[6][6];  // by column
    unroll<6>([&](auto j) HWY_ATTR {
      V column[6];
      unroll<6>([&](auto i) HWY_ATTR { column[i] = hn::LoadU(d, x + i * line + j * pixel + at); });
      to_points(d, column, half[j]);
    });
    unroll<6>([&](auto i) HWY_ATTR {
      V row[6], value[6];
      unroll<6>([&](auto j) HWY_ATTR { row[j] = half[j][i]; });
      to_points(d, row, value);
      unroll<6>([&](auto j) HWY_ATTR { hn::StoreU(value[j], d, points + (i * 6 + j) * step + at); });
    });
  });
}

bool Results(const WinogradResults& to, const float* HWY_RESTRICT points, int64_t step, int64_t filters) {
  bool finite = true;
  for_vectors(filters, [&](auto d, int64_t at) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V half[6][4];  // by column
    unroll<6>([&](auto j) HWY_ATTR {
      V column[6];
      unroll<6>([&](auto i) HWY_ATTR { column[i] = hn::LoadU(d, points + (i * 6 + j) * step + at); });
      from_points(d, column, half[j]);
    });
    const V bias = hn::LoadU(d, to.bias + at), zero = hn::Zero(d);
    V nothing = zero;  // what is not finite makes NaN of it
    unroll<4>([&](auto i) HWY_ATTR {
      V row[6], value[4];
      unroll<6>([&](auto j) HWY_ATTR { row[j] = half[j][i]; });
      from_points(d, row, value);
      unroll<4>([&](auto j) HWY_ATTR {
        value[j] = hn::Add(value[j], bias);
        nothing = hn::MulAdd(value[j], zero, nothing);
        if (to.relu) value[j] = hn::IfThenZeroElse(hn::Lt(value[j], zero), value[j]);
      });
      if (i >= to.rows) return;
      float* const out = to.out + i * to.line + at;
      unroll<4>([&](auto j) HWY_ATTR {
        if (j < to.columns) hn::StoreU(value[j], d, out + j * to.pixel);
      });
    });
    finite = finite && hn::AllTrue(d, hn::Eq(nothing, zero));
  });
  return finite;
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Pixels);
HWY_EXPORT(Results);

namespace {

/// Three numbers of a filter at the points, over the products of the points' differences.
void filter_to_points(const double (&g)[3], double (&y)[6]) {
  constexpr double a = 0.75, b = 1.5, a2 = a * a, b2 = b * b;
  const auto at = [&](double point, double factor) { return (g[0] + point * g[1] + point * point * g[2]) / factor; };
  const double of_a = 2 * a2 * (a2 - b2), of_b = 2 * b2 * (b2 - a2);
  y[0] = g[0] / (a2 * b2);
  y[1] = at(a, of_a);
  y[2] = at(-a, of_a);
  y[3] = at(b, of_b);
  y[4] = at(-b, of_b);
  y[5] = g[2];
}

}  // namespace

void winograd_kernel(const float* kernel, int64_t channels, int64_t filters, float* points) {
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t f = 0; f < filters; ++f) {
      double half[3][6], g[3], y[6];
      for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < 3; ++i) g[i] = static_cast<double>(kernel[((i * 3 + j) * channels + c) * filters + f]);
        filter_to_points(g, half[j]);
      }
      const int64_t panel = f / kWinogradPanel * kWinogradPanel, width = std::min(kWinogradPanel, filters - panel);
      float* const to = points + panel * kWinogradPoints * channels + c * width + (f - panel);
      for (int i = 0; i < 6; ++i) {
        for (int j = 0; j < 3; ++j) g[j] = half[j][i];
        filter_to_points(g, y);
        for (int j = 0; j < 6; ++j) to[(i * 6 + j) * channels * width] = static_cast<float>(y[j]);
      }
    }
  }
}

void winograd_pixels(const float* x, int64_t line, int64_t pixel, int64_t channels, float* points, int64_t step) {
  HWY_DYNAMIC_DISPATCH(Pixels)(x, line, pixel, channels, points, step);
}

bool winograd_results(const WinogradResults& to, const float* points, int64_t step, int64_t filters) {
  return HWY_DYNAMIC_DISPATCH(Results)(to, points, step, filters);
}

}  // namespace lamina::detail
#endif
