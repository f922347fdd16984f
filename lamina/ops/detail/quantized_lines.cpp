// Tiles of a few rows by a few lines stay in registers, as in few_rows.cpp. Where the processor has no
// products of signed bytes, numbers of the matrix are taken with an offset, and the offset's part of the
// sums, which follows from x alone, is taken off at the start.
#include "lamina/ops/detail/quantized_lines.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#define LAMINA_BYTE_PRODUCTS
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/quantized_lines.cpp"
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

/// What stands in front of a row's integers.
struct RowHead {
  float step;      ///< of the row's integers
  int32_t offset;  ///< what the sums of one line hold too much
};
constexpr int64_t kHead = 64;

/// NaN counts as infinity.
float Larger(float most, float x) {
  if (x <= most) return most;
  return x <= std::numeric_limits<float>::max() ? x : std::numeric_limits<float>::infinity();
}

float StepOf(float most) {
  if (!(most <= std::numeric_limits<float>::max())) return std::numeric_limits<float>::quiet_NaN();
  return most > QuantizedLines::kTiny ? most / 127 : 0;
}

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// ---- plain loops

void QuantizeRow(const QuantizedLines& p, const float* x, uint8_t* row) {
  float most = 0;
  for (int64_t i = 0; i < p.k; ++i) most = Larger(most, std::abs(x[i]));
  const RowHead head{StepOf(most), 0};
  const float factor = head.step > 0 ? 127 / most : 0;
  std::memcpy(row, &head, sizeof(head));
  for (int64_t i = 0; i < p.k; ++i)
    row[kHead + i] = static_cast<uint8_t>(factor > 0 ? static_cast<int>(std::nearbyint(x[i] * factor)) : 0);
}

void AllLines(const QuantizedLines& p, const uint8_t* rows, const uint8_t* w, const float* scales, float* c,
              int64_t begin, int64_t end) {
  const int64_t group = p.k / p.groups;
  for (int64_t i = 0; i < p.m; ++i) {
    const uint8_t* const row = rows + i * p.row_bytes();
    RowHead head;
    std::memcpy(&head, row, sizeof(head));
    for (int64_t j = begin; j < end; ++j) {
      const uint8_t* const line = w + j * p.line_bytes();
      float total = 0;
      for (int64_t g = 0; g < p.groups; ++g) {
        int32_t sum = 0;
        for (int64_t t = g * group; t < (g + 1) * group; ++t) {
          const int number =
              p.bits == 8 ? static_cast<int8_t>(line[t]) : (line[t / 2] >> (t % 2 * 4) & 15) - 8;
          sum += number * static_cast<int8_t>(row[kHead + t]);
        }
        total += static_cast<float>(sum) * scales[j * p.groups + g];
      }
      c[i * p.n + j] = total * head.step;
    }
  }
}

#else

// ---- vectors

using DF = hn::ScalableTag<float>;
using DI = hn::Rebind<int32_t, DF>;
using DB = hn::Repartition<int8_t, DI>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;
using VB = hn::Vec<DB>;

int64_t Bytes() { return static_cast<int64_t>(hn::Lanes(DB())); }

#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
constexpr bool kManyRegisters = true;
#else
constexpr bool kManyRegisters = false;
#endif

/// A vector of the matrix's bytes as Dot wants it. kBits 4: the low halves, or the high ones.
template <int kBits, bool kHigh>
HWY_INLINE VB Prepared(VB w) {
  const hn::Repartition<uint8_t, DI> unsigned_bytes;
  const hn::Repartition<uint16_t, DI> pairs;
  if constexpr (kBits == 4) {
    const auto halves =
        hn::BitCast(unsigned_bytes, kHigh ? hn::BitCast(DB(), hn::ShiftRight<4>(hn::BitCast(pairs, w))) : w);
    w = hn::BitCast(DB(), hn::And(halves, hn::Set(unsigned_bytes, uint8_t{15})));
#if HWY_ARCH_X86
    return w;
#else
    return hn::Sub(w, hn::Set(DB(), int8_t{8}));
#endif
  }
#if HWY_TARGET == HWY_AVX3_DL
  return hn::Xor(w, hn::Set(DB(), int8_t{-128}));
#else
  return w;
#endif
}

