// Plain kernels of the poolings: any dtype, window and padding.
#include <algorithm>
#include <cmath>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/accumulate.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::PoolShape;
using detail::Window;

int64_t image_at(const PoolShape& s, int64_t n, int64_t y, int64_t x) {
  return ((n * s.rows.input + y) * s.columns.input + x) * s.channels;
}

/// One window: which it is, the part of its elements that lies inside the image, and its place in the output.
struct Cell {
  int64_t n, oy, ox;
  int64_t top, bottom, left, right;
  int64_t at;

  int64_t elements() const { return (bottom - top) * (right - left); }
};

Cell cell(const PoolShape& s, int64_t row, int64_t ox) {
  const int64_t oy = row % s.rows.output;
  return {row / s.rows.output,
          oy,
          ox,
          s.rows.begin(oy),
          s.rows.end(oy),
          s.columns.begin(ox),
          s.columns.end(ox),
          (row * s.columns.output + ox) * s.channels};
}

/// Calls f(cell) for every window, in parallel over rows of windows.
template <class F>
void for_windows(const PoolShape& s, F f) {
  parallel_for(s.batch * s.rows.output, 8, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t ox = 0; ox < s.columns.output; ++ox) f(cell(s, row, ox));
    }
  });
}

/// NaN counts as the largest, as in TensorFlow's maximum.
template <class T>
bool above(T value, T best) {
  const auto a = detail::widen(value);
  const auto b = detail::widen(best);
  return a > b || (a != a && b == b);
}

template <class T, class I>
void max_pool(const PoolShape& s, const T* x, T* out, I* index) {
  for_windows(s, [&](const Cell& w) {
    for (int64_t c = 0; c < s.channels; ++c) {
      T best{};
      int64_t place = -1;
      for (int64_t i = w.top; i < w.bottom; ++i) {
        for (int64_t j = w.left; j < w.right; ++j) {
          const T value = x[image_at(s, w.n, s.rows.first(w.oy) + i, s.columns.first(w.ox) + j) + c];
          if (place >= 0 && !above(value, best)) continue;
          best = value;
          place = i * s.columns.size + j;
        }
      }
      out[w.at + c] = best;
      if (index) index[w.at + c] = static_cast<I>(place);
    }
  });
}

/// The windows that contain element `at`: [first, last].
struct Range {
  int64_t first, last;
};
Range windows_over(const Window& w, int64_t at) {
  const int64_t reach = at + w.before;
  const int64_t first = reach < w.size ? 0 : (reach - w.size) / w.stride + 1;
  return {first, std::min(w.output - 1, reach / w.stride)};
}

/// Calls f(pixel of the image, y, x, row of its batch entry's windows) in parallel over rows of the image.
template <class F>
void for_pixels(const PoolShape& s, F f) {
  parallel_for(s.batch * s.rows.input, 8, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t x = 0; x < s.columns.input; ++x) {
        f(row / s.rows.input, row % s.rows.input, x, (row * s.columns.input + x) * s.channels);
      }
    }
  });
}

template <class T, class I>
void max_grad(const PoolShape& s, const T* g, const I* index, T* grad) {
  for_pixels(s, [&](int64_t n, int64_t y, int64_t x, int64_t at) {
    const Range rows = windows_over(s.rows, y);
    const Range columns = windows_over(s.columns, x);
    for (int64_t c = 0; c < s.channels; ++c) {
      detail::Accumulator<T> total{};
      for (int64_t oy = rows.first; oy <= rows.last; ++oy) {
        for (int64_t ox = columns.first; ox <= columns.last; ++ox) {
          const int64_t from = ((n * s.rows.output + oy) * s.columns.output + ox) * s.channels + c;
          const int64_t place = (y - s.rows.first(oy)) * s.columns.size + (x - s.columns.first(ox));
          if (static_cast<int64_t>(index[from]) == place) total += detail::widen(g[from]);
        }
      }
      grad[at + c] = detail::narrow<T>(total);
    }
  });
}

template <class T, class I>
void max_gather(const PoolShape& s, const T* x, const I* index, T* out) {
  for_windows(s, [&](const Cell& w) {
    for (int64_t c = 0; c < s.channels; ++c) {
      const auto place = static_cast<int64_t>(index[w.at + c]);
      const int64_t i = place / s.columns.size;
      const int64_t j = place % s.columns.size;
      // A place outside the window or the image: max_pool2d_grad adds nothing there either.
      if (i < w.top || i >= w.bottom || j < w.left || j >= w.right) {
        out[w.at + c] = T{};
        continue;
      }
      out[w.at + c] = x[image_at(s, w.n, s.rows.first(w.oy) + i, s.columns.first(w.ox) + j) + c];
    }
  });
}

template <class T>
void avg_pool(const PoolShape& s, const T* x, T* out) {
  for_windows(s, [&](const Cell& w) {
    const auto count = static_cast<double>(w.elements());
    for (int64_t c = 0; c < s.channels; ++c) {
      double total = 0;
      for (int64_t i = w.top; i < w.bottom; ++i) {
        for (int64_t j = w.left; j < w.right; ++j) {
          total += detail::widen(x[image_at(s, w.n, s.rows.first(w.oy) + i, s.columns.first(w.ox) + j) + c]);
        }
      }
      out[w.at + c] = detail::narrow<T>(total / count);
    }
  });
}

