// A vector is of neighbouring channels throughout. The gradient of an image adds up what meets a pixel, its
// windows' elements; that of a kernel keeps the sums of one line of the window in registers along a row.
#include "lamina/ops/detail/depthwise_grad.h"

#include "lamina/base/threads.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/depthwise_grad.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>
#include <numeric>
#include <type_traits>

#include <hwy/highway.h>
#include "lamina/ops/detail/unroll-inl.h"

#ifndef LAMINA_OPS_DETAIL_DEPTHWISE_GRAD_ONCE
#define LAMINA_OPS_DETAIL_DEPTHWISE_GRAD_ONCE
namespace lamina::detail {

/// Elements of windows that meet one pixel, at most.
constexpr int kMostMeeting = 64;
/// Channels that one task sums up.
constexpr int64_t kStrip = 64;

/// What meets a row of pixels: lines of windows, and the rows of gradients that they belong to.
template <class T>
struct Meeting {
  const T *dy, *kernel;
};

/// Some columns of a row of results, and the pixels that one line of the window meets them with: addresses
/// are those of the first of them.
template <class T>
struct KernelLine {
  const T *x, *dy;
  int64_t next;      ///< from the pixels of one result to those of the next
  int64_t step;      ///< from those of one element of the line to those of the next
  int64_t channels;  ///< of the images
  int64_t count;     ///< of columns
  T* sums;           ///< of the line's elements, channels apart
};

/// What is done with vectors, for one set of instructions.
template <class T>
struct DepthwiseGradFunctions {
  void (*grad_input)(const DepthwiseGradInput& conv, const T* dy, const T* kernel, T* dx, int64_t begin,
                     int64_t end);
  void (*add_taps)(const KernelLine<T>& line, int64_t taps, int64_t n);
  void (*add_columns)(const T* dy, int64_t count, int64_t channels, int64_t n, T* sums);
};

}  // namespace lamina::detail
#endif

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// f(d, first channel) for the vectors of `n` channels, ever narrower ones at the end.
template <class T, class F>
HWY_INLINE void each_vector(int64_t n, F f) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = 0;
  for (; c + lanes <= n; c += lanes) f(d, c);
  if (hn::MaxLanes(d) > 8 && c + 8 <= n) {
    f(hn::CappedTag<T, 8>(), c);
    c += 8;
  }
  if (hn::MaxLanes(d) > 4 && c + 4 <= n) {
    f(hn::CappedTag<T, 4>(), c);
    c += 4;
  }
  for (; c < n; ++c) f(hn::CappedTag<T, 1>(), c);
}

template <class T>
void grad_input(const DepthwiseGradInput& conv, const T* dy, const T* kernel, T* dx, int64_t begin,
                int64_t end) {
  const Window &rows = conv.rows, &columns = conv.columns;
  const int64_t channels = conv.channels;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t image = row / rows.input, y = row % rows.input;
    Meeting<T> lines[kMostMeeting];
    int count = 0;
    for (int64_t i = 0; i < rows.size; ++i) {
      if (const int64_t at = rows.with(y, i); at >= 0)
        lines[count++] = {dy + (image * rows.output + at) * columns.output * channels,
                          kernel + i * columns.size * channels};
    }
    for (int64_t column = 0; column < columns.input; ++column, dx += channels) {
      Meeting<T> meeting[kMostMeeting];
      int met = 0;
      for (int64_t j = 0; j < columns.size; ++j) {
        const int64_t at = columns.with(column, j);
        for (int i = 0; at >= 0 && i < count; ++i)
          meeting[met++] = {lines[i].dy + at * channels, lines[i].kernel + j * channels};
      }
      each_vector<T>(channels, [&](auto d, int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (int i = 0; i < met; ++i)
          sum = hn::MulAdd(hn::LoadU(d, meeting[i].dy + c), hn::LoadU(d, meeting[i].kernel + c), sum);
        hn::StoreU(sum, d, dx + c);
      });
    }
  }
}