/// sums plus the products of four neighbouring bytes each, added up somewhere in their 16 bytes.
template <int kBits>
HWY_INLINE VI Dot(VI sums, VB w, VB x) {
#if HWY_TARGET == HWY_AVX3_DL
  asm("vpdpbusd %2, %1, %0" : "+v"(sums.raw) : "v"(w.raw), "v"(x.raw));
  return sums;
#elif HWY_ARCH_X86
  // Products of unsigned by signed bytes, two added up in 16 bits: at most 2 * 128 * 127.
  const VB left = kBits == 4 ? w : hn::Abs(w);
  const VB right = kBits == 4 ? x : hn::IfThenElse(hn::Lt(w, hn::Zero(DB())), hn::Neg(x), x);
  const hn::Repartition<int16_t, DI> pairs;
#if HWY_TARGET == HWY_AVX3
  const hn::Vec<decltype(pairs)> sums_of_two{_mm512_maddubs_epi16(left.raw, right.raw)};
  return hn::Add(sums, VI{_mm512_madd_epi16(sums_of_two.raw, hn::Set(pairs, int16_t{1}).raw)});
#elif HWY_TARGET == HWY_AVX2
  const hn::Vec<decltype(pairs)> sums_of_two{_mm256_maddubs_epi16(left.raw, right.raw)};
  return hn::Add(sums, VI{_mm256_madd_epi16(sums_of_two.raw, hn::Set(pairs, int16_t{1}).raw)});
#else
  const hn::Vec<decltype(pairs)> sums_of_two{_mm_maddubs_epi16(left.raw, right.raw)};
  return hn::Add(sums, VI{_mm_madd_epi16(sums_of_two.raw, hn::Set(pairs, int16_t{1}).raw)});
#endif
#else
  const hn::Repartition<int16_t, DI> wide;
  const hn::Half<DB> half;
  const auto low_w = hn::PromoteTo(wide, hn::LowerHalf(half, w)),
             low_x = hn::PromoteTo(wide, hn::LowerHalf(half, x));
  const auto high_w = hn::PromoteTo(wide, hn::UpperHalf(half, w)),
             high_x = hn::PromoteTo(wide, hn::UpperHalf(half, x));
  VI other = hn::Zero(DI());
  sums = hn::ReorderWidenMulAccumulate(DI(), low_w, low_x, sums, other);
  sums = hn::ReorderWidenMulAccumulate(DI(), high_w, high_x, sums, other);
  return hn::Add(sums, other);
#endif
}

HWY_INLINE VB LoadBytes(const uint8_t* from) {
  return hn::LoadU(DB(), reinterpret_cast<const int8_t*>(from));
}
/// The first `count`, and others that do not count: nothing beyond them is read.
HWY_INLINE VB LoadFirst(const uint8_t* from, int64_t count) {
  HWY_ALIGN uint8_t padded[HWY_MAX_BYTES] = {};
  std::memcpy(padded, from, static_cast<size_t>(count));
  return LoadBytes(padded);
}

template <int kBits>
HWY_INLINE VI DotOf(VI sums, VB w, const uint8_t* x) {
  sums = Dot<kBits>(sums, Prepared<kBits, false>(w), LoadBytes(x));
  if constexpr (kBits == 4) sums = Dot<kBits>(sums, Prepared<kBits, true>(w), LoadBytes(x + Bytes()));
  return sums;
}

/// For each vector of a line of w the integers that meet it, and behind all of them for each vector the sums
/// that the offset makes, negated.
template <int kBits>
void QuantizeRowOf(const QuantizedLines& p, const float* x, uint8_t* row) {
  const DF d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t bytes = Bytes(), vectors = (p.line_bytes() + bytes - 1) / bytes, whole = p.k / lanes * lanes;
  VF most_of = hn::Zero(d);
  auto not_finite = hn::Ne(most_of, most_of);
  for (int64_t i = 0; i < whole; i += lanes) {
    const VF v = hn::Abs(hn::LoadU(d, x + i));
    not_finite = hn::Or(not_finite, hn::Not(hn::Le(v, hn::Set(d, std::numeric_limits<float>::max()))));
    most_of = hn::Max(most_of, v);
  }
  float most = hn::GetLane(hn::MaxOfLanes(d, most_of));
  for (int64_t i = whole; i < p.k; ++i) most = Larger(most, std::abs(x[i]));
  if (!hn::AllFalse(d, not_finite)) most = std::numeric_limits<float>::infinity();
  RowHead head{StepOf(most), 0};
  const float factor = head.step > 0 ? 127 / most : 0;
  int8_t* const integers = reinterpret_cast<int8_t*>(row + kHead);
  const int64_t numbers = vectors * bytes * (8 / kBits);
  const hn::Rebind<int8_t, DF> narrow;
  HWY_ALIGN int8_t piece[2 * HWY_MAX_BYTES];
  for (int64_t first = 0; first < numbers; first += 2 * bytes) {
    const int64_t count = std::min(2 * bytes, numbers - first);
    for (int64_t i = 0; i < count; i += lanes) {
      const int64_t at = first + i;
      VF v = hn::Zero(d);
      if (at + lanes <= p.k) {
        v = hn::LoadU(d, x + at);
      } else if (at < p.k) {
        HWY_ALIGN float padded[HWY_MAX_BYTES / sizeof(float)] = {};
        std::memcpy(padded, x + at, static_cast<size_t>(p.k - at) * sizeof(float));
        v = hn::Load(d, padded);
      }
      const auto rounded = factor > 0 ? hn::NearestInt(hn::Mul(v, hn::Set(d, factor))) : hn::Zero(DI());
      hn::StoreU(hn::DemoteTo(narrow, rounded), narrow, piece + i);
    }
    if constexpr (kBits == 8) {
      std::memcpy(integers + first, piece, static_cast<size_t>(count));
    } else {
      for (int64_t i = 0; i < bytes; ++i) {
        integers[first + i] = piece[2 * i];
        integers[first + bytes + i] = piece[2 * i + 1];
      }
    }
  }
  const VB nothing = hn::Set(DB(), static_cast<int8_t>(kBits == 4 ? 0x88 : 0));
  VI all = hn::Zero(DI());
  for (int64_t v = 0; v < vectors; ++v) {
    const VI sums = DotOf<kBits>(hn::Zero(DI()), nothing, row + kHead + v * bytes * (8 / kBits));
    hn::StoreU(hn::Neg(sums), DI(), reinterpret_cast<int32_t*>(row + kHead + numbers + v * bytes));
    all = hn::Add(all, sums);
  }
  head.offset = hn::GetLane(hn::SumOfLanes(DI(), all));
  std::memcpy(row, &head, sizeof(head));
}

