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

  Resize(const Shape& before, const Shape& after, const std::string& interpolation)
      : batch(before[0]),
        height(before[1]),
        width(before[2]),
        channels(before[3]),
        new_height(after[1]),
        new_width(after[2]),
        rows(detail::resized_axis(height, new_height, interpolation)),
        columns(detail::resized_axis(width, new_width, interpolation)) {}

  /// Calls f(pixel before, pixel after, weight) for all that make up row `i` of the result, of all images
  /// counted through; pixels are offsets.
  template <class F>
  void each(int64_t i, F&& f) const {
    const int64_t image = i / new_height, row = i % new_height;
    for (int64_t j = 0; j < new_width; ++j) {
      for (int64_t r = rows.first[at(row)]; r < rows.first[at(row) + 1]; ++r) {
        for (int64_t c = columns.first[at(j)]; c < columns.first[at(j) + 1]; ++c) {
          const auto &down = rows.taps[at(r)], &across = columns.taps[at(c)];
          f(((image * height + down.from) * width + across.from) * channels, (i * new_width + j) * channels,
            down.weight * across.weight);
        }
      }
    }
  }

 private:
  static size_t at(int64_t i) { return static_cast<size_t>(i); }
};

/// a + b * weight in the element's precision, summed up in Sum.
template <class Sum, class T>
void add_pixel(const T* from, Sum weight, int64_t channels, Sum* to) {
  for (int64_t c = 0; c < channels; ++c) to[c] += static_cast<Sum>(from[c]) * weight;
}

/// Rows of the result are shared among the threads; `sums` holds as many elements as the result.
template <class T>
void resize(const Resize& s, const T* x, Compute<T>* sums, T* y) {
  const int64_t row = s.new_width * s.channels;
  parallel_for(s.batch * s.new_height, std::max<int64_t>(1, 8192 / std::max<int64_t>(row, 1)),
               [&](int64_t begin, int64_t end) {
                 std::fill(sums + begin * row, sums + end * row, Compute<T>{});
                 for (int64_t i = begin; i < end; ++i) {
                   s.each(i, [&](int64_t from, int64_t to, double weight) {
                     add_pixel(x + from, static_cast<Compute<T>>(weight), s.channels, sums + to);
                   });
                 }
                 if constexpr (detail::kIsHalf<T>)
                   std::transform(sums + begin * row, sums + end * row, y + begin * row,
                                  [](float sum) { return T(sum); });
               });
}

/// Images are shared among the threads: their rows overlap. `sums` holds as many elements as the image.
template <class T>
void resize_grad(const Resize& s, const T* dy, Compute<T>* sums, T* dx) {
  const int64_t image = s.height * s.width * s.channels;
  const int64_t work = std::max<int64_t>(1, s.new_height * s.new_width * s.channels);
  parallel_for(s.batch, std::max<int64_t>(1, 8192 / work), [&](int64_t begin, int64_t end) {
    std::fill(sums + begin * image, sums + end * image, Compute<T>{});
    for (int64_t i = begin * s.new_height; i < end * s.new_height; ++i) {
      s.each(i, [&](int64_t to, int64_t from, double weight) {
        add_pixel(dy + from, static_cast<Compute<T>>(weight), s.channels, sums + to);
      });
    }
    if constexpr (detail::kIsHalf<T>)
      std::transform(sums + begin * image, sums + end * image, dx + begin * image,
                     [](float sum) { return T(sum); });
  });
}

template <bool gradient>
std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const Shape &in = desc.inputs[0].type.shape, &out = desc.outputs[0].type.shape;
  const std::string& interpolation = desc.attrs.as<ResizeAttrs>().interpolation;
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const auto run =
        [s = Resize(gradient ? out : in, gradient ? in : out, interpolation)](const KernelArgs& args) {
          Compute<T>* sums = nullptr;
          if constexpr (detail::kIsHalf<T>) {
            sums = static_cast<float*>(args.workspace);
          } else {
            sums = args.output<T>(0);
          }
          if constexpr (gradient) {
            resize_grad(s, args.input<T>(0), sums, args.output<T>(0));
          } else {
            resize(s, args.input<T>(0), sums, args.output<T>(0));
          }
        };
    return make_kernel(run, detail::kIsHalf<T> ? static_cast<size_t>(out.size()) * sizeof(float) : 0);
  });
}

const KernelRegistration kernels("resize2d", DeviceKind::kCpu,
                                 {{.name = "reference", .prepare = prepare<false>}});
const KernelRegistration grad_kernels("resize2d_grad", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare<true>}});

}  // namespace
}  // namespace lamina
