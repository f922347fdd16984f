// Tiles of a few rows of x by a few lines, or vectors, of the matrix stay in registers. What the next tile
// reads of the matrix is asked for while this one is computed.
#include "lamina/ops/detail/few_rows.h"

#include <algorithm>
#include <cstring>

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/few_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include "lamina/ops/detail/sum_of_each-inl.h"
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
constexpr bool kManyRegisters = true;
#else
constexpr bool kManyRegisters = false;
#endif

HWY_INLINE V Load(const float* from) { return hn::LoadU(D(), from); }
HWY_INLINE V Load(const BFloat16* from) {
  const hn::Repartition<uint32_t, D> wide;
  const auto half = hn::LoadU(hn::Rebind<uint16_t, D>(), reinterpret_cast<const uint16_t*>(from));
  return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(wide, half)));
}

/// The first `count` numbers, and zeros: nothing beyond them is read.
template <class T>
HWY_INLINE V LoadFirst(const T* from, int64_t count) {
  T padded[HWY_MAX_BYTES / sizeof(float)] = {};
  std::memcpy(padded, from, static_cast<size_t>(count) * sizeof(T));
  return Load(padded);
}

template <class D2>
HWY_INLINE hn::Vec<D2> Finished(D2 d, const FewRows& p, hn::Vec<D2> sum, const float* bias, int64_t column) {
  if (bias) sum = hn::Add(sum, hn::LoadU(d, bias + column));
  return p.relu ? hn::IfThenZeroElse(hn::Le(sum, hn::Zero(d)), sum) : sum;
}

// ---- lines

#if HWY_TARGET == HWY_SCALAR
/// A vector is a number.
HWY_INLINE void StoreSums(const FewRows& p, const V* sums, int64_t count, const float* bias, float* c,
                          int64_t column) {
  for (int64_t j = 0; j < count; ++j) hn::StoreU(Finished(D(), p, sums[j], bias, column + j), D(), c + j);
}
#else
/// Four lines, or the first of them.
HWY_INLINE void StoreSums(const FewRows& p, const V* sums, int64_t count, const float* bias, float* c,
                          int64_t column) {
  const V zero = hn::Zero(D());
  if (count == 4) {
    const auto all = sum_of_each(D(), sums[0], sums[1], sums[2], sums[3]);
    hn::StoreU(Finished(Four<float>(), p, all, bias, column), Four<float>(), c);
  } else {
    const hn::FixedTag<float, 1> one;
    const auto first = hn::Set(one, hn::GetLane(sum_of_each(D(), sums[0], zero, zero, zero)));
    hn::StoreU(Finished(one, p, first, bias, column), one, c);
  }
}
#endif

/// Many lines at a time stay in the second cache until they are read.
template <int kLines>
HWY_INLINE void AskFor(const void* line) {
  if constexpr (kLines > 4) {
    __builtin_prefetch(line, 0, 2);
  } else {
    hwy::Prefetch(static_cast<const char*>(line));
  }
}

/// kRows rows of x times kLines lines of w. Each result has one vector of sums.
template <int kRows, int kLines, class W>
HWY_INLINE void LinesTile(const FewRows& p, const float* HWY_RESTRICT x, const W* HWY_RESTRICT w,
                          const float* bias, float* HWY_RESTRICT c, int64_t column, bool ask) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  V sums[kRows][kLines];
  unroll<kRows>([&](auto i)
                    HWY_ATTR { unroll<kLines>([&](auto j) HWY_ATTR { sums[i][j] = hn::Zero(D()); }); });
  const int64_t k = p.k, w_step = p.w_step;
  const auto step = [&](const auto& load, int64_t t) HWY_ATTR {
    V rows[kRows];
    unroll<kRows>([&](auto i) HWY_ATTR { rows[i] = load(x + i * p.x_step + t); });
    unroll<kLines>([&](auto j) HWY_ATTR {
      const V line = load(w + j * w_step + t);
      unroll<kRows>([&](auto i) HWY_ATTR { sums[i][j] = hn::MulAdd(rows[i], line, sums[i][j]); });
    });
  };
  const auto whole = [](const auto* from) HWY_ATTR { return Load(from); };
  int64_t t = 0;
  if (ask) {
    for (; t + lanes <= k; t += lanes) {
      unroll<kLines>([&](auto j) HWY_ATTR { AskFor<kLines>(w + (kLines + j) * w_step + t); });
      step(whole, t);
    }
  } else {
    for (; t + lanes <= k; t += lanes) step(whole, t);
  }
  if (t < k) step([&](const auto* from) HWY_ATTR { return LoadFirst(from, k - t); }, t);
  constexpr int kTogether = kLines < 4 ? 1 : 4;
  unroll<kRows>([&](auto i) HWY_ATTR {
    unroll<kLines / kTogether>([&](auto j) HWY_ATTR {
      StoreSums(p, sums[i] + j * kTogether, kTogether, bias, c + i * p.c_step + column + j * kTogether,
                column + j * kTogether);
    });
  });
}