template <class T>
void avg_grad(const PoolShape& s, const T* g, T* grad) {
  for_pixels(s, [&](int64_t n, int64_t y, int64_t x, int64_t at) {
    const Range rows = windows_over(s.rows, y);
    const Range columns = windows_over(s.columns, x);
    for (int64_t c = 0; c < s.channels; ++c) {
      double total = 0;
      for (int64_t oy = rows.first; oy <= rows.last; ++oy) {
        for (int64_t ox = columns.first; ox <= columns.last; ++ox) {
          const int64_t from = ((n * s.rows.output + oy) * s.columns.output + ox) * s.channels + c;
          total +=
              detail::widen(g[from]) / static_cast<double>(cell(s, n * s.rows.output + oy, ox).elements());
        }
      }
      grad[at + c] = detail::narrow<T>(total);
    }
  });
}

/// Calls f with an element of the dtype and one of the places' dtype.
template <class F>
std::unique_ptr<Kernel> with_index_type(DType dtype, DType index, F f) {
  return dispatch(dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    return index == DType::kUInt8 ? f(zero, uint8_t{}) : f(zero, int32_t{});
  });
}

std::unique_ptr<Kernel> prepare_max(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<Pool2DAttrs>();
  const PoolShape s = detail::pool_shape(attrs, desc.inputs[0].type.shape);
  const bool places = desc.outputs.size() > 1;
  const auto make = [&](auto zero, auto place) {
    using T = decltype(zero);
    using I = decltype(place);
    return make_kernel([s, places](const KernelArgs& args) {
      max_pool<T, I>(s, args.input<T>(0), args.output<T>(0), places ? args.output<I>(1) : nullptr);
    });
  };
  return with_index_type(desc.inputs[0].type.dtype, detail::pool_index_dtype(attrs), make);
}

std::unique_ptr<Kernel> prepare_max_grad(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<Pool2DGradAttrs>();
  const PoolShape s = detail::pool_shape(attrs.window, attrs.shape);
  const DType index = desc.inputs[1].type.dtype;
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    if (index == DType::kUInt8) {
      return make_kernel([s](const KernelArgs& args) {
        max_grad<T, uint8_t>(s, args.input<T>(0), args.input<uint8_t>(1), args.output<T>(0));
      });
    }
    return make_kernel([s](const KernelArgs& args) {
      max_grad<T, int32_t>(s, args.input<T>(0), args.input<int32_t>(1), args.output<T>(0));
    });
  });
}

std::unique_ptr<Kernel> prepare_gather(const KernelDesc& desc) {
  const PoolShape s = detail::pool_shape(desc.attrs.as<Pool2DAttrs>(), desc.inputs[0].type.shape);
  const auto make = [&](auto zero, auto place) {
    using T = decltype(zero);
    using I = decltype(place);
    return make_kernel([s](const KernelArgs& args) {
      max_gather<T, I>(s, args.input<T>(0), args.input<I>(1), args.output<T>(0));
    });
  };
  return with_index_type(desc.inputs[0].type.dtype, desc.inputs[1].type.dtype, make);
}

std::unique_ptr<Kernel> prepare_avg(const KernelDesc& desc) {
  const PoolShape s = detail::pool_shape(desc.attrs.as<Pool2DAttrs>(), desc.inputs[0].type.shape);
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([s](const KernelArgs& args) { avg_pool<T>(s, args.input<T>(0), args.output<T>(0)); });
  });
}

std::unique_ptr<Kernel> prepare_avg_grad(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<Pool2DGradAttrs>();
  const PoolShape s = detail::pool_shape(attrs.window, attrs.shape);
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([s](const KernelArgs& args) { avg_grad<T>(s, args.input<T>(0), args.output<T>(0)); });
  });
}

constexpr int kLast = -1;  // behind every other candidate
const KernelRegistration kMax("max_pool2d", DeviceKind::kCpu, {{.name = "reference", .prepare = prepare_max}},
                              kLast);
const KernelRegistration kMaxIndex("max_pool2d_with_index", DeviceKind::kCpu,
                                   {{.name = "reference", .prepare = prepare_max}}, kLast);
const KernelRegistration kMaxGrad("max_pool2d_grad", DeviceKind::kCpu,
                                  {{.name = "reference", .prepare = prepare_max_grad}}, kLast);
const KernelRegistration kGather("max_pool2d_gather", DeviceKind::kCpu,
                                 {{.name = "reference", .prepare = prepare_gather}}, kLast);
const KernelRegistration kAvg("avg_pool2d", DeviceKind::kCpu, {{.name = "reference", .prepare = prepare_avg}},
                              kLast);
const KernelRegistration kAvgGrad("avg_pool2d_grad", DeviceKind::kCpu,
                                  {{.name = "reference", .prepare = prepare_avg_grad}}, kLast);

}  // namespace
}  // namespace lamina
