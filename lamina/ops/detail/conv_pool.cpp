// Vectorised over filters: each element of the image is broadcast and multiplied with a vector of the
// kernel's filters. The four pixels of a pooling window are computed side by side in registers, so that the
// feature map between convolution and pooling never exists in memory.
#include "lamina/ops/detail/conv_pool.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/conv_pool.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Filters [filter, filter + kVectors * lanes) of one row of windows.
template <int kVectors, class D>
HWY_INLINE void forward_row(D d, const ConvPool& s, const float* HWY_RESTRICT image,
                            const float* HWY_RESTRICT kernel, const float* HWY_RESTRICT bias,
                            float* HWY_RESTRICT out, uint8_t* HWY_RESTRICT index) {
  using V = hn::Vec<D>;
  const hn::RebindToSigned<D> di;
  const hn::Rebind<uint8_t, D> db;
  using VI = hn::Vec<decltype(di)>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t row = s.width * s.channels;
  const int64_t taps = s.kernel_width * s.channels;  // of one kernel row, contiguous in image and kernel
  for (int64_t px = 0; px < s.pooled_width; ++px) {
    V sum[4][kVectors];
    unroll<kVectors>([&](auto v) HWY_ATTR {
      const V start = hn::LoadU(d, bias + v * lanes);
      unroll<4>([&](auto p) HWY_ATTR { sum[p][v] = start; });
    });
    const float* HWY_RESTRICT weights = kernel;
    const float* HWY_RESTRICT top = image + 2 * px * s.channels;
    for (int64_t i = 0; i < s.kernel_height; ++i, top += row) {
      for (int64_t j = 0; j < taps; ++j, weights += s.filters) {
        V w[kVectors];
        unroll<kVectors>([&](auto v) HWY_ATTR { w[v] = hn::LoadU(d, weights + v * lanes); });
        unroll<4>([&](auto p) HWY_ATTR {
          const V x = hn::Set(d, top[(p / 2) * row + (p % 2) * s.channels + j]);
          unroll<kVectors>([&](auto v) HWY_ATTR { sum[p][v] = hn::MulAdd(x, w[v], sum[p][v]); });
        });
      }
    }
    unroll<kVectors>([&](auto v) HWY_ATTR {
      V best = sum[0][v];
      if (s.relu) best = hn::IfThenZeroElse(hn::Le(best, hn::Zero(d)), best);  // NaN passes
      VI place = hn::Zero(di);
      unroll<3>([&](auto q) HWY_ATTR {
        const V next = sum[q + 1][v];
        const auto above = hn::Or(hn::Gt(next, best), hn::IsNaN(next));
        best = hn::IfThenElse(above, next, best);
        place = hn::IfThenElse(hn::RebindMask(di, above), hn::Set(di, q + 1), place);
      });
      if (s.relu)
        place = hn::IfThenElse(hn::RebindMask(di, hn::Gt(best, hn::Zero(d))), place, hn::Set(di, 255));
      hn::StoreU(best, d, out + px * s.filters + v * lanes);
      if (index) hn::StoreU(hn::DemoteTo(db, place), db, index + px * s.filters + v * lanes);
    });
  }
}

template <class D>
HWY_INLINE void forward_rows(D d, const ConvPool& s, const float* image, const float* kernel,
                             const float* bias, float* out, uint8_t* index, int64_t begin, int64_t end) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t image_row = s.width * s.channels;
  for (int64_t r = begin; r < end; ++r) {
    const float* top = image + ((r / s.pooled_height) * s.height + (r % s.pooled_height) * 2) * image_row;
    const int64_t at = r * s.pooled_width * s.filters;
    int64_t f = 0;
    for (; f + 2 * lanes <= s.filters; f += 2 * lanes) {
      forward_row<2>(d, s, top, kernel + f, bias + f, out + at + f, index ? index + at + f : nullptr);
    }
    if (f < s.filters) {
      forward_row<1>(d, s, top, kernel + f, bias + f, out + at + f, index ? index + at + f : nullptr);
    }
  }
}

void Forward(const ConvPool& s, const float* image, const float* kernel, const float* bias, float* out,
             uint8_t* index, int64_t begin, int64_t end) {
  const hn::ScalableTag<float> d;
  if (s.filters % static_cast<int64_t>(hn::Lanes(d)) == 0) {
    forward_rows(d, s, image, kernel, bias, out, index, begin, end);
  } else {
    forward_rows(hn::CappedTag<float, 4>(), s, image, kernel, bias, out, index, begin, end);
  }
}

