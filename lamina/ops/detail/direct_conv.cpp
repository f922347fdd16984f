// Tiles of a few results by a few vectors of filters stay in registers while the window is read.
#include "lamina/ops/detail/direct_conv.h"

#include "lamina/ops/detail/lent_numbers.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/direct_conv.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>
#include <optional>

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include "lamina/ops/detail/above_zero-inl.h"
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// What fits into the registers beside a line of the kernel: 32 of them, or 16. Few vectors of filters leave room for
// more results, of which there must be enough to fill the pipes.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kMostVectors = 4;
constexpr int results_of(int vectors) { return vectors <= 2 ? 12 : 6; }
// Vectors from which on so many multiplications are made of a line that the next ones may be asked for beside them.
constexpr int kFewestAhead = 2;
#else
constexpr int kMostVectors = 2;
constexpr int results_of(int vectors) { return vectors == 1 ? 8 : 6; }
constexpr int kFewestAhead = 3;
#endif

/// Vectors that are loaded and stored whole.
struct Whole {
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* from) const {
    return hn::LoadU(d, from);
  }
  template <class D>
  HWY_INLINE void store(hn::Vec<D> v, D d, float* to) const {
    hn::StoreU(v, d, to);
  }
};

#if HWY_TARGET <= HWY_AVX2
/// Vectors of which the first few lanes are: what lies behind is not touched by these instruction sets.
struct Part {
  size_t count;
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* from) const {
    return hn::MaskedLoad(hn::FirstN(d, count), d, from);
  }
  template <class D>
  HWY_INLINE void store(hn::Vec<D> v, D d, float* to) const {
    hn::BlendedStore(v, hn::FirstN(d, count), d, to);
  }
};
#endif

template <class D>
HWY_INLINE int64_t lanes_of(D d) {
  return static_cast<int64_t>(hn::Lanes(d));
}

struct Tile {
  const DirectConv* conv;
  DirectStarts starts;
  int64_t first, count;  ///< the tile's first result, of all
  const float* kernel;
  int64_t step;  ///< from a line of the kernel to the next
  const float* bias;
  float* out;
  int64_t out_step;
  /// Numbers to the last vector, of filters and of results, which lies over the one before where filters do not fill it.
  int64_t kernel_last, last;
};

// How the windows of a tile lie: each by itself, evenly, or as far apart as the compiler is told. The last is for images of
// three channels and a stride of two, most networks' first layers, whose short runs are over before the addresses are made.
constexpr int kEach = 0, kEven = 1, kSixApart = 6;
// Addresses of three results that lie evenly are a base and a step, which x86 adds while it loads.
constexpr int kOfBase = 3;
/// Numbers of a line of the cache.
constexpr int64_t kLine = 16;
/// Lines of the kernel that are asked for before they are read: where there are many filters, they come from the second cache.
constexpr int64_t kAhead = 8;