template <int taps, int vectors, class D>
HWY_INLINE void add_vectors(D d, const KernelLine<hn::TFromD<D>>& line, int64_t c) {
  using V = hn::Vec<D>;
  using T = hn::TFromD<D>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[taps][vectors];
  unroll<taps>([&](auto t) LAMINA_INLINED {
    unroll<vectors>([&](auto v) LAMINA_INLINED { sum[t][v] = hn::Zero(d); });
  });
  const T* HWY_RESTRICT x = line.x + c;
  const T* HWY_RESTRICT dy = line.dy + c;
  const int64_t step = line.step;
  for (int64_t i = line.count; i > 0; --i) {
    V g[vectors];
    unroll<vectors>([&](auto v) LAMINA_INLINED { g[v] = hn::LoadU(d, dy + v * lanes); });
    unroll<taps>([&](auto t) LAMINA_INLINED {
      unroll<vectors>([&](auto v) LAMINA_INLINED {
        sum[t][v] = hn::MulAdd(hn::LoadU(d, x + t * step + v * lanes), g[v], sum[t][v]);
      });
    });
    x += line.next;
    dy += line.channels;
  }
  unroll<taps>([&](auto t) LAMINA_INLINED {
    unroll<vectors>([&](auto v) LAMINA_INLINED {
      T* const to = line.sums + t * line.channels + c + v * lanes;
      hn::StoreU(hn::Add(hn::LoadU(d, to), sum[t][v]), d, to);
    });
  });
}

/// Adds to the sums of `taps` elements for `n` channels: each sum of a row begins at zero, so that long rows
/// lose no more.
template <int taps, class T>
HWY_NOINLINE void add_line(const KernelLine<T>& line, int64_t n) {
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
  constexpr int vectors = taps <= 3 ? 4 : 2;
#else
  constexpr int vectors = taps <= 3 ? 2 : 1;
#endif
  const hn::ScalableTag<T> d;
  const int64_t lanes = vectors * static_cast<int64_t>(hn::Lanes(d));
  int64_t c = 0;
  for (; c + lanes <= n; c += lanes) add_vectors<taps, vectors>(d, line, c);
  each_vector<T>(n - c,
                 [&](auto narrow, int64_t at) HWY_ATTR { add_vectors<taps, 1>(narrow, line, c + at); });
}

template <class T>
void add_taps(const KernelLine<T>& line, int64_t taps, int64_t n) {
  if (taps == 3) return add_line<3>(line, n);
  if (taps == 5) return add_line<5>(line, n);
  if (taps == 7) return add_line<7>(line, n);
  KernelLine<T> one = line;
  for (int64_t t = 0; t < taps; ++t) {
    add_line<1>(one, n);
    one.x += one.step;
    one.sums += one.channels;
  }
}

template <class T>
void add_columns(const T* dy, int64_t count, int64_t channels, int64_t n, T* sums) {
  each_vector<T>(n, [&](auto d, int64_t c) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < count; ++i) sum = hn::Add(sum, hn::LoadU(d, dy + i * channels + c));
    hn::StoreU(hn::Add(hn::LoadU(d, sums + c), sum), d, sums + c);
  });
}

// What is chosen at run time, by the type of its numbers.
template <class T>
constexpr DepthwiseGradFunctions<T> kFunctions = {grad_input<T>, add_taps<T>, add_columns<T>};

const DepthwiseGradFunctions<float>* Floats() { return &kFunctions<float>; }
const DepthwiseGradFunctions<double>* Doubles() { return &kFunctions<double>; }

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Floats);
HWY_EXPORT(Doubles);

namespace {

template <class T>
const DepthwiseGradFunctions<T>& functions() {
  if constexpr (std::is_same_v<T, float>)
    return *HWY_DYNAMIC_DISPATCH(Floats)();
  else
    return *HWY_DYNAMIC_DISPATCH(Doubles)();
}

/// Multiplications of a piece, about; pieces at most.
constexpr int64_t kPieceWork = 1 << 20, kMostPieces = 32;

/// Elements of one window's line that may meet one pixel: those whose distances are multiples of the stride.
int64_t meeting(const Window& w) {
  const int64_t apart = w.stride / std::gcd(w.stride, w.dilation);
  return (w.size + apart - 1) / apart;
}

/// Rows of results, one after the other, summed up for some channels.
struct Strip {
  const Window &rows, &columns;
  int64_t channels, first, n;      // of the images; those summed up
  int64_t whole_begin, whole_end;  // columns whose windows lie inside the images

  Strip(const Window& r, const Window& c, int64_t all, int64_t strip)
      : rows(r),
        columns(c),
        channels(all),
        first(strip * kStrip),
        n(std::min(kStrip, all - first)),
        whole_begin(0),
        whole_end(c.output) {
    while (whole_begin < columns.output && columns.begin(whole_begin) > 0) ++whole_begin;
    while (whole_end > whole_begin && columns.end(whole_end - 1) < columns.size) --whole_end;
  }

