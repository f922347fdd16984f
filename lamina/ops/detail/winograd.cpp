// The points are 0, 3/4, -3/4, 3/2, -3/2 and infinity: with 0, 1, -1, 2, -2 errors of rounding are three times as large.
#include "lamina/ops/detail/winograd.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/winograd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include "lamina/ops/detail/above_zero-inl.h"
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

/// Three numbers of a filter at the points, over the products of the points' differences.
template <class D, class V>
HWY_INLINE void filter_to_points(D d, const V (&x)[3], V (&y)[6]) {
  constexpr float of_a = 1 / (2 * kA2 * (kA2 - kB2)), of_b = 1 / (2 * kB2 * (kB2 - kA2));
  const V even_a = hn::MulAdd(hn::Set(d, kA2 * of_a), x[2], hn::Mul(hn::Set(d, of_a), x[0]));
  const V even_b = hn::MulAdd(hn::Set(d, kB2 * of_b), x[2], hn::Mul(hn::Set(d, of_b), x[0]));
  const V odd_a = hn::Set(d, kA * of_a), odd_b = hn::Set(d, kB * of_b);
  y[0] = hn::Mul(hn::Set(d, 1 / (kA2 * kB2)), x[0]);
  y[1] = hn::MulAdd(odd_a, x[1], even_a);
  y[2] = hn::NegMulAdd(odd_a, x[1], even_a);
  y[3] = hn::MulAdd(odd_b, x[1], even_b);
  y[4] = hn::NegMulAdd(odd_b, x[1], even_b);
  y[5] = x[2];
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

// What fits into the registers beside a line of filters: 32 of them, or 16.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kMostTiles = 12;
#else
constexpr int kMostTiles = 6;
#endif
// Addresses of three tiles are a base and a step, which x86 adds while it loads.
constexpr int kOfBase = 3;

/// Sizes of the products at a point, and vectors of filters: the second lies `second` numbers behind the first.
struct Sizes {
  int64_t channels, filters, second;
  int64_t ahead;  ///< numbers to what the next point reads of the filters
};

template <int tiles, int vectors, bool ahead, class D>
HWY_INLINE void product(D d, const Sizes& s, const float* HWY_RESTRICT x, const float* HWY_RESTRICT filter,
                        float* HWY_RESTRICT out) {
  using V = hn::Vec<D>;
  V sum[tiles][vectors];
  unroll<tiles>([&](auto i) LAMINA_INLINED { unroll<vectors>([&](auto v) LAMINA_INLINED { sum[i][v] = hn::Zero(d); }); });
  constexpr int bases = (tiles + kOfBase - 1) / kOfBase;
  const float* from[bases];
  const int64_t next = s.channels;
  unroll<bases>([&](auto b) LAMINA_INLINED { from[b] = x + b * kOfBase * next; });
  for (int64_t k = s.channels; k > 0; --k, filter += s.filters) {
    V line[vectors];
    unroll<vectors>([&](auto v) LAMINA_INLINED {
      line[v] = hn::LoadU(d, filter + v * s.second);
      if constexpr (ahead) hwy::Prefetch(filter + s.ahead + v * s.second);
    });
    unroll<tiles>([&](auto i) LAMINA_INLINED {
      const V value = hn::Set(d, from[i / kOfBase][(i % kOfBase) * next]);
      unroll<vectors>([&](auto v) LAMINA_INLINED { sum[i][v] = hn::MulAdd(value, line[v], sum[i][v]); });
    });
    unroll<bases>([&](auto b) LAMINA_INLINED { ++from[b]; });
  }
  unroll<tiles>([&](auto i) LAMINA_INLINED {
    unroll<vectors>([&](auto v) LAMINA_INLINED { hn::StoreU(sum[i][v], d, out + i * s.filters + v * s.second); });
  });
}

/// The last tiles, of which there are fewer than registers hold.
template <int most, int vectors, bool ahead, class D>
HWY_INLINE void last_product(D d, const Sizes& s, int64_t count, const float* x, const float* filter, float* out) {
  if constexpr (most > 1) {
    if (count < most) return last_product<most - 1, vectors, ahead>(d, s, count, x, filter, out);
  }
  product<most, vectors, ahead>(d, s, x, filter, out);
}

/// All tiles by some filters at one point.
template <int vectors, class D>
HWY_NOINLINE void tiles_of_point(D d, const Sizes& s, int64_t count, const float* x, const float* filter, float* out) {
  if (count < kMostTiles) return last_product<kMostTiles - 1, vectors, true>(d, s, count, x, filter, out);
  product<kMostTiles, vectors, true>(d, s, x, filter, out);
  int64_t i = kMostTiles;
  for (; i + kMostTiles <= count; i += kMostTiles)
    product<kMostTiles, vectors, false>(d, s, x + i * s.channels, filter, out + i * s.filters);
  if (i < count)
    last_product<kMostTiles - 1, vectors, false>(d, s, count - i, x + i * s.channels, filter, out + i * s.filters);
}

template <class D>
void all_points(D d, const float* tiles, const float* filter_points, int64_t count, int64_t channels, int64_t filters, float* out) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t p = 0; p < kWinogradPoints; ++p) {
    // What lies behind the last point may be asked for: that reads nothing.
    Sizes s{channels, filters, 0, winograd_step(channels * filters)};
    for (int64_t f = 0; f < filters; f += 2 * lanes) {
      const int64_t first = std::min(f, filters - lanes);
      s.second = std::min(f + lanes, filters - lanes) - first;
      if (s.second > 0)
        tiles_of_point<2>(d, s, count, tiles, filter_points + first, out + first);
      else
        tiles_of_point<1>(d, s, count, tiles, filter_points + first, out + first);
    }
    tiles += winograd_step(count * channels);
    filter_points += winograd_step(channels * filters);
    out += winograd_step(count * filters);
  }
}

