// CPU kernels of resize2d and its adjoint, for every floating dtype.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/accumulate.h"
#include "lamina/ops/detail/resize.h"
#include "lamina/ops/resize.h"

namespace lamina {
namespace {

using detail::Compute;
using detail::ResizedAxis;

struct Resize {
  int64_t batch, height, width, channels;  ///< of the image before
  int64_t new_height, new_width;
  ResizedAxis rows, columns;

  Resize(const Shape& before, const Shape& after, const ResizeAttrs& attrs)
      : batch(before[0]),
        height(before[1]),
        width(before[2]),
        channels(before[3]),
        new_height(after[1]),
        new_width(after[2]),
        rows(detail::resized_axis(height, new_height, attrs)),
        columns(detail::resized_axis(width, new_width, attrs)) {}

  /// Numbers of a row of the result.
  int64_t row() const { return new_width * channels; }
  /// Rows of all images before, as wide as the result.
  int64_t widened() const { return batch * height * row(); }
};

int64_t grain(int64_t row) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(row, 1)); }

/// Rows are widened first and then put together. `widened` holds Resize::widened numbers; `sums`, as many as
/// the result, is where these are made unless T is its own sum.
template <class T>
void resize(const Resize& s, const T* x, Compute<T>* widened, Compute<T>* sums, T* y) {
  const int64_t row = s.row();
  parallel_for(s.batch * s.height, grain(row), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      detail::resize_row(x + i * s.width * s.channels, s.columns, s.channels, widened + i * row);
  });
  parallel_for(s.batch * s.new_height, grain(row), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Compute<T>* image = widened + i / s.new_height * s.height * row;
      detail::blend_rows(
          s.rows, i % s.new_height, row, [&](int64_t r) { return image + r * row; }, sums + i * row);
      if constexpr (detail::kIsHalf<T>)
        std::transform(sums + i * row, sums + (i + 1) * row, y + i * row, [](float sum) { return T(sum); });
    }
  });
}

/// The adjoint of `resize`, step by step backwards. Images are shared among the threads: their rows overlap.
/// `sums` holds as many numbers as the image.
template <class T>
void resize_grad(const Resize& s, const T* dy, Compute<T>* widened, Compute<T>* sums, T* dx) {
  const int64_t row = s.row(), image = s.height * s.width * s.channels;
  parallel_for(s.batch, grain(s.new_height * row), [&](int64_t begin, int64_t end) {
    std::fill(widened + begin * s.height * row, widened + end * s.height * row, Compute<T>{});
    std::fill(sums + begin * image, sums + end * image, Compute<T>{});
    for (int64_t i = begin * s.new_height; i < end * s.new_height; ++i) {
      const int64_t y = i % s.new_height, first = i / s.new_height * s.height;
      for (const auto* tap = s.rows.begin(y); tap != s.rows.end(y); ++tap) {
        Compute<T>* to = widened + (first + tap->from) * row;
        for (int64_t k = 0; k < row; ++k)
          to[k] += static_cast<Compute<T>>(dy[i * row + k]) * static_cast<Compute<T>>(tap->weight);
      }
    }
    for (int64_t i = begin * s.height; i < end * s.height; ++i) {
      for (int64_t x = 0; x < s.new_width; ++x) {
        const Compute<T>* from = widened + i * row + x * s.channels;
        for (const auto* tap = s.columns.begin(x); tap != s.columns.end(x); ++tap) {
          Compute<T>* to = sums + (i * s.width + tap->from) * s.channels;
          for (int64_t c = 0; c < s.channels; ++c) to[c] += from[c] * static_cast<Compute<T>>(tap->weight);
        }
      }
    }
    if constexpr (detail::kIsHalf<T>)
      std::transform(sums + begin * image, sums + end * image, dx + begin * image,
                     [](float sum) { return T(sum); });
  });
}

template <bool gradient>
std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const Shape &in = desc.inputs[0].type.shape, &out = desc.outputs[0].type.shape;
  const auto& attrs = desc.attrs.as<ResizeAttrs>();
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const Resize shape(gradient ? out : in, gradient ? in : out, attrs);
    const auto run = [s = shape](const KernelArgs& args) {
      auto* widened = static_cast<Compute<T>*>(args.workspace);
      Compute<T>* sums = nullptr;
      if constexpr (detail::kIsHalf<T>) {
        sums = widened + s.widened();
      } else {
        sums = args.output<T>(0);
      }
      if constexpr (gradient) {
        resize_grad(s, args.input<T>(0), widened, sums, args.output<T>(0));
      } else {
        resize(s, args.input<T>(0), widened, sums, args.output<T>(0));
      }
    };
    const int64_t numbers = shape.widened() + (detail::kIsHalf<T> ? out.size() : 0);
    return make_kernel(run, static_cast<size_t>(numbers) * sizeof(Compute<T>));
  });
}

const KernelRegistration kernels("resize2d", DeviceKind::kCpu,
                                 {{.name = "reference", .prepare = prepare<false>}});
const KernelRegistration grad_kernels("resize2d_grad", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare<true>}});

}  // namespace
}  // namespace lamina
