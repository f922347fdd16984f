// CPU kernels of fft, rfft and irfft. Rows are divided into parts, each with scratch memory of its own.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/fft_plan.h"
#include "lamina/ops/fft.h"

namespace lamina {
namespace {

using detail::FftPlan;

/// Calls row(number of the row, scratch) for all rows; `each` numbers of T of scratch.
template <class T, class Row>
std::unique_ptr<Kernel> by_rows(int64_t rows, int64_t n, int64_t each, Row row) {
  const int64_t parts = std::min<int64_t>(rows, 64);
  each = (each + 15) / 16 * 16;
  const double nanoseconds = static_cast<double>(rows * n) * std::log2(static_cast<double>(n) + 1) / 4;
  return make_kernel(
      [=](const KernelArgs& args) {
        parallel_parts(parts, nanoseconds, [&](int64_t begin, int64_t end) {
          for (int64_t part = begin; part < end; ++part) {
            T* scratch = static_cast<T*>(args.workspace) + part * each;
            for (int64_t at = rows * part / parts; at < rows * (part + 1) / parts; ++at)
              row(args, at, scratch);
          }
        });
      },
      static_cast<size_t>(parts * each) * sizeof(T));
}

template <class F>
std::unique_ptr<Kernel> for_floats(DType dtype, F&& f) {
  return dtype == DType::kFloat64 ? f(double{}) : f(float{});
}

int64_t rows_of(const Shape& shape) { return shape.size() / std::max<int64_t>(shape[-1], 1); }

std::unique_ptr<Kernel> prepare_fft(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const int64_t n = shape[-1];
  const int inverse = desc.attrs.as<FftAttrs>().inverse ? 1 : 0;
  return for_floats(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto plan = std::make_shared<const FftPlan<T>>(n);
    return by_rows<T>(
        rows_of(shape), n, plan->scratch(),
        [plan, n, inverse](const KernelArgs& args, int64_t row, T* scratch) {
          T *yr = args.output<T>(inverse) + row * n, *yi = args.output<T>(1 - inverse) + row * n;
          plan->run(args.input<T>(inverse) + row * n, args.input<T>(1 - inverse) + row * n, yr, yi, scratch);
          if (!inverse) return;
          for (T* part : {yr, yi}) std::for_each(part, part + n, [n](T& y) { y /= static_cast<T>(n); });
        });
  });
}

/// exp(-2 pi i k / n) for k up to n / 2.
template <class T>
struct Roots {
  explicit Roots(int64_t n) {
    for (int64_t k = 0; k <= n / 2; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
      cosines.push_back(static_cast<T>(std::cos(angle)));
      sines.push_back(static_cast<T>(-std::sin(angle)));
    }
  }
  std::vector<T> cosines, sines;
};

/// An even number of real elements as half as many complex ones, whose transform holds those of the elements
/// of even and of odd places.
template <class T>
void transform_pairs(const FftPlan<T>& half, const Roots<T>& roots, const T* x, T* yr, T* yi, T* scratch) {
  const int64_t h = half.size();
  T *ar = scratch, *ai = ar + h, *br = ai + h, *bi = br + h;
  for (int64_t j = 0; j < h; ++j) {
    ar[j] = x[2 * j];
    ai[j] = x[2 * j + 1];
  }
  half.run(ar, ai, br, bi, bi + h);
  yr[0] = br[0] + bi[0];
  yi[0] = 0;
  yr[h] = br[0] - bi[0];
  yi[h] = 0;
  const T *cosines = roots.cosines.data(), *sines = roots.sines.data();
  for (int64_t k = 1; k < h; ++k) {
    const T even_r = (br[k] + br[h - k]) / 2, even_i = (bi[k] - bi[h - k]) / 2;
    const T odd_r = (bi[k] + bi[h - k]) / 2, odd_i = (br[h - k] - br[k]) / 2;
    yr[k] = even_r + (odd_r * cosines[k] - odd_i * sines[k]);
    yi[k] = even_i + (odd_r * sines[k] + odd_i * cosines[k]);
  }
}

template <class T>
void join_pairs(const FftPlan<T>& half, const Roots<T>& roots, const T* xr, const T* xi, T* y, T* scratch) {
  const int64_t h = half.size();
  T *ar = scratch, *ai = ar + h, *br = ai + h, *bi = br + h;
  const T *cosines = roots.cosines.data(), *sines = roots.sines.data(), scale = T{1} / static_cast<T>(2 * h);
  ar[0] = (xr[0] + xr[h]) * scale;
  ai[0] = (xr[0] - xr[h]) * scale;
  for (int64_t k = 1; k < h; ++k) {
    const T even_r = xr[k] + xr[h - k], even_i = xi[k] - xi[h - k];
    const T apart_r = xr[k] - xr[h - k], apart_i = xi[k] + xi[h - k];
    const T odd_r = apart_r * cosines[k] + apart_i * sines[k];
    const T odd_i = apart_i * cosines[k] - apart_r * sines[k];
    ar[k] = (even_r - odd_i) * scale;
    ai[k] = (even_i + odd_r) * scale;
  }
  half.run(ai, ar, bi, br, bi + h);
  for (int64_t j = 0; j < h; ++j) {
    y[2 * j] = br[j];
    y[2 * j + 1] = bi[j];
  }
}

std::unique_ptr<Kernel> prepare_rfft(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const int64_t n = shape[-1], m = n / 2 + 1;
  return for_floats(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto plan = std::make_shared<const FftPlan<T>>(n % 2 == 0 ? n / 2 : n);
    if (n % 2 == 0) {
      const auto roots = std::make_shared<const Roots<T>>(n);
      return by_rows<T>(rows_of(shape), n, 2 * n + plan->scratch(),
                        [plan, roots, n, m](const KernelArgs& args, int64_t row, T* scratch) {
                          transform_pairs(*plan, *roots, args.input<T>(0) + row * n,
                                          args.output<T>(0) + row * m, args.output<T>(1) + row * m, scratch);
                        });
    }
    return by_rows<T>(rows_of(shape), n, 3 * n + plan->scratch(),
                      [plan, n, m](const KernelArgs& args, int64_t row, T* scratch) {
                        T *nothing = scratch, *yr = nothing + n, *yi = yr + n;
                        std::fill_n(nothing, n, T{0});
                        plan->run(args.input<T>(0) + row * n, nothing, yr, yi, yi + n);
                        yi[0] = 0;
                        std::copy_n(yr, m, args.output<T>(0) + row * m);
                        std::copy_n(yi, m, args.output<T>(1) + row * m);
                      });
  });
}