void Products(const float* tiles, const float* filter_points, int64_t count, int64_t channels, int64_t filters, float* out) {
  const hn::ScalableTag<float> d;
  if (filters >= static_cast<int64_t>(hn::Lanes(d))) return all_points(d, tiles, filter_points, count, channels, filters, out);
  if (hn::MaxLanes(d) > 8 && filters >= 8)
    return all_points(hn::CappedTag<float, 8>(), tiles, filter_points, count, channels, filters, out);
  all_points(hn::CappedTag<float, 4>(), tiles, filter_points, count, channels, filters, out);
}

void Filters(const float* HWY_RESTRICT kernel, int64_t tap, int64_t line, int64_t channels, int64_t filters,
             float* HWY_RESTRICT points) {
  const int64_t step = winograd_step(channels * filters);
  for_vectors(filters, [&](auto d, int64_t at) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    for (int64_t c = 0; c < channels; ++c) {
      const float* const from = kernel + c * line + at;
      float* const to = points + c * filters + at;
      V half[3][6];  // by column
      unroll<3>([&](auto j) HWY_ATTR {
        V column[3];
        unroll<3>([&](auto i) HWY_ATTR { column[i] = hn::LoadU(d, from + (i * 3 + j) * tap); });
        filter_to_points(d, column, half[j]);
      });
      unroll<6>([&](auto i) HWY_ATTR {
        V row[3], value[6];
        unroll<3>([&](auto j) HWY_ATTR { row[j] = half[j][i]; });
        filter_to_points(d, row, value);
        unroll<6>([&](auto j) HWY_ATTR { hn::StoreU(value[j], d, to + (i * 6 + j) * step); });
      });
    }
  });
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

bool Results(const WinogradResults& where, const float* HWY_RESTRICT points, int64_t step, int64_t filters) {
  const WinogradResults to = where;  // for all that the compiler knows, a result could lie over what says where results go
  bool finite = true;
  for_vectors(filters, [&](auto d, int64_t at) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V half[6][4];  // by column
    unroll<6>([&](auto j) HWY_ATTR {
      V column[6];
      unroll<6>([&](auto i) HWY_ATTR { column[i] = hn::LoadU(d, points + (i * 6 + j) * step + at); });
      from_points(d, column, half[j]);
    });
    const V zero = hn::Zero(d), bias = to.bias ? hn::LoadU(d, to.bias + at) : zero;
    V nothing = zero;  // what is not finite makes NaN of it
    unroll<4>([&](auto i) HWY_ATTR {
      V row[6], value[4];
      unroll<6>([&](auto j) HWY_ATTR { row[j] = half[j][i]; });
      from_points(d, row, value);
      unroll<4>([&](auto j) HWY_ATTR {
        value[j] = hn::Add(value[j], bias);
        nothing = hn::MulAdd(value[j], zero, nothing);
        if (to.relu) value[j] = above_zero(d, value[j]);
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
HWY_EXPORT(Filters);
HWY_EXPORT(Pixels);
HWY_EXPORT(Products);
HWY_EXPORT(Results);

void winograd_filters(const float* kernel, int64_t tap, int64_t line, int64_t channels, int64_t filters, float* points) {
  HWY_DYNAMIC_DISPATCH(Filters)(kernel, tap, line, channels, filters, points);
}

void winograd_pixels(const float* x, int64_t line, int64_t pixel, int64_t channels, float* points, int64_t step) {
  HWY_DYNAMIC_DISPATCH(Pixels)(x, line, pixel, channels, points, step);
}

void winograd_products(const float* tiles, const float* filter_points, int64_t count, int64_t channels, int64_t filters, float* out) {
  HWY_DYNAMIC_DISPATCH(Products)(tiles, filter_points, count, channels, filters, out);
}

bool winograd_results(const WinogradResults& to, const float* points, int64_t step, int64_t filters) {
  return HWY_DYNAMIC_DISPATCH(Results)(to, points, step, filters);
}

}  // namespace lamina::detail
#endif