  template <class T>
  void add_row(const T* x, const T* dy, int64_t row, T* sums) const {
    const int64_t image = row / rows.output, at = row % rows.output;
    const T* const g = dy + row * columns.output * channels + first;
    for (int64_t i = rows.begin(at); i < rows.end(at); ++i) {
      const int64_t y = image * rows.input + rows.first(at) + i * rows.dilation;
      const T* const line = x + y * columns.input * channels + first;
      T* const to = sums + i * columns.size * channels + first;
      const auto add = [&](int64_t column, int64_t count, int64_t left, int64_t right) {
        const int64_t step = columns.dilation * channels;
        const KernelLine<T> some{line + columns.first(column) * channels + left * step,
                                 g + column * channels,
                                 columns.stride * channels,
                                 step,
                                 channels,
                                 count,
                                 to + left * channels};
        functions<T>().add_taps(some, right - left, n);
      };
      const auto add_one = [&](int64_t column) {
        add(column, 1, columns.begin(column), columns.end(column));
      };
      for (int64_t column = 0; column < whole_begin; ++column) add_one(column);
      if (whole_end > whole_begin) add(whole_begin, whole_end - whole_begin, 0, columns.size);
      for (int64_t column = whole_end; column < columns.output; ++column) add_one(column);
    }
  }
};

}  // namespace

bool DepthwiseGradInput::takes() const {
  return rows.size <= kMostMeeting && meeting(rows) <= kMostMeeting / std::max<int64_t>(1, meeting(columns));
}

template <class T>
void DepthwiseGradInput::run(const T* dy, const T* kernel, T* dx, int64_t begin, int64_t end) const {
  functions<T>().grad_input(*this, dy, kernel, dx, begin, end);
}
template void DepthwiseGradInput::run(const float*, const float*, float*, int64_t, int64_t) const;
template void DepthwiseGradInput::run(const double*, const double*, double*, int64_t, int64_t) const;

DepthwiseGradKernel::DepthwiseGradKernel(int64_t batch, int64_t channels, const Window& rows,
                                         const Window& columns)
    : channels_(channels),
      rows_(rows),
      columns_(columns),
      all_rows_(batch * rows.output),
      strips_((channels + kStrip - 1) / kStrip) {
  const int64_t work = all_rows_ * columns.output * rows.size * columns.size * std::min(channels, kStrip);
  pieces_ = std::clamp<int64_t>(work / kPieceWork, 1, std::clamp<int64_t>(all_rows_, 1, kMostPieces));
}

size_t DepthwiseGradKernel::workspace() const { return static_cast<size_t>(pieces_ * sums()); }

template <class T>
void DepthwiseGradKernel::run(const T* x, const T* dy, T* kernel, T* bias, T* workspace) const {
  lamina::parallel_for(pieces_ * strips_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t piece = task / strips_;
      const Strip strip(rows_, columns_, channels_, task % strips_);
      T* const to = workspace + piece * sums();
      for (int64_t at = strip.first; at < sums(); at += channels_) std::fill_n(to + at, strip.n, T{0});
      for (int64_t row = piece * all_rows_ / pieces_; row < (piece + 1) * all_rows_ / pieces_; ++row) {
        strip.add_row(x, dy, row, to);
        if (bias)
          functions<T>().add_columns(dy + row * columns_.output * channels_ + strip.first, columns_.output,
                                     channels_, strip.n, to + sums() - channels_ + strip.first);
      }
    }
  });
  const int64_t of_kernel = sums() - channels_;
  for (int64_t i = 0; i < of_kernel; ++i) kernel[i] = workspace[i];
  for (int64_t i = 0; bias && i < channels_; ++i) bias[i] = workspace[of_kernel + i];
  for (int64_t piece = 1; piece < pieces_; ++piece) {
    const T* const more = workspace + piece * sums();
    for (int64_t i = 0; i < of_kernel; ++i) kernel[i] += more[i];
    for (int64_t i = 0; bias && i < channels_; ++i) bias[i] += more[of_kernel + i];
  }
}
template void DepthwiseGradKernel::run(const float*, const float*, float*, float*, float*) const;
template void DepthwiseGradKernel::run(const double*, const double*, double*, double*, double*) const;

}  // namespace lamina::detail
#endif
