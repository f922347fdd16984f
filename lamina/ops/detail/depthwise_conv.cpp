// A few neighbouring results by two vectors of channels stay in registers; at the margins, one result.
#include "lamina/ops/detail/depthwise_conv.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/depthwise_conv.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/highway.h>
#include "lamina/ops/detail/above_zero-inl.h"
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// What fits into 16 registers beside the weights, or into 32. Addresses of three results are a base and a
// step.
constexpr int kResults = 6;
constexpr int kOfBase = 3;

/// Some channels of a row of results: addresses are those of the first of them.
template <class T>
struct Row {
  const DepthwiseConv* conv;
  const T* x;       ///< of the image row that the first line of the window inside the image reads
  const T* kernel;  ///< of that line
  const T* bias;    ///< null: none
  T* out;
  int64_t lines;  ///< lines of the window inside the image
};

/// `results` neighbours from `column` on, of which the elements [left, right) of the window lie inside the
/// image.
template <int results, int vectors, class D>
HWY_INLINE void run_results(D d, const Row<hn::TFromD<D>>& row, int64_t column, int64_t left, int64_t right) {
  using V = hn::Vec<D>;
  using T = hn::TFromD<D>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const DepthwiseConv& conv = *row.conv;
  const int64_t channels = conv.channels, next = conv.columns.stride * channels;
  const int64_t step = conv.columns.dilation * channels;
  V sum[results][vectors];
  unroll<vectors>([&](auto v) HWY_ATTR {
    const V first = row.bias ? hn::LoadU(d, row.bias + v * lanes) : hn::Zero(d);
    unroll<results>([&](auto i) HWY_ATTR { sum[i][v] = first; });
  });
  const T* HWY_RESTRICT line = row.x + conv.columns.first(column) * channels + left * step;
  const T* HWY_RESTRICT weights = row.kernel + left * channels;
  for (int64_t i = row.lines; i > 0; --i) {
    constexpr int bases = (results + kOfBase - 1) / kOfBase;
    const T* x[bases];
    unroll<bases>([&](auto b) HWY_ATTR { x[b] = line + b * kOfBase * next; });
    const T* weight = weights;
    for (int64_t j = left; j < right; ++j, weight += channels) {
      V factor[vectors];
      unroll<vectors>([&](auto v) HWY_ATTR { factor[v] = hn::LoadU(d, weight + v * lanes); });
      unroll<results>([&](auto r) HWY_ATTR {
        unroll<vectors>([&](auto v) HWY_ATTR {
          const T* const from = x[r / kOfBase] + (r % kOfBase) * next;
          sum[r][v] = hn::MulAdd(hn::LoadU(d, from + v * lanes), factor[v], sum[r][v]);
        });
      });
      unroll<bases>([&](auto b) HWY_ATTR { x[b] += step; });
    }
    line += conv.rows.dilation * conv.columns.input * channels;
    weights += conv.columns.size * channels;
  }
  T* const out = row.out + column * channels;
  if (conv.relu) {
    unroll<results>([&](auto r) HWY_ATTR {
      unroll<vectors>([&](auto v) HWY_ATTR { sum[r][v] = above_zero(d, sum[r][v]); });
    });
  }
  unroll<results>([&](auto r) HWY_ATTR {
    unroll<vectors>([&](auto v) HWY_ATTR { hn::StoreU(sum[r][v], d, out + r * channels + v * lanes); });
  });
}

#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
/// The same for windows three wide, of which each pixel is loaded once for all results that it has a part in.
/// The first or the last one lies outside where that is said. Takes more registers than 16.
template <int results, bool left, bool right, int stride, int vectors, class D>
HWY_NOINLINE void run_threes(D d, const Row<hn::TFromD<D>>& row, int64_t column) {
  using V = hn::Vec<D>;
  using T = hn::TFromD<D>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const DepthwiseConv& conv = *row.conv;
  const int64_t channels = conv.channels;
  constexpr int pixels = (results - 1) * stride + 3;
  V sum[results][vectors];
  unroll<vectors>([&](auto v) LAMINA_INLINED {
    const V first = row.bias ? hn::LoadU(d, row.bias + v * lanes) : hn::Zero(d);
    unroll<results>([&](auto i) LAMINA_INLINED { sum[i][v] = first; });
  });
  const T* HWY_RESTRICT line = row.x + conv.columns.first(column) * channels;
  const T* HWY_RESTRICT weights = row.kernel;
  for (int64_t i = row.lines; i > 0; --i) {
    V factor[3][vectors];
    unroll<3>([&](auto j) LAMINA_INLINED {
      unroll<vectors>(
          [&](auto v) LAMINA_INLINED { factor[j][v] = hn::LoadU(d, weights + j * channels + v * lanes); });
    });
    const T* x = line;
    unroll<pixels>([&](auto p) LAMINA_INLINED {
      if constexpr ((p > 0 || !left) && (p + 1 < pixels || !right)) {
        unroll<vectors>([&](auto v) LAMINA_INLINED {
          const V pixel = hn::LoadU(d, x + v * lanes);
          unroll<3>([&](auto j) LAMINA_INLINED {
            constexpr int of = p - j;
            if constexpr (of >= 0 && of % stride == 0 && of / stride < results)
              sum[of / stride][v] = hn::MulAdd(pixel, factor[j][v], sum[of / stride][v]);
          });
        });
      }
      x += channels;
    });
    line += conv.rows.dilation * conv.columns.input * channels;
    weights += 3 * channels;
  }
  T* const out = row.out + column * channels;
  if (conv.relu) {
    unroll<results>([&](auto r) LAMINA_INLINED {
      unroll<vectors>([&](auto v) LAMINA_INLINED { sum[r][v] = above_zero(d, sum[r][v]); });
    });
  }
  unroll<results>([&](auto r) LAMINA_INLINED {
    unroll<vectors>([&](auto v) LAMINA_INLINED { hn::StoreU(sum[r][v], d, out + r * channels + v * lanes); });
  });
}