/// kRows rows of taps of the kernel, from row `first` on, for one vector of filters over all windows of the
/// rows.
template <int kRows, int kTaps, int kChannels, class D>
HWY_INLINE void grad_sweep(D d, const ConvPool& s, const float* HWY_RESTRICT image,
                           const float* HWY_RESTRICT g, const uint8_t* HWY_RESTRICT index,
                           float* HWY_RESTRICT grad_kernel, float* HWY_RESTRICT grad_bias, int64_t begin,
                           int64_t end) {
  using V = hn::Vec<D>;
  const hn::RebindToSigned<D> di;
  const hn::Rebind<uint8_t, D> db;
  const int64_t row = s.width * kChannels;
  V sum[kRows * kTaps];
  unroll<kRows * kTaps>([&](auto t) HWY_ATTR { sum[t] = hn::Zero(d); });
  V total = hn::Zero(d);
  for (int64_t r = begin; r < end; ++r) {
    const float* HWY_RESTRICT top =
        image + ((r / s.pooled_height) * s.height + (r % s.pooled_height) * 2) * row;
    const int64_t at = r * s.pooled_width * s.filters;
    for (int64_t px = 0; px < s.pooled_width; ++px, top += 2 * kChannels) {
      const V grad = hn::LoadU(d, g + at + px * s.filters);
      const auto place = hn::PromoteTo(di, hn::LoadU(db, index + at + px * s.filters));
      // The gradient at each of the window's four positions: zero but at the maximum.
      V part[4];
      unroll<4>([&](auto p) HWY_ATTR {
        part[p] = hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(place, hn::Set(di, int{p}))), grad);
      });
      if (grad_bias) total = hn::Add(total, hn::Add(hn::Add(part[0], part[1]), hn::Add(part[2], part[3])));
      unroll<kRows + 1>([&](auto y) HWY_ATTR {
        unroll<kTaps + kChannels>([&](auto x) HWY_ATTR {
          const V pixel = hn::Set(d, top[y * row + x]);
          unroll<4>([&](auto p) HWY_ATTR {
            constexpr int i = y - p / 2;
            constexpr int j = x - (p % 2) * kChannels;
            if constexpr (i >= 0 && i < kRows && j >= 0 && j < kTaps) {
              sum[i * kTaps + j] = hn::MulAdd(part[p], pixel, sum[i * kTaps + j]);
            }
          });
        });
      });
    }
  }
  unroll<kRows * kTaps>([&](auto t) HWY_ATTR { hn::StoreU(sum[t], d, grad_kernel + t * s.filters); });
  if (grad_bias) hn::StoreU(total, d, grad_bias);
}

#if HWY_TARGET == HWY_AVX2
/// grad_sweep for kernels 3 x 3 of one channel with vectors of 8: the pixel that a lane multiplies with
/// depends on the place of its maximum alone, and so it is looked up among the 4 x 2 pixels that come into
/// question for a row of taps.
void grad_three(const ConvPool& s, const float* HWY_RESTRICT image, const float* HWY_RESTRICT g,
                const uint8_t* HWY_RESTRICT index, float* HWY_RESTRICT grad_kernel,
                float* HWY_RESTRICT grad_bias, int64_t begin, int64_t end) {
  const hn::FixedTag<float, 8> d;
  const hn::FixedTag<float, 4> half;
  const hn::FixedTag<int32_t, 8> di;
  const hn::FixedTag<uint8_t, 8> db;
  using V = hn::Vec<decltype(d)>;
  V sum[9];
  unroll<9>([&](auto t) HWY_ATTR { sum[t] = hn::Zero(d); });
  V total = hn::Zero(d);
  for (int64_t r = begin; r < end; ++r) {
    const float* HWY_RESTRICT top =
        image + ((r / s.pooled_height) * s.height + (r % s.pooled_height) * 2) * s.width;
    const int64_t at = r * s.pooled_width * s.filters;
    for (int64_t px = 0; px < s.pooled_width; ++px, top += 2) {
      const auto place = hn::PromoteTo(di, hn::LoadU(db, index + at + px * s.filters));
      const auto inside = hn::Lt(place, hn::Set(di, 4));
      const V grad = hn::IfThenElseZero(hn::RebindMask(d, inside), hn::LoadU(d, g + at + px * s.filters));
      total = hn::Add(total, grad);
      // Places 0, 1, 2, 3 start at pixels 0, 1, 4, 5 of the table.
      const auto start = hn::IfThenElseZero(inside, hn::Add(place, hn::And(place, hn::Set(di, 2))));
      V table[3];
      unroll<3>([&](auto y) HWY_ATTR {
        table[y] =
            hn::Combine(d, hn::LoadU(half, top + (y + 1) * s.width), hn::LoadU(half, top + y * s.width));
      });
      unroll<3>([&](auto x) HWY_ATTR {
        const auto lanes = hn::IndicesFromVec(d, hn::Add(start, hn::Set(di, int{x})));
        unroll<3>([&](auto y) HWY_ATTR {
          sum[y * 3 + x] = hn::MulAdd(grad, hn::TableLookupLanes(table[y], lanes), sum[y * 3 + x]);
        });
      });
    }
  }
  unroll<9>([&](auto t) HWY_ATTR { hn::StoreU(sum[t], d, grad_kernel + t * s.filters); });
  hn::StoreU(total, d, grad_bias);
}
#endif

