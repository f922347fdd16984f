// Vectorised over channels. Gradients are gathered: each row of the image collects from the windows over it,
// so that nothing is zeroed first and no two threads write the same element.
#include "lamina/ops/detail/pool.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/pool.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/highway.h>
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls f(d, channel) for vectors of channels: whole ones first, then shorter ones, then single elements.
template <class F>
HWY_INLINE void over_channels(int64_t channels, F f) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) f(d, c);
  if constexpr (hn::MaxLanes(d) > 4) {
    const hn::CappedTag<float, 8> eight;
    const hn::CappedTag<float, 4> four;
    if (lanes > 8 && c + 8 <= channels) {
      f(eight, c);
      c += 8;
    }
    if (c + 4 <= channels) {
      f(four, c);
      c += 4;
    }
  }
  for (; c < channels; ++c) f(one, c);
}

/// The same where f may come to a channel twice: what is left over is done with the last whole vector.
template <class F>
HWY_INLINE void over_channels_again(int64_t channels, F f) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (channels < lanes) return over_channels(channels, f);
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) f(d, c);
  if (c < channels) f(d, channels - lanes);
}

/// The elements of a window inside the image, and where the first of all (also outside) lies.
struct Cell {
  int64_t top, bottom, left, right;
  int64_t origin;
};

HWY_INLINE Cell cell_at(const PoolView& v, int64_t outer, int64_t oy, int64_t ox) {
  const int64_t y = v.rows.first(oy);
  const int64_t x = v.columns.first(ox);
  return {v.rows.begin(oy), v.rows.end(oy), v.columns.begin(ox), v.columns.end(ox),
          ((outer * v.rows.input + y) * v.columns.input + x) * v.channels};
}

/// Keeps the first of equals; NaN is above everything.
template <class V>
HWY_INLINE auto above(V next, V best) {
  return hn::Or(hn::Gt(next, best), hn::IsNaN(next));
}

template <class D>
HWY_INLINE void store_places(D d, hn::Vec<hn::RebindToSigned<D>> place, uint8_t* to) {
  const hn::Rebind<uint8_t, D> db;
  (void)d;
  hn::StoreU(hn::DemoteTo(db, place), db, to);
}

template <class D>
HWY_INLINE void max_cell(D d, const PoolView& v, const Cell& w, const float* x, float* out, uint8_t* index) {
  const hn::RebindToSigned<D> di;
  const int64_t row = v.columns.input * v.channels;
  auto best = hn::LoadU(d, x + w.origin + w.top * row + w.left * v.channels);
  auto place = hn::Set(di, static_cast<int32_t>(w.top * v.columns.size + w.left));
  for (int64_t i = w.top; i < w.bottom; ++i) {
    for (int64_t j = w.left; j < w.right; ++j) {
      const auto next = hn::LoadU(d, x + w.origin + i * row + j * v.channels);
      const auto wins = above(next, best);
      best = hn::IfThenElse(wins, next, best);
      place = hn::IfThenElse(hn::RebindMask(di, wins),
                             hn::Set(di, static_cast<int32_t>(i * v.columns.size + j)), place);
    }
  }
  hn::StoreU(best, d, out);
  if (index) store_places(d, place, index);
}

/// The largest of size by size numbers, which are no NaN: that of each line by itself, so that they do not wait for each other.
template <int size, class D>
HWY_INLINE hn::Vec<D> max_of_square(D d, const float* line, int64_t row, int64_t pixel) {
  hn::Vec<D> best[size];
  unroll<size>([&](auto i) LAMINA_INLINED {
    best[i] = hn::LoadU(d, line + i * row);
    unroll<size - 1>([&](auto j) LAMINA_INLINED {
      best[i] = hn::Max(best[i], hn::LoadU(d, line + i * row + (j + 1) * pixel));
    });
  });
  unroll<size - 1>([&](auto i) LAMINA_INLINED { best[0] = hn::Max(best[0], best[i + 1]); });
  return best[0];
}