void QuantizeRow(const QuantizedLines& p, const float* x, uint8_t* row) {
  (p.bits == 8 ? QuantizeRowOf<8> : QuantizeRowOf<4>)(p, x, row);
}

/// The scales of the numbers of one vector, each in the lanes of its 16 bytes. `scales` are those of a line;
/// vectors hold `count` groups, or one where that is 1.
HWY_INLINE VF ScalesOf(const float* scales, int64_t first, int64_t count, int64_t last) {
  const DF d;
  const auto lanes = hn::Lanes(d);
  const auto at = [&](int64_t i) HWY_ATTR { return hn::Set(d, scales[std::min(first + i, last)]); };
  if (count == 1) return at(0);
  const auto half = hn::FirstN(d, lanes / 2);
  if (count == 2) return hn::IfThenElse(half, at(0), at(1));
  return hn::IfThenElse(half, hn::IfThenElse(hn::FirstN(d, lanes / 4), at(0), at(1)),
                        hn::IfThenElse(hn::FirstN(d, lanes / 4 * 3), at(2), at(3)));
}

/// kRows rows times kLines lines.
template <int kBits, bool kGrouped, int kRows, int kLines>
HWY_INLINE void Tile(const QuantizedLines& p, const uint8_t* HWY_RESTRICT rows, const uint8_t* HWY_RESTRICT w,
                     const float* HWY_RESTRICT scales, float* HWY_RESTRICT c, int64_t column, bool ask) {
  using V = std::conditional_t<kGrouped, VF, VI>;
  V sums[kRows][kLines];
  unroll<kRows>([&](auto i) HWY_ATTR {
    unroll<kLines>([&](auto j) HWY_ATTR {
      if constexpr (kGrouped) {
        sums[i][j] = hn::Zero(DF());
      } else {
        sums[i][j] = hn::Zero(DI());
      }
    });
  });
  const int64_t bytes = Bytes(), line = p.line_bytes(), row = p.row_bytes();
  const int64_t starts = (line + bytes - 1) / bytes * bytes * (8 / kBits);
  const int64_t group = p.k / p.groups, numbers = bytes * 8 / kBits;
  const int64_t count = std::max<int64_t>(1, numbers / group);
  const uint8_t* HWY_RESTRICT x = rows + kHead;
  // Lines are short: what is asked for is some tiles away.
  const int64_t ahead = std::max<int64_t>(kLines * line, 8192);
  const auto step = [&](const auto& load, int64_t t) HWY_ATTR {
    const int64_t at = t * (8 / kBits);
    unroll<kLines>([&](auto j) HWY_ATTR {
      const VB bytes_of = load(w + j * line + t);
      if constexpr (kGrouped) {
        const VF scale = ScalesOf(scales + (column + j) * p.groups, at / group, count, p.groups - 1);
        unroll<kRows>([&](auto i) HWY_ATTR {
          const VI start = hn::LoadU(DI(), reinterpret_cast<const int32_t*>(x + i * row + starts + t));
          const VI sum = DotOf<kBits>(start, bytes_of, x + i * row + at);
          sums[i][j] = hn::MulAdd(hn::ConvertTo(DF(), sum), scale, sums[i][j]);
        });
      } else {
        unroll<kRows>([&](auto i)
                          HWY_ATTR { sums[i][j] = DotOf<kBits>(sums[i][j], bytes_of, x + i * row + at); });
      }
    });
  };
  const auto whole = [](const uint8_t* from) HWY_ATTR { return LoadBytes(from); };
  int64_t t = 0;
  for (; t + bytes <= line; t += bytes) {
    if (ask) unroll<kLines>([&](auto j) HWY_ATTR { hwy::Prefetch(w + j * line + t + ahead); });
    step(whole, t);
  }
  if (t < line) step([&](const uint8_t* from) HWY_ATTR { return LoadFirst(from, line - t); }, t);
  constexpr int kTogether = kLines < 4 ? 1 : 4;
  const Four<float> four;
  unroll<kRows>([&](auto i) HWY_ATTR {
    RowHead head;
    std::memcpy(&head, rows + i * row, sizeof(head));
    unroll<kLines / kTogether>([&](auto group_of) HWY_ATTR {
      constexpr int kFirst = group_of * kTogether;
      const V* const from = sums[i] + kFirst;
      const V v1 = from[kTogether > 1 ? 1 : 0], v2 = from[kTogether > 1 ? 2 : 0],
              v3 = from[kTogether > 1 ? 3 : 0];
      hn::Vec<Four<float> > y;
      float* const to = c + i * p.n + column + kFirst;
      if constexpr (kGrouped) {
        y = sum_of_each(DF(), from[0], v1, v2, v3);
      } else {
        const Four<int32_t> integers;
        const auto exact = hn::Sub(sum_of_each(DI(), from[0], v1, v2, v3), hn::Set(integers, head.offset));
        y = hn::ConvertTo(four, exact);
        const float* const scale = scales + column + kFirst;
        y = hn::Mul(y, kTogether == 4 ? hn::LoadU(four, scale) : hn::Set(four, scale[0]));
      }
      y = hn::Mul(y, hn::Set(four, head.step));
      if constexpr (kTogether == 4) {
        hn::StoreU(y, four, to);
      } else {
        *to = hn::GetLane(y);
      }
    });
  });
}

