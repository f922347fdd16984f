// Tile instructions of the random numbers: Philox4x32-10, one block of four words per lane.
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/random_cpu.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>
#include <cstring>

#include <hwy/highway.h>
#include "lamina/ops/detail/simd_math-inl.h"
#include "lamina/ops/detail/tiles.h"
#include "lamina/ops/random.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {

using Words = hn::ScalableTag<uint32_t>;
using Word = hn::Vec<Words>;
using Floats = hn::ScalableTag<float>;

/// Upper and lower halves of the 64-bit products of a and b.
HWY_INLINE void multiply_wide(Words d, Word a, Word b, Word& high, Word& low) {
#if HWY_TARGET == HWY_SCALAR
  high = hn::Set(d, static_cast<uint32_t>(static_cast<uint64_t>(hn::GetLane(a)) * hn::GetLane(b) >> 32));
#else
  const hn::Repartition<uint64_t, Words> dw;
  const auto even = hn::MulEven(a, b);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(dw, a))),
                               hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(dw, b))));
  const auto odd_lanes = hn::Set(dw, 0xffffffff00000000ull);
  high = hn::BitCast(d, hn::Or(hn::ShiftRight<32>(even), hn::And(odd, odd_lanes)));
#endif
  low = hn::Mul(a, b);
}

struct Block {
  Word word[4];
};

struct Key {
  uint32_t seed_low, seed_high, counter_low, counter_high, stream;
};

/// Blocks `first` + lane. Constants and rounds of the paper that random.h names.
HWY_INLINE Block philox(Words d, const Key& key, uint32_t first) {
  Word c0 = hn::Add(hn::Set(d, first), hn::Iota(d, 0));
  Word c1 = hn::Set(d, key.stream);
  Word c2 = hn::Set(d, key.counter_low);
  Word c3 = hn::Set(d, key.counter_high);
  uint32_t k0 = key.seed_low;
  uint32_t k1 = key.seed_high;
  for (int round = 0; round < 10; ++round) {
    Word high0, low0, high1, low1;
    multiply_wide(d, hn::Set(d, 0xD2511F53u), c0, high0, low0);
    multiply_wide(d, hn::Set(d, 0xCD9E8D57u), c2, high1, low1);
    c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(d, k0));
    c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(d, k1));
    c1 = low1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

struct Bits {
  using T = int32_t;
  HWY_INLINE void operator()(Words d, const Block& block, T* out) const {
    const hn::RebindToSigned<Words> di;
    (void)d;
    hn::StoreInterleaved4(hn::BitCast(di, block.word[0]), hn::BitCast(di, block.word[1]),
                          hn::BitCast(di, block.word[2]), hn::BitCast(di, block.word[3]), di, out);
  }
};

/// The upper 24 bits as a multiple of 2^-24.
HWY_INLINE hn::Vec<Floats> unit_interval(Word bits) {
  const hn::RebindToSigned<Words> di;
  const Floats df;
  return hn::Mul(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<8>(bits))), hn::Set(df, 0x1p-24f));
}

struct Uniform {
  using T = float;
  HWY_INLINE void operator()(Words, const Block& block, T* out) const {
    hn::StoreInterleaved4(unit_interval(block.word[0]), unit_interval(block.word[1]),
                          unit_interval(block.word[2]), unit_interval(block.word[3]), Floats(), out);
  }
};

struct Normal {
  using T = float;
  using V = hn::Vec<Floats>;
  HWY_INLINE void operator()(Words, const Block& block, T* out) const {
    V z[4];
    pair(block.word[0], block.word[1], z[0], z[1]);
    pair(block.word[2], block.word[3], z[2], z[3]);
    hn::StoreInterleaved4(z[0], z[1], z[2], z[3], Floats(), out);
  }
  HWY_INLINE static void pair(Word a, Word b, V& first, V& second) {
    const Floats df;
    const V above_zero = hn::Add(unit_interval(a), hn::Set(df, 0x1p-25f));
    const V radius = hn::Sqrt(hn::Mul(hn::Set(df, -2.0f), log(df, above_zero)));
    const V angle = hn::Mul(unit_interval(b), hn::Set(df, 6.28318531f));
    first = hn::Mul(radius, sine(df, angle, 1));
    second = hn::Mul(radius, sine(df, angle, 0));
  }
};

template <class Distribution>
void draw(const TileArgs& args) {
  using T = typename Distribution::T;
  const Words d;
  const size_t lanes = hn::Lanes(d);
  const int64_t per_call = static_cast<int64_t>(4 * lanes);
  int64_t words[2];
  std::memcpy(words, args.in[0], sizeof(words));
  const Key key{static_cast<uint32_t>(words[0]), static_cast<uint32_t>(static_cast<uint64_t>(words[0]) >> 32),
                static_cast<uint32_t>(words[1]), static_cast<uint32_t>(static_cast<uint64_t>(words[1]) >> 32),
                static_cast<uint32_t>(args.attrs->as<RandomAttrs>().stream)};
  T* out = static_cast<T*>(args.out);
  int64_t i = 0;
  while (i < args.n) {
    const int64_t place = args.first + i;
    const Block block = philox(d, key, static_cast<uint32_t>(place / 4));
    const int64_t skip = place % 4;
    if (skip == 0 && args.n - i >= per_call) {
      Distribution{}(d, block, out + i);
      i += per_call;
      continue;
    }
    HWY_ALIGN T some[4 * hn::MaxLanes(d)];
    Distribution{}(d, block, some);
    const int64_t count = std::min(per_call - skip, args.n - i);
    std::memcpy(out + i, some + skip, static_cast<size_t>(count) * sizeof(T));
    i += count;
  }
}

TileFunction vector_random(Random distribution) {
  switch (distribution) {
    case Random::kBits:
      return draw<Bits>;
    case Random::kUniform:
      return draw<Uniform>;
    case Random::kNormal:
      return draw<Normal>;
  }
  return nullptr;
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
namespace {
HWY_EXPORT(vector_random);
}  // namespace

TileFunction random_tile(Random distribution) { return HWY_DYNAMIC_DISPATCH(vector_random)(distribution); }

}  // namespace lamina::detail
#endif  // HWY_ONCE