/// A row of them in pieces of eight results; the last one, of eight or four, may lie over the one before.
template <int stride, int vectors, class D>
HWY_INLINE void run_row_of_threes(D d, const Row<hn::TFromD<D>>& row) {
  const Window& columns = row.conv->columns;
  const int64_t count = columns.output;
  const bool right = columns.after() > 0;
  columns.before > 0 ? run_threes<8, true, false, stride, vectors>(d, row, 0)
                     : run_threes<8, false, false, stride, vectors>(d, row, 0);
  int64_t column = 8;
  for (; column + 8 < count; column += 8) run_threes<8, false, false, stride, vectors>(d, row, column);
  if (count - column <= 4) {
    right ? run_threes<4, false, true, stride, vectors>(d, row, count - 4)
          : run_threes<4, false, false, stride, vectors>(d, row, count - 4);
  } else {
    right ? run_threes<8, false, true, stride, vectors>(d, row, count - 8)
          : run_threes<8, false, false, stride, vectors>(d, row, count - 8);
  }
}

/// Whether a row is one of those.
bool of_threes(const Window& w) {
  return w.size == 3 && w.dilation == 1 && w.stride <= 2 && w.before <= 1 && w.after() <= 1 && w.output > 8;
}
#endif

/// All results of the row: those at the margins one by one; the last few others lie over the ones before.
template <int vectors, class D>
HWY_NOINLINE void run_row(D d, const Row<hn::TFromD<D>>& row) {
  const Window& columns = row.conv->columns;
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
  if (of_threes(columns)) {
    if (columns.stride == 1) return run_row_of_threes<1, vectors>(d, row);
    return run_row_of_threes<2, vectors>(d, row);
  }
#endif
  const auto one = [&](int64_t column) HWY_ATTR {
    run_results<1, vectors>(d, row, column, columns.begin(column), columns.end(column));
  };
  int64_t column = 0, whole = columns.output;
  for (; column < columns.output && columns.begin(column) > 0; ++column) one(column);
  while (whole > column && columns.end(whole - 1) < columns.size) --whole;
  if (whole - column >= kResults) {
    for (; column < whole; column += kResults)
      run_results<kResults, vectors>(d, row, std::min(column, whole - kResults), 0, columns.size);
    column = whole;
  }
  for (; column < columns.output; ++column) one(column);
}

/// All channels: in twos of vectors, then one, the last of which lies over the one before where they do not
/// fill it.
template <class D>
HWY_INLINE void run_vectors(D d, Row<hn::TFromD<D>> row) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto go_on = [&](int64_t by) {
    row.x += by;
    row.kernel += by;
    row.out += by;
    if (row.bias) row.bias += by;
  };
  int64_t left = row.conv->channels;
  for (; left >= 2 * lanes; left -= 2 * lanes) {
    run_row<2>(d, row);
    go_on(2 * lanes);
  }
  for (; left > 0; left -= lanes) {
    if (left < lanes) go_on(left - lanes);
    run_row<1>(d, row);
    go_on(lanes);
  }
}

/// By the widest vectors that the channels fill.
template <class T>
void run_channels(const Row<T>& row) {
  const hn::ScalableTag<T> d;
  const int64_t channels = row.conv->channels;
  if (channels >= static_cast<int64_t>(hn::Lanes(d))) return run_vectors(d, row);
  if (hn::MaxLanes(d) > 8 && channels >= 8) return run_vectors(hn::CappedTag<T, 8>(), row);
  if (hn::MaxLanes(d) > 4 && channels >= 4) return run_vectors(hn::CappedTag<T, 4>(), row);
  run_vectors(hn::CappedTag<T, 1>(), row);
}

template <class T>
void run_rows(const DepthwiseConv& conv, const T* x, const T* kernel, const T* bias, T* out, int64_t begin,
              int64_t end) {
  const Window& rows = conv.rows;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t image = row / rows.output, at = row % rows.output, top = rows.begin(at);
    const int64_t y = image * rows.input + rows.first(at) + top * rows.dilation;
    run_channels(Row<T>{&conv, x + y * conv.columns.input * conv.channels,
                        kernel + top * conv.columns.size * conv.channels, bias,
                        out + (row - begin) * conv.columns.output * conv.channels, rows.end(at) - top});
  }
}

void RunFloats(const DepthwiseConv& conv, const float* x, const float* kernel, const float* bias, float* out,
               int64_t begin, int64_t end) {
  run_rows(conv, x, kernel, bias, out, begin, end);
}

void RunDoubles(const DepthwiseConv& conv, const double* x, const double* kernel, const double* bias,
                double* out, int64_t begin, int64_t end) {
  run_rows(conv, x, kernel, bias, out, begin, end);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(RunFloats);
HWY_EXPORT(RunDoubles);

template <>
void DepthwiseConv::run(const float* x, const float* kernel, const float* bias, float* out, int64_t begin,
                        int64_t end) const {
  HWY_DYNAMIC_DISPATCH(RunFloats)(*this, x, kernel, bias, out, begin, end);
}

template <>
void DepthwiseConv::run(const double* x, const double* kernel, const double* bias, double* out, int64_t begin,
                        int64_t end) const {
  HWY_DYNAMIC_DISPATCH(RunDoubles)(*this, x, kernel, bias, out, begin, end);
}

}  // namespace lamina::detail
#endif