template <int lie, int results, int vectors, class D, class Access>
HWY_INLINE void run_tile(D d, const Tile& t, Access access) {
  using V = hn::Vec<D>;
  const int64_t lanes = lanes_of(d), last = t.last;
  const auto place = [&](int v) HWY_ATTR { return v == vectors - 1 ? last : v * lanes; };
  V sum[results][vectors];
  unroll<vectors>([&](auto v) HWY_ATTR {
    const V first = t.bias ? access.load(d, t.bias + place(v)) : hn::Zero(d);
    unroll<results>([&](auto i) HWY_ATTR { sum[i][v] = first; });
  });
  const auto kernel_place = [&](int v) HWY_ATTR { return v == vectors - 1 ? t.kernel_last : v * lanes; };
  const int64_t step = t.step, length = t.conv->length;
  const float* HWY_RESTRICT line = t.kernel;
  constexpr bool even = lie != kEach;
  const int64_t next = lie == kSixApart ? kSixApart : t.starts.step;
  const float* const* places = t.starts.places + (even ? 0 : t.first);
  for (int64_t run = t.conv->runs; run > 0; --run, places += even ? 1 : t.count) {
    constexpr int of_base = lie == kSixApart ? results : kOfBase;
    constexpr int bases = even ? (results + of_base - 1) / of_base : results;
    const float* x[bases];
    if constexpr (even) {
      if (*places == nullptr) {
        line += length * step;
        continue;
      }
      unroll<bases>([&](auto b) HWY_ATTR { x[b] = *places + (t.first + b * of_base) * next; });
    } else {
      unroll<bases>([&](auto b) HWY_ATTR { x[b] = places[b]; });
    }
    // Few filters are done with a pixel before the next ones come from afar by themselves.
    constexpr bool fetches = lie == kEven && vectors <= 2;
    const float* ahead = fetches ? x[0] + results * next : nullptr;
    const int64_t stride = t.conv->runs == 1 ? kLine : 0;
    for (int64_t k = 0; k < length; ++k, line += step) {
      V filter[vectors];
      unroll<vectors>([&](auto v) HWY_ATTR {
        filter[v] = access.load(d, line + kernel_place(v));
        if constexpr (vectors >= kFewestAhead) hwy::Prefetch(line + kAhead * step + v * lanes);
      });
      unroll<results>([&](auto i) HWY_ATTR {
        V pixel;
        if constexpr (even)
          pixel = hn::Set(d, x[i / of_base][(i % of_base) * next]);
        else
          pixel = hn::Set(d, x[i][k]);
        unroll<vectors>([&](auto v) HWY_ATTR { sum[i][v] = hn::MulAdd(pixel, filter[v], sum[i][v]); });
      });
      if constexpr (even) unroll<bases>([&](auto b) HWY_ATTR { ++x[b]; });
      if constexpr (fetches) {
        hwy::Prefetch(ahead);
        ahead += stride;
      }
    }
  }
  // Read once: for all that the compiler knows, a result could lie over what says where results go.
  float* const out = t.out;
  const int64_t out_step = t.out_step;
  if (t.conv->relu) {
    unroll<results>([&](auto i) HWY_ATTR {
      unroll<vectors>([&](auto v) HWY_ATTR { sum[i][v] = above_zero(d, sum[i][v]); });
    });
  }
  unroll<results>([&](auto i) HWY_ATTR {
    unroll<vectors>([&](auto v) HWY_ATTR { access.store(sum[i][v], d, out + i * out_step + place(v)); });
  });
}

/// All results in tiles of as many as registers hold, and then of fewer.
template <int lie, int vectors, class D, class Access>
HWY_NOINLINE void run_tiles(D d, Tile t, Access access) {
  const auto tiles = [&](auto size) HWY_ATTR {
    for (; t.count - t.first >= size; t.first += size) {
      run_tile<lie, size, vectors>(d, t, access);
      t.out += size * t.out_step;
    }
  };
  constexpr int most = results_of(vectors);
  tiles(std::integral_constant<int, most>());
  if constexpr (most > 6) tiles(std::integral_constant<int, 6>());
  tiles(std::integral_constant<int, 4>());
  tiles(std::integral_constant<int, 2>());
  tiles(std::integral_constant<int, 1>());
}

template <int vectors, class D, class Access = Whole>
HWY_INLINE void run_results(D d, const Tile& t, Access access = {}) {
  if constexpr (vectors <= 2 && std::is_same_v<Access, Whole>) {
    if (t.starts.step == kSixApart) return run_tiles<kSixApart, vectors>(d, t, access);
  }
  t.starts.step > 0 ? run_tiles<kEven, vectors>(d, t, access) : run_tiles<kEach, vectors>(d, t, access);
}

template <int most, class D>
HWY_INLINE void run_vectors(D d, const Tile& t, int64_t vectors) {
  if constexpr (most > 1) {
    if (vectors < most) return run_vectors<most - 1>(d, t, vectors);
  }
  run_results<most>(d, t);
}

/// Numbers of a panel of filters that a copy is worth, from what the nearest cache holds to what the second does, and the
/// results that it has to be read for.
constexpr int64_t kFewestCopied = 1 << 13, kMostCopied = 1 << 16, kResultsOfCopy = 48;

/// Lines that begin anywhere are each read from two lines of the cache, which takes twice as long where they come from the
/// second one: a panel that does not stay in the nearest is put side by side first.
struct Panel {};
template <class D>
HWY_INLINE bool worth_copying(D d, const Tile& t, int64_t lines, int64_t vectors) {
  const int64_t lanes = lanes_of(d), size = lines * vectors * lanes;
  const auto aligned = [&](int64_t numbers) { return numbers % lanes == 0; };
  const auto at = static_cast<int64_t>(reinterpret_cast<uintptr_t>(t.kernel) / sizeof(float));
  return size > kFewestCopied && size <= kMostCopied && t.count >= kResultsOfCopy &&
         !(aligned(t.step) && aligned(t.last) && aligned(at));
}