/// max_cell where nobody asks for the places; `numbers` says that no element is NaN.
template <bool numbers, class D>
HWY_INLINE void max_cell_alone(D d, const PoolView& v, const Cell& w, const float* x, float* out) {
  const int64_t row = v.columns.input * v.channels;
  const float* line = x + w.origin + w.top * row + w.left * v.channels;
  if constexpr (numbers) {
    const int64_t height = w.bottom - w.top, width = w.right - w.left;
    const auto square = [&](int64_t size) HWY_ATTR { return height == size && width == size; };
    if (square(3)) return hn::StoreU(max_of_square<3>(d, line, row, v.channels), d, out);
    if (square(2)) return hn::StoreU(max_of_square<2>(d, line, row, v.channels), d, out);
  }
  auto best = hn::LoadU(d, line);
  for (int64_t i = w.top; i < w.bottom; ++i, line += row) {
    const float* from = line;
    for (int64_t j = w.left; j < w.right; ++j, from += v.channels) {
      const auto next = hn::LoadU(d, from);
      if constexpr (numbers)
        best = hn::Max(best, next);
      else
        best = hn::IfThenElse(above(next, best), next, best);
    }
  }
  hn::StoreU(best, d, out);
}

/// Whether any of them is NaN, or may be.
bool any_nan(const float* x, int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  // NaN of either makes NaN of the sum; infinities of both signs may do so, too.
  auto found = hn::IsNaN(hn::Zero(d));
  for (; i + 2 * lanes <= n; i += 2 * lanes)
    found = hn::Or(found, hn::IsNaN(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, x + i + lanes))));
  bool rest = false;
  for (; i < n; ++i) rest = rest || x[i] != x[i];
  return rest || !hn::AllFalse(d, found);
}

/// Which rows of images hold NaN, each looked at once, from the first to the last.
class NanRows {
 public:
  NanRows(const float* x, int64_t width) : x_(x), width_(width) {}
  bool in(int64_t first, int64_t end) {
    for (int64_t row = std::max(first, seen_); row < end; ++row) {
      if (any_nan(x_ + row * width_, width_)) last_ = row;
    }
    seen_ = std::max(seen_, end);
    return last_ >= first;
  }

 private:
  const float* x_;
  int64_t width_, seen_ = 0, last_ = -1;
};

/// max_cell for a whole window of 2 x 2 elements.
template <class D>
HWY_INLINE void max_four(D d, const float* HWY_RESTRICT x, int64_t row, int64_t channels,
                         float* HWY_RESTRICT out, uint8_t* HWY_RESTRICT index) {
  const hn::RebindToSigned<D> di;
  auto best = hn::LoadU(d, x);
  auto place = hn::Zero(di);
  const float* const others[3] = {x + channels, x + row, x + row + channels};
  for (int32_t p = 0; p < 3; ++p) {
    const auto next = hn::LoadU(d, others[p]);
    const auto wins = above(next, best);
    best = hn::IfThenElse(wins, next, best);
    place = hn::IfThenElse(hn::RebindMask(di, wins), hn::Set(di, p + 1), place);
  }
  hn::StoreU(best, d, out);
  if (index) store_places(d, place, index);
}

