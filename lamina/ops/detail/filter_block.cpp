// Several results, or several terms of a gradient, are kept in registers at a time.
#include "lamina/ops/detail/filter_block.h"

#include <type_traits>

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/filter_block.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<double, FilterBlock::kFilters / 2>;
using V = hn::Vec<D>;
constexpr int64_t kFilters = FilterBlock::kFilters;

int64_t Lanes() { return static_cast<int64_t>(hn::Lanes(D())); }

// What the filters of two vectors read, times `left` and `right`, added to two sums.
template <bool kOneGroup>
HWY_INLINE void Add(const double* from, V left, V right, V* sums) {
  const D d;
  if constexpr (kOneGroup) {
    const V pixel = hn::Set(d, *from);
    sums[0] = hn::MulAdd(pixel, left, sums[0]);
    sums[1] = hn::MulAdd(pixel, right, sums[1]);
  } else {
    sums[0] = hn::MulAdd(hn::LoadU(d, from), left, sums[0]);
    sums[1] = hn::MulAdd(hn::LoadU(d, from + Lanes()), right, sums[1]);
  }
}

template <int64_t kCount>
HWY_INLINE void Load(const double* from, int64_t step, V sums[kCount][2]) {
  for (int64_t i = 0; i < kCount; ++i) {
    for (int64_t j = 0; j < 2; ++j) sums[i][j] = hn::LoadU(D(), from + i * step + j * Lanes());
  }
}

template <int64_t kCount>
HWY_INLINE void Store(V sums[kCount][2], double* to, int64_t step) {
  for (int64_t i = 0; i < kCount; ++i) {
    for (int64_t j = 0; j < 2; ++j) hn::StoreU(sums[i][j], D(), to + i * step + j * Lanes());
  }
}

// kCount results, two vectors of their filters.
template <int64_t kCount, bool kOneGroup>
HWY_INLINE void Results(const FilterBlock& block, const double* HWY_RESTRICT lines,
                        const double* HWY_RESTRICT kernel, bool add, double* HWY_RESTRICT out,
                        int64_t out_step) {
  const D d;
  V sums[kCount][2];
  if (add) Load<kCount>(out, out_step, sums);
  for (int64_t i = 0; !add && i < kCount; ++i) sums[i][0] = sums[i][1] = hn::Zero(d);
  for (int64_t t = 0; t < block.terms; ++t) {
    const V left = hn::LoadU(d, kernel + t * kFilters), right = hn::LoadU(d, kernel + t * kFilters + Lanes());
    const double* HWY_RESTRICT from = lines + block.offsets[t];
    for (int64_t i = 0; i < kCount; ++i) Add<kOneGroup>(from + i * block.step, left, right, sums[i]);
  }
  Store<kCount>(sums, out, out_step);
}

// kCount terms from `term`.
template <int64_t kCount, bool kOneGroup>
HWY_INLINE void Gradient(const FilterBlock& block, int64_t term, const double* HWY_RESTRICT lines,
                         const double* HWY_RESTRICT gradients, int64_t count, double* HWY_RESTRICT kernel) {
  const D d;
  V sums[kCount][2];
  Load<kCount>(kernel + term * kFilters, kFilters, sums);
  for (int64_t r = 0; r < count; ++r, lines += block.step, gradients += kFilters) {
    const V left = hn::LoadU(d, gradients), right = hn::LoadU(d, gradients + Lanes());
    for (int64_t i = 0; i < kCount; ++i)
      Add<kOneGroup>(lines + block.offsets[term + i], left, right, sums[i]);
  }
  Store<kCount>(sums, kernel + term * kFilters, kFilters);
}

// f(count, from) with as many of `all` at a time as registers hold, and then with fewer.
void InPieces(int64_t all, const auto& f) {
  int64_t done = 0;
  const auto pieces = [&](auto count) {
    for (; done + count <= all; done += count) f(count, done);
  };
  pieces(std::integral_constant<int64_t, 6>());
  pieces(std::integral_constant<int64_t, 2>());
  pieces(std::integral_constant<int64_t, 1>());
}

template <bool kOneGroup>
void AllResults(const FilterBlock& block, const double* lines, const double* kernel, int64_t count, bool add,
                double* out, int64_t out_step) {
  for (int64_t lane = 0; lane < kFilters; lane += 2 * Lanes()) {
    const double* const from = lines + (kOneGroup ? 0 : lane);
    InPieces(count, [&](auto size, int64_t i) {
      Results<size, kOneGroup>(block, from + i * block.step, kernel + lane, add, out + lane + i * out_step,
                               out_step);
    });
  }
}

template <bool kOneGroup>
void AllGradients(const FilterBlock& block, const double* lines, const double* gradients, int64_t count,
                  double* kernel) {
  for (int64_t lane = 0; lane < kFilters; lane += 2 * Lanes()) {
    InPieces(block.terms, [&](auto size, int64_t term) {
      Gradient<size, kOneGroup>(block, term, lines + (kOneGroup ? 0 : lane), gradients + lane, count,
                                kernel + lane);
    });
  }
}

void ResultsOf(const FilterBlock& block, const double* lines, const double* kernel, int64_t count, bool add,
               double* out, int64_t out_step) {
  (block.one_group ? AllResults<true> : AllResults<false>)(block, lines, kernel, count, add, out, out_step);
}

void GradientsOf(const FilterBlock& block, const double* lines, const double* gradients, int64_t count,
                 double* kernel) {
  (block.one_group ? AllGradients<true> : AllGradients<false>)(block, lines, gradients, count, kernel);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(ResultsOf);
HWY_EXPORT(GradientsOf);

void FilterBlock::results(const double* lines, const double* kernel, int64_t count, bool add, double* out,
                          int64_t out_step) const {
  HWY_DYNAMIC_DISPATCH(ResultsOf)(*this, lines, kernel, count, add, out, out_step);
}

void FilterBlock::kernel_gradient(const double* lines, const double* gradients, int64_t count,
                                  double* kernel) const {
  HWY_DYNAMIC_DISPATCH(GradientsOf)(*this, lines, gradients, count, kernel);
}

}  // namespace lamina::detail
#endif