/// kLines lines of w times all rows of x.
template <int kMostRows, int kLines, class W>
void Lines(const FewRows& p, const float* x, const W* w, const float* bias, float* c, int64_t column,
           bool ask) {
  const int64_t tiles = (p.m + kMostRows - 1) / kMostRows;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t first = p.m * tile / tiles, rows = p.m * (tile + 1) / tiles - first;
    unroll<kMostRows>([&](auto i) HWY_ATTR {
      if (rows == i + 1)
        LinesTile<i + 1, kLines>(p, x + first * p.x_step, w + column * p.w_step, bias, c + first * p.c_step,
                                 column, ask && tile == 0);
    });
  }
}

template <int kMostRows, int kLines, class W>
void AllLines(const FewRows& p, const float* x, const W* w, const float* bias, float* c, int64_t begin,
              int64_t end) {
  int64_t column = begin;
  for (; column + kLines <= end; column += kLines)
    Lines<kMostRows, kLines>(p, x, w, bias, c, column, column + 2 * kLines <= p.n);
  if (kLines > 4 && column + 4 <= end) {
    Lines<kMostRows, 4>(p, x, w, bias, c, column, false);
    column += 4;
  }
  for (; column < end; ++column) Lines<kMostRows, 1>(p, x, w, bias, c, column, false);
}

template <class W>
void ByLines(const FewRows& p, const float* x, const W* w, const float* bias, float* c, int64_t begin,
             int64_t end) {
  if (p.m == 1) return AllLines<1, 8>(p, x, w, bias, c, begin, end);
  if (kManyRegisters && p.m == 2) return AllLines<2, 8>(p, x, w, bias, c, begin, end);
  AllLines<kManyRegisters ? 6 : 3, 4>(p, x, w, bias, c, begin, end);
}

void FloatLines(const FewRows& p, const float* x, const float* w, const float* bias, float* c, int64_t begin,
                int64_t end) {
  ByLines(p, x, w, bias, c, begin, end);
}
void HalfLines(const FewRows& p, const float* x, const BFloat16* w, const float* bias, float* c,
               int64_t begin, int64_t end) {
  ByLines(p, x, w, bias, c, begin, end);
}

// ---- columns

/// Lines of the matrix that stay near while all rows of x meet them: a few vectors of each in the first
/// cache.
constexpr int64_t kDepth = 64;

/// Adds `depth` terms to kRows by kVectors sums in c.
template <int kRows, int kVectors, class D2>
HWY_INLINE void ColumnsTile(D2 d, const FewRows& p, const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                            float* HWY_RESTRICT c, int64_t depth, bool first, bool ask) {
  using V2 = hn::Vec<D2>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V2 sums[kRows][kVectors];
  unroll<kRows>([&](auto i) HWY_ATTR {
    unroll<kVectors>([&](auto v) HWY_ATTR {
      sums[i][v] = first ? hn::Zero(d) : hn::LoadU(d, c + i * p.c_step + v * lanes);
    });
  });
  for (int64_t t = 0; t < depth; ++t, w += p.w_step) {
    V2 line[kVectors];
    unroll<kVectors>([&](auto v) HWY_ATTR {
      line[v] = hn::LoadU(d, w + v * lanes);
      if (ask) hwy::Prefetch(w + kDepth * p.w_step + v * lanes);
    });
    unroll<kRows>([&](auto i) HWY_ATTR {
      const V2 factor = hn::Set(d, x[i * p.x_step + t]);
      unroll<kVectors>([&](auto v) HWY_ATTR { sums[i][v] = hn::MulAdd(factor, line[v], sums[i][v]); });
    });
  }
  unroll<kRows>([&](auto i) HWY_ATTR {
    unroll<kVectors>([&](auto v) HWY_ATTR { hn::StoreU(sums[i][v], d, c + i * p.c_step + v * lanes); });
  });
}