void MaxRows(const PoolView& v, const float* x, float* out, uint8_t* index, int64_t begin, int64_t end) {
  const int64_t row = v.columns.input * v.channels;
  NanRows nan(x, row);
  for (int64_t r = begin; r < end; ++r) {
    const int64_t image = r / v.rows.output, first = image * v.rows.input + v.rows.first(r % v.rows.output);
    Cell w = cell_at(v, image, r % v.rows.output, 0);
    const bool numbers = !index && !nan.in(first + w.top, first + w.bottom);
    for (int64_t ox = 0; ox < v.columns.output; ++ox, w.origin += v.columns.stride * v.channels) {
      w.left = v.columns.begin(ox);
      w.right = v.columns.end(ox);
      const int64_t at = (r * v.columns.output + ox) * v.channels;
      const bool four = w.top == 0 && w.left == 0 && w.bottom == 2 && w.right == 2 && v.columns.size == 2;
      over_channels_again(v.channels, [&](auto d, int64_t c) HWY_ATTR {
        uint8_t* const places = index ? index + at + c : nullptr;
        if (four && !numbers) {
          max_four(d, x + w.origin + c, row, v.channels, out + at + c, places);
        } else {
          Cell shifted = w;
          shifted.origin += c;
          if (places) {
            max_cell(d, v, shifted, x, out + at + c, places);
          } else if (numbers) {
            max_cell_alone<true>(d, v, shifted, x, out + at + c);
          } else {
            max_cell_alone<false>(d, v, shifted, x, out + at + c);
          }
        }
      });
    }
  }
}

void AvgRows(const PoolView& v, const float* x, float* out, int64_t begin, int64_t end) {
  const int64_t row = v.columns.input * v.channels;
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t ox = 0; ox < v.columns.output; ++ox) {
      const Cell w = cell_at(v, r / v.rows.output, r % v.rows.output, ox);
      const int64_t at = (r * v.columns.output + ox) * v.channels;
      const float scale = 1.0f / static_cast<float>((w.bottom - w.top) * (w.right - w.left));
      over_channels_again(v.channels, [&](auto d, int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (int64_t i = w.top; i < w.bottom; ++i) {
          for (int64_t j = w.left; j < w.right; ++j) {
            sum = hn::Add(sum, hn::LoadU(d, x + w.origin + i * row + j * v.channels + c));
          }
        }
        hn::StoreU(hn::Mul(sum, hn::Set(d, scale)), d, out + at + c);
      });
    }
  }
}

/// The windows [first, last] that contain element `at` of the image.
struct Range {
  int64_t first, last;
};
HWY_INLINE Range windows_over(const Window& w, int64_t at) {
  const int64_t reach = at + w.before;
  const int64_t first = reach < w.size ? 0 : (reach - w.size) / w.stride + 1;
  return {first, HWY_MIN(w.output - 1, reach / w.stride)};
}

/// One pixel of the image from the windows over it.
template <class D>
HWY_INLINE auto gather_max(D d, const PoolView& v, Range rows, Range columns, int64_t y, int64_t x,
                           const float* g, const uint8_t* index) {
  const hn::RebindToSigned<D> di;
  const hn::Rebind<uint8_t, D> db;
  auto sum = hn::Zero(d);
  for (int64_t oy = rows.first; oy <= rows.last; ++oy) {
    for (int64_t ox = columns.first; ox <= columns.last; ++ox) {
      const int64_t from = (oy * v.columns.output + ox) * v.channels;
      const auto place = hn::PromoteTo(di, hn::LoadU(db, index + from));
      const int64_t here = (y - v.rows.first(oy)) * v.columns.size + x - v.columns.first(ox);
      const auto chosen = hn::RebindMask(d, hn::Eq(place, hn::Set(di, static_cast<int32_t>(here))));
      sum = hn::Add(sum, hn::IfThenElseZero(chosen, hn::LoadU(d, g + from)));
    }
  }
  return sum;
}

/// One row of the image where windows lie side by side: each pixel is in one window at most. `g` and `index`
/// point to the windows over the row, whose elements in it are numbers `first` and on.
HWY_INLINE void max_grad_side_by_side(const PoolView& v, const float* HWY_RESTRICT g,
                                      const uint8_t* HWY_RESTRICT index, int32_t first,
                                      float* HWY_RESTRICT grad) {
  const int64_t size = v.columns.size;
  over_channels(v.channels, [&](auto d, int64_t c) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> di;
    const hn::Rebind<uint8_t, decltype(d)> db;
    float* HWY_RESTRICT pixel = grad + c;
    for (int64_t at = c; at < v.columns.output * v.channels; at += v.channels) {
      const auto value = hn::LoadU(d, g + at);
      const auto place = hn::PromoteTo(di, hn::LoadU(db, index + at));
      for (int64_t j = 0; j < size; ++j, pixel += v.channels) {
        const auto chosen = hn::Eq(place, hn::Set(di, first + static_cast<int32_t>(j)));
        hn::StoreU(hn::IfThenElseZero(hn::RebindMask(d, chosen), value), d, pixel);
      }
    }
    for (int64_t x = v.columns.output * size; x < v.columns.input; ++x, pixel += v.channels) {
      hn::StoreU(hn::Zero(d), d, pixel);
    }
  });
}