std::unique_ptr<Kernel> prepare_irfft(const KernelDesc& desc) {
  const Shape& shape = desc.outputs[0].type.shape;
  const int64_t n = shape[-1], m = n / 2 + 1;
  return for_floats(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto plan = std::make_shared<const FftPlan<T>>(n % 2 == 0 ? n / 2 : n);
    if (n % 2 == 0) {
      const auto roots = std::make_shared<const Roots<T>>(n);
      return by_rows<T>(rows_of(shape), n, 2 * n + plan->scratch(),
                        [plan, roots, n, m](const KernelArgs& args, int64_t row, T* scratch) {
                          join_pairs(*plan, *roots, args.input<T>(0) + row * m, args.input<T>(1) + row * m,
                                     args.output<T>(0) + row * n, scratch);
                        });
    }
    return by_rows<T>(rows_of(shape), n, 3 * n + plan->scratch(),
                      [plan, n, m](const KernelArgs& args, int64_t row, T* scratch) {
                        const T *xr = args.input<T>(0) + row * m, *xi = args.input<T>(1) + row * m;
                        T *ar = scratch, *ai = ar + n, *nothing = ai + n;
                        const T scale = T{1} / static_cast<T>(n);
                        ar[0] = xr[0] * scale;
                        ai[0] = 0;
                        for (int64_t k = 1; k < m; ++k) {
                          ar[k] = ar[n - k] = xr[k] * scale;
                          ai[k] = xi[k] * scale;
                          ai[n - k] = -ai[k];
                        }
                        plan->run(ai, ar, nothing, args.output<T>(0) + row * n, nothing + n);
                      });
  });
}

const KernelRegistration fft_kernels("fft", DeviceKind::kCpu, {{.name = "passes", .prepare = prepare_fft}});
const KernelRegistration rfft_kernels("rfft", DeviceKind::kCpu,
                                      {{.name = "passes", .prepare = prepare_rfft}});
const KernelRegistration irfft_kernels("irfft", DeviceKind::kCpu,
                                       {{.name = "passes", .prepare = prepare_irfft}});

}  // namespace
}  // namespace lamina
