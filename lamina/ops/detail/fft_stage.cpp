// One pass of a discrete Fourier transform, as vectors: along the transforms that lie side by side, or along
// the groups of the first pass, where none do.
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/fft_stage.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/fft_plan.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kMostRadix = 31;

// With its constructors written out: those that the compiler makes by itself belong to no instruction set,
// and GCC does not inline Highway's for NEON into them.
template <class D>
struct Number {
  HWY_INLINE Number() {}
  HWY_INLINE Number(hn::Vec<D> real, hn::Vec<D> imaginary) : r(real), i(imaginary) {}
  hn::Vec<D> r, i;
};

template <class D>
HWY_INLINE Number<D> sum(Number<D> a, Number<D> b) {
  return {hn::Add(a.r, b.r), hn::Add(a.i, b.i)};
}
template <class D>
HWY_INLINE Number<D> difference(Number<D> a, Number<D> b) {
  return {hn::Sub(a.r, b.r), hn::Sub(a.i, b.i)};
}
template <class D>
HWY_INLINE Number<D> product(Number<D> a, Number<D> b) {
  return {hn::NegMulAdd(a.i, b.i, hn::Mul(a.r, b.r)), hn::MulAdd(a.i, b.r, hn::Mul(a.r, b.i))};
}
/// -i a
template <class D>
HWY_INLINE Number<D> turned(Number<D> a) {
  return {a.i, hn::Neg(a.r)};
}

/// The transform of `radix` numbers in place; kRadix is 2, 4, or 0 for an odd one.
template <int kRadix, class D, class Stage>
HWY_INLINE void transform(D d, const Stage& stage, Number<D>* a) {
  if constexpr (kRadix == 2) {
    const Number<D> first = a[0];
    a[0] = sum<D>(first, a[1]);
    a[1] = difference<D>(first, a[1]);
  } else if constexpr (kRadix == 4) {
    const Number<D> even = sum<D>(a[0], a[2]), odd = sum<D>(a[1], a[3]);
    const Number<D> even_apart = difference<D>(a[0], a[2]), odd_apart = turned<D>(difference<D>(a[1], a[3]));
    a[0] = sum<D>(even, odd);
    a[1] = sum<D>(even_apart, odd_apart);
    a[2] = difference<D>(even, odd);
    a[3] = difference<D>(even_apart, odd_apart);
  } else {
    // Numbers j and radix - j meet conjugate roots: their sum the cosines, their difference the sines.
    const int radix = kRadix == 0 ? static_cast<int>(stage.radix) : kRadix, half = radix / 2;
    Number<D> sums[kMostRadix / 2 + 1], differences[kMostRadix / 2 + 1];
    const Number<D> first = a[0];
    Number<D> total = first;
    for (int j = 1; j <= half; ++j) {
      sums[j] = sum<D>(a[j], a[radix - j]);
      differences[j] = turned<D>(difference<D>(a[j], a[radix - j]));
      total = sum<D>(total, sums[j]);
    }
    a[0] = total;
    for (int k = 1; k <= half; ++k) {
      Number<D> even = first, odd{hn::Zero(d), hn::Zero(d)};
      for (int j = 1; j <= half; ++j) {
        const auto at = static_cast<size_t>(j * k % radix);
        const auto cosine = hn::Set(d, stage.root_cosines[at]), sine = hn::Set(d, -stage.root_sines[at]);
        even = {hn::MulAdd(sums[j].r, cosine, even.r), hn::MulAdd(sums[j].i, cosine, even.i)};
        odd = {hn::MulAdd(differences[j].r, sine, odd.r), hn::MulAdd(differences[j].i, sine, odd.i)};
      }
      a[k] = sum<D>(even, odd);
      a[radix - k] = difference<D>(even, odd);
    }
  }
}

template <class T>
struct Parts {
  const T *xr, *xi;
  T *yr, *yi;
};

/// `radix` numbers, `step` apart.
template <class D, class T>
HWY_INLINE void load(D d, const Parts<T>& at, int64_t first, int64_t step, int radix, Number<D>* a) {
  a[0] = {hn::LoadU(d, at.xr + first), hn::LoadU(d, at.xi + first)};
  for (int k = 1; k < radix; ++k)
    a[k] = {hn::LoadU(d, at.xr + first + step * k), hn::LoadU(d, at.xi + first + step * k)};
}