template <int kBits, bool kGrouped, int kMostRows, int kLines>
void Lines(const QuantizedLines& p, const uint8_t* rows, const uint8_t* w, const float* scales, float* c,
           int64_t column, bool ask) {
  const int64_t tiles = (p.m + kMostRows - 1) / kMostRows;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t first = p.m * tile / tiles, count = p.m * (tile + 1) / tiles - first;
    unroll<kMostRows>([&](auto i) HWY_ATTR {
      if (count == i + 1)
        Tile<kBits, kGrouped, i + 1, kLines>(p, rows + first * p.row_bytes(), w + column * p.line_bytes(),
                                             scales, c + first * p.n, column, ask && tile == 0);
    });
  }
}

template <int kBits, bool kGrouped, int kMostRows, int kLines>
void LinesOf(const QuantizedLines& p, const uint8_t* rows, const uint8_t* w, const float* scales, float* c,
             int64_t begin, int64_t end) {
  int64_t column = begin;
  for (; column + kLines <= end; column += kLines)
    Lines<kBits, kGrouped, kMostRows, kLines>(p, rows, w, scales, c, column, true);
  for (; column < end; ++column) Lines<kBits, kGrouped, kMostRows, 1>(p, rows, w, scales, c, column, false);
}

template <int kBits, bool kGrouped>
void LinesOfKind(const QuantizedLines& p, const uint8_t* rows, const uint8_t* w, const float* scales,
                 float* c, int64_t begin, int64_t end) {
  if (p.m == 1)
    return LinesOf < kBits, kGrouped, 1, kManyRegisters ? 8 : 4 > (p, rows, w, scales, c, begin, end);
  LinesOf<kBits, kGrouped, !kManyRegisters ? 2 : kGrouped ? 4 : 6, 4>(p, rows, w, scales, c, begin, end);
}

void AllLines(const QuantizedLines& p, const uint8_t* rows, const uint8_t* w, const float* scales, float* c,
              int64_t begin, int64_t end) {
  const auto run = p.bits == 8 ? (p.groups == 1 ? LinesOfKind<8, false> : LinesOfKind<8, true>)
                               : (p.groups == 1 ? LinesOfKind<4, false> : LinesOfKind<4, true>);
  run(p, rows, w, scales, c, begin, end);
}

#endif

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(QuantizeRow);
HWY_EXPORT(AllLines);

void quantize_row(const QuantizedLines& product, const float* x, uint8_t* row) {
  HWY_DYNAMIC_DISPATCH(QuantizeRow)(product, x, row);
}

void quantized_lines(const QuantizedLines& product, const uint8_t* rows, const uint8_t* w,
                     const float* scales, float* c, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(AllLines)(product, rows, w, scales, c, begin, end);
}

}  // namespace lamina::detail
#endif