void MaxGradRows(const PoolView& v, const float* g, const uint8_t* index, float* grad, int64_t begin,
                 int64_t end) {
  const bool side_by_side = v.columns.stride == v.columns.size && v.columns.before == 0 &&
                            v.columns.output * v.columns.size <= v.columns.input;
  for (int64_t r = begin; r < end; ++r) {
    const int64_t y = r % v.rows.input;
    const int64_t windows = r / v.rows.input * v.rows.output * v.columns.output * v.channels;
    const Range rows = windows_over(v.rows, y);
    if (side_by_side && rows.first == rows.last) {
      const int64_t from = windows + rows.first * v.columns.output * v.channels;
      const int64_t first = (y - v.rows.first(rows.first)) * v.columns.size;
      max_grad_side_by_side(v, g + from, index + from, static_cast<int32_t>(first),
                            grad + r * v.columns.input * v.channels);
      continue;
    }
    for (int64_t x = 0; x < v.columns.input; ++x) {
      const Range columns = windows_over(v.columns, x);
      float* const pixel = grad + (r * v.columns.input + x) * v.channels;
      over_channels(v.channels, [&](auto d, int64_t c) HWY_ATTR {
        hn::StoreU(gather_max(d, v, rows, columns, y, x, g + windows + c, index + windows + c), d, pixel + c);
      });
    }
  }
}

void AvgGradRows(const PoolView& v, const float* g, float* grad, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const int64_t y = r % v.rows.input;
    const int64_t outer = r / v.rows.input;
    const Range rows = windows_over(v.rows, y);
    for (int64_t x = 0; x < v.columns.input; ++x) {
      const Range columns = windows_over(v.columns, x);
      float* const pixel = grad + (r * v.columns.input + x) * v.channels;
      over_channels(v.channels, [&](auto d, int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (int64_t oy = rows.first; oy <= rows.last; ++oy) {
          for (int64_t ox = columns.first; ox <= columns.last; ++ox) {
            const Cell w = cell_at(v, outer, oy, ox);
            const float scale = 1.0f / static_cast<float>((w.bottom - w.top) * (w.right - w.left));
            const int64_t from = ((outer * v.rows.output + oy) * v.columns.output + ox) * v.channels + c;
            sum = hn::MulAdd(hn::LoadU(d, g + from), hn::Set(d, scale), sum);
          }
        }
        hn::StoreU(sum, d, pixel + c);
      });
    }
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(MaxRows);
HWY_EXPORT(MaxGradRows);
HWY_EXPORT(AvgRows);
HWY_EXPORT(AvgGradRows);

void max_pool_rows(const PoolView& view, const float* x, float* out, uint8_t* index, int64_t begin,
                   int64_t end) {
  HWY_DYNAMIC_DISPATCH(MaxRows)(view, x, out, index, begin, end);
}
void max_pool_grad_rows(const PoolView& view, const float* g, const uint8_t* index, float* grad,
                        int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(MaxGradRows)(view, g, index, grad, begin, end);
}
void avg_pool_rows(const PoolView& view, const float* x, float* out, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(AvgRows)(view, x, out, begin, end);
}
void avg_pool_grad_rows(const PoolView& view, const float* g, float* grad, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(AvgGradRows)(view, g, grad, begin, end);
}

}  // namespace lamina::detail
#endif