/// Transforms `first` to `last` that lie side by side, of all groups. Returns where it stopped: at whole
/// vectors.
template <int kRadix, class D, class T>
int64_t side_by_side(D d, const FftStage<T>& stage, const Parts<T>& at, int64_t first) {
  const int radix = kRadix == 0 ? static_cast<int>(stage.radix) : kRadix;
  const int64_t s = stage.stride, m = stage.groups, lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t last = first + (s - first) / lanes * lanes;
  for (int64_t p = 0; p < m && first < last; ++p) {
    Number<D> twiddles[kRadix == 0 ? kMostRadix : kRadix];
    for (int k = 1; k < radix; ++k) {
      const auto place = static_cast<size_t>((k - 1) * m + p);
      twiddles[k] = {hn::Set(d, stage.cosines[place]), hn::Set(d, stage.sines[place])};
    }
    for (int64_t q = first; q < last; q += lanes) {
      Number<D> a[kRadix == 0 ? kMostRadix : kRadix];
      load(d, at, q + s * p, s * m, radix, a);
      transform<kRadix>(d, stage, a);
      for (int k = 0; k < radix; ++k) {
        const Number<D> y = k == 0 ? a[0] : product<D>(a[k], twiddles[k]);
        const int64_t to = q + s * (radix * p + k);
        hn::StoreU(y.r, d, at.yr + to);
        hn::StoreU(y.i, d, at.yi + to);
      }
    }
  }
  return last;
}

template <class D, class T>
HWY_INLINE void store_interleaved(D d, const hn::Vec<D>* a, int radix, T* to) {
#if HWY_TARGET != HWY_SCALAR
  if (radix == 4 && hn::Lanes(d) * sizeof(T) >= 16)
    return hn::StoreInterleaved4(a[0], a[1], a[2], a[3], d, to);
  if (radix == 2 && hn::Lanes(d) * sizeof(T) >= 16) return hn::StoreInterleaved2(a[0], a[1], d, to);
#endif
  const auto lanes = static_cast<int>(hn::Lanes(d));
  HWY_ALIGN T row[hn::MaxLanes(d)];
  for (int k = 0; k < radix; ++k) {
    hn::Store(a[k], d, row);
    for (int lane = 0; lane < lanes; ++lane) to[lane * radix + k] = row[lane];
  }
}

/// The first pass, one transform for each group, from `first` on. Returns where it stopped.
template <int kRadix, class D, class T>
int64_t first_pass(D d, const FftStage<T>& stage, const Parts<T>& at, int64_t first) {
  const int radix = kRadix == 0 ? static_cast<int>(stage.radix) : kRadix;
  const int64_t m = stage.groups, lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t p = first;
  for (; p + lanes <= m; p += lanes) {
    Number<D> a[kRadix == 0 ? kMostRadix : kRadix];
    load(d, at, p, m, radix, a);
    transform<kRadix>(d, stage, a);
    hn::Vec<D> yr[kRadix == 0 ? kMostRadix : kRadix], yi[kRadix == 0 ? kMostRadix : kRadix];
    for (int k = 0; k < radix; ++k) {
      if (k > 0) {
        const T *cosines = stage.cosines.data() + (k - 1) * m + p,
                *sines = stage.sines.data() + (k - 1) * m + p;
        a[k] = product<D>(a[k], {hn::LoadU(d, cosines), hn::LoadU(d, sines)});
      }
      yr[k] = a[k].r;
      yi[k] = a[k].i;
    }
    store_interleaved(d, yr, radix, at.yr + p * radix);
    store_interleaved(d, yi, radix, at.yi + p * radix);
  }
  return p;
}

template <int kRadix, class T>
void run_radix(const FftStage<T>& stage, const Parts<T>& at) {
  const hn::ScalableTag<T> whole;
  const hn::CappedTag<T, 4> four;
  const hn::CappedTag<T, 1> one;
  if (stage.stride == 1) {
    first_pass<kRadix>(one, stage, at, first_pass<kRadix>(whole, stage, at, 0));
    return;
  }
  int64_t next = side_by_side<kRadix>(whole, stage, at, 0);
  next = side_by_side<kRadix>(four, stage, at, next);
  side_by_side<kRadix>(one, stage, at, next);
}

template <class T>
void run_stage(const FftStage<T>& stage, const T* xr, const T* xi, T* yr, T* yi) {
  const Parts<T> at{xr, xi, yr, yi};
  if (stage.radix == 4) return run_radix<4>(stage, at);
  if (stage.radix == 2) return run_radix<2>(stage, at);
  if (stage.radix == 3) return run_radix<3>(stage, at);
  if (stage.radix == 5) return run_radix<5>(stage, at);
  run_radix<0>(stage, at);
}

void stage_32(const FftStage<float>& stage, const float* xr, const float* xi, float* yr, float* yi) {
  run_stage(stage, xr, xi, yr, yi);
}
void stage_64(const FftStage<double>& stage, const double* xr, const double* xi, double* yr, double* yi) {
  run_stage(stage, xr, xi, yr, yi);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(stage_32);
HWY_EXPORT(stage_64);

void fft_stage(const FftStage<float>& stage, const float* xr, const float* xi, float* yr, float* yi) {
  HWY_DYNAMIC_DISPATCH(stage_32)(stage, xr, xi, yr, yi);
}
void fft_stage(const FftStage<double>& stage, const double* xr, const double* xi, double* yr, double* yi) {
  HWY_DYNAMIC_DISPATCH(stage_64)(stage, xr, xi, yr, yi);
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