/// All rows of x, kMostRows at a time, and kVectors vectors of columns.
template <int kMostRows, int kVectors, class D2>
void ColumnsOfRows(D2 d, const FewRows& p, const float* x, const float* w, float* c, int64_t depth,
                   bool first, bool ask) {
  const int64_t tiles = (p.m + kMostRows - 1) / kMostRows;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t row = p.m * tile / tiles, rows = p.m * (tile + 1) / tiles - row;
    unroll<kMostRows>([&](auto i) HWY_ATTR {
      if (rows == i + 1)
        ColumnsTile<i + 1, kVectors>(d, p, x + row * p.x_step, w, c + row * p.c_step, depth, first,
                                     ask && tile == 0);
    });
  }
}

/// As many columns from `begin` on as are whole vectors, and the others in narrower ones.
template <int kMostRows, int kVectors, class D2>
void Panel(D2 d, const FewRows& p, const float* x, const float* w, float* c, int64_t begin, int64_t end) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = begin + (end - begin) / lanes * lanes;
  for (int64_t t = 0; t < p.k; t += kDepth) {
    const int64_t depth = std::min(kDepth, p.k - t);
    const bool first = t == 0, ask = t + 2 * kDepth <= p.k;
    const float* const lines = w + t * p.w_step;
    int64_t j = begin;
    for (; j + kVectors * lanes <= whole; j += kVectors * lanes)
      ColumnsOfRows<kMostRows, kVectors>(d, p, x + t, lines + j, c + j, depth, first, ask);
    for (; j < whole; j += lanes)
      ColumnsOfRows<kMostRows, 1>(d, p, x + t, lines + j, c + j, depth, first, ask);
  }
  if constexpr (hn::MaxLanes(D2()) > 1) {
    if (whole < end) Panel<kMostRows, 1>(hn::Half<D2>(), p, x, w, c, whole, end);
  }
}

/// Columns at a time: their sums, and kDepth lines of the matrix, are in the second cache.
constexpr int64_t kPanel = 256;

void ByColumns(const FewRows& p, const float* x, const float* w, const float* bias, float* c, int64_t begin,
               int64_t end) {
  for (int64_t j = begin; j < end; j += kPanel) {
    const int64_t last = std::min(end, j + kPanel);
    if (p.m == 1 && last - j < kPanel) {
      Panel<1, 4>(D(), p, x, w, c, j, last);
    } else if (p.m == 1) {
      Panel<1, kManyRegisters ? 16 : 8>(D(), p, x, w, c, j, last);
    } else {
      Panel<kManyRegisters ? 6 : 4, kManyRegisters ? 4 : 2>(D(), p, x, w, c, j, last);
    }
    if (!bias && !p.relu) continue;
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t column = j; column < last; ++column) {
        float& sum = c[i * p.c_step + column];
        if (bias) sum += bias[column];
        if (p.relu && sum <= 0) sum = 0;
      }
    }
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(FloatLines);
HWY_EXPORT(HalfLines);
HWY_EXPORT(ByColumns);

void few_rows_by_lines(const FewRows& product, const float* x, const float* w, const float* bias, float* c,
                       int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(FloatLines)(product, x, w, bias, c, begin, end);
}

void few_rows_by_lines(const FewRows& product, const float* x, const BFloat16* w, const float* bias, float* c,
                       int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(HalfLines)(product, x, w, bias, c, begin, end);
}

void few_rows_by_columns(const FewRows& product, const float* x, const float* w, const float* bias, float* c,
                         int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(ByColumns)(product, x, w, bias, c, begin, end);
}

}  // namespace lamina::detail
#endif