template <int kWidth, int kChannels, int kRows, class D>
HWY_INLINE void grad_kernel_of(D d, const ConvPool& s, const float* image, const float* g,
                               const uint8_t* index, float* grad_kernel, float* grad_bias, int64_t begin,
                               int64_t end) {
  constexpr int kTaps = kWidth * kChannels;
  const int64_t row = s.width * kChannels;
  for (int64_t f = 0; f < s.filters; f += static_cast<int64_t>(hn::Lanes(d))) {
    int64_t i = 0;
    for (; i + kRows <= s.kernel_height; i += kRows) {
      grad_sweep<kRows, kTaps, kChannels>(d, s, image + i * row, g + f, index + f,
                                          grad_kernel + i * kTaps * s.filters + f,
                                          i == 0 ? grad_bias + f : nullptr, begin, end);
    }
    for (; i < s.kernel_height; ++i) {
      grad_sweep<1, kTaps, kChannels>(d, s, image + i * row, g + f, index + f,
                                      grad_kernel + i * kTaps * s.filters + f,
                                      i == 0 ? grad_bias + f : nullptr, begin, end);
    }
  }
}

template <class D>
void grad_kernel_rows(D d, const ConvPool& s, const float* image, const float* g, const uint8_t* index,
                      float* grad_kernel, float* grad_bias, int64_t begin, int64_t end) {
  const int64_t key = s.kernel_width * 10 + s.channels;
  // As many rows of taps at once as leave registers for the four parts of the gradient.
  if (key == 31) return grad_kernel_of<3, 1, 3>(d, s, image, g, index, grad_kernel, grad_bias, begin, end);
  if (key == 33) return grad_kernel_of<3, 3, 1>(d, s, image, g, index, grad_kernel, grad_bias, begin, end);
  if (key == 34) return grad_kernel_of<3, 4, 1>(d, s, image, g, index, grad_kernel, grad_bias, begin, end);
  if (key == 51) return grad_kernel_of<5, 1, 2>(d, s, image, g, index, grad_kernel, grad_bias, begin, end);
}

void GradKernel(const ConvPool& s, const float* image, const float* g, const uint8_t* index,
                float* grad_kernel, float* grad_bias, int64_t begin, int64_t end) {
#if HWY_TARGET == HWY_AVX2
  if (s.kernel_height == 3 && s.kernel_width == 3 && s.channels == 1 && s.filters % 8 == 0) {
    for (int64_t f = 0; f < s.filters; f += 8) {
      grad_three(s, image, g + f, index + f, grad_kernel + f, grad_bias + f, begin, end);
    }
    return;
  }
#endif
  const hn::ScalableTag<float> d;
  if (s.filters % static_cast<int64_t>(hn::Lanes(d)) == 0) {
    grad_kernel_rows(d, s, image, g, index, grad_kernel, grad_bias, begin, end);
  } else {
    grad_kernel_rows(hn::CappedTag<float, 4>(), s, image, g, index, grad_kernel, grad_bias, begin, end);
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Forward);
HWY_EXPORT(GradKernel);

bool conv_pool_forward_fits(const ConvPool& s) { return s.channels <= 4 && s.filters % 4 == 0; }

bool conv_pool_grad_fits(const ConvPool& s) {
  const bool three = s.kernel_width == 3 && (s.channels == 1 || s.channels == 3 || s.channels == 4);
  return s.filters % 4 == 0 && (three || (s.kernel_width == 5 && s.channels == 1));
}

void conv_pool_forward(const ConvPool& s, const float* image, const float* kernel, const float* bias,
                       float* out, uint8_t* index, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(Forward)(s, image, kernel, bias, out, index, begin, end);
}

void conv_pool_grad_kernel(const ConvPool& s, const float* image, const float* g, const uint8_t* index,
                           float* grad_kernel, float* grad_bias, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(GradKernel)(s, image, g, index, grad_kernel, grad_bias, begin, end);
}

}  // namespace lamina::detail
#endif