template <class D>
HWY_NOINLINE void copy_panel(D d, const Tile& t, int64_t lines, int64_t vectors, float* HWY_RESTRICT to) {
  const int64_t lanes = lanes_of(d);
  const float* HWY_RESTRICT from = t.kernel;
  for (int64_t i = 0; i < lines; ++i, from += t.step, to += vectors * lanes) {
    for (int64_t v = 0; v + 1 < vectors; ++v) hn::Store(hn::LoadU(d, from + v * lanes), d, to + v * lanes);
    hn::Store(hn::LoadU(d, from + t.kernel_last), d, to + (vectors - 1) * lanes);
  }
}

/// All blocks of filters, of which each has `most` vectors at a time.
template <int most, class D>
void run_blocks(D d, const DirectConv& conv, const DirectStarts& starts, int64_t count, const float* kernel,
                const float* bias, float* out, int64_t out_step) {
  const int64_t lines = conv.runs * conv.length, lanes = lanes_of(d);
  for (int64_t begin = 0; begin < conv.filters; begin += conv.block) {
    for (int64_t first = 0; first < conv.block;) {
      // Vectors that are left over are shared out evenly: 4 and 1 take longer than 3 and 2.
      const int64_t left = (conv.block - first + lanes - 1) / lanes;
      const int64_t panels = (left + most - 1) / most, vectors = (left + panels - 1) / panels;
      const int64_t width = std::min(vectors * lanes, conv.block - first), at = begin + first;
      Tile tile{&conv, starts, 0, count, kernel + begin * lines + first, conv.block,
                bias ? bias + at : nullptr, out + at, out_step, width - lanes, width - lanes};
      std::optional<LentNumbers<Panel>> panel;
      if (worth_copying(d, tile, lines, vectors)) {
        panel.emplace(lines * vectors * lanes + lanes);
        const auto askew = reinterpret_cast<uintptr_t>(panel->data()) / sizeof(float) % static_cast<uintptr_t>(lanes);
        float* const to = panel->data() + (static_cast<uintptr_t>(lanes) - askew);
        copy_panel(d, tile, lines, vectors, to);
        tile.kernel = to;
        tile.step = vectors * lanes;
        tile.kernel_last = (vectors - 1) * lanes;
      }
      run_vectors<most>(d, tile, vectors);
      first += width;
    }
  }
}

void Run(const DirectConv& conv, const DirectStarts& starts, int64_t count, const float* kernel,
         const float* bias, float* out, int64_t out_step) {
  const hn::ScalableTag<float> d;
  const auto run = [&](auto tag, auto most) HWY_ATTR {
    run_blocks<most>(tag, conv, starts, count, kernel, bias, out, out_step);
  };
  if (conv.block >= lanes_of(d)) return run(d, std::integral_constant<int, kMostVectors>());
#if HWY_TARGET <= HWY_AVX2
  const Tile tile{&conv, starts, 0, count, kernel, conv.block, bias, out, out_step, 0, 0};
  return run_results<1>(d, tile, Part{static_cast<size_t>(conv.block)});
#else
  using Two = std::integral_constant<int, 2>;
  if (hn::MaxLanes(d) > 8 && conv.block >= 8) return run(hn::CappedTag<float, 8>(), Two());
  if (hn::MaxLanes(d) > 4 && conv.block >= 4) return run(hn::CappedTag<float, 4>(), Two());
  run(hn::CappedTag<float, 1>(), Two());
#endif
}

/// Filters that lie together where they are no multiple of vectors.
constexpr int64_t kFewestTogether = 64;
constexpr int64_t kMostTogether = 256;

int64_t Block(int64_t filters) {
  const int64_t lanes = lanes_of(hn::ScalableTag<float>());
  for (int64_t vectors = kMostVectors; vectors > 1; --vectors) {
    if (filters > vectors * lanes && filters % (vectors * lanes) == 0) return vectors * lanes;
  }
  // Lines that lie far apart are read slowly: of blocks that divide the filters, those that fill their vectors best.
  int64_t best = filters;
  double most = 0;
  for (int64_t block = kFewestTogether; filters > kMostTogether && block <= kMostTogether; ++block) {
    const double filled = static_cast<double>(block) / static_cast<double>((block + lanes - 1) / lanes * lanes);
    if (filters % block != 0 || filled <= most) continue;
    best = block;
    most = filled;
  }
  return best;
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Block);
HWY_EXPORT(Run);

int64_t direct_conv_block(int64_t filters) { return HWY_DYNAMIC_DISPATCH(Block)(filters); }

void direct_conv(const DirectConv& conv, const DirectStarts& starts, int64_t count, const float* kernel,
                 const float* bias, float* out, int64_t out_step) {
  HWY_DYNAMIC_DISPATCH(Run)(conv, starts, count, kernel, bias, out, out_step);
}

}  // namespace lamina::detail
#endif
