// CPU kernels of affine_transform and its adjoint, for every floating dtype. Places are computed as
// TensorFlow's ImageProjectiveTransformV3 computes them, in float32 and in the same order, so that what lies
// on an edge falls to the same side.
#include <algorithm>
#include <cmath>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/affine_transform.h"
#include "lamina/ops/detail/accumulate.h"
#include "lamina/ops/detail/affine_transform.h"

namespace lamina {
namespace {

using detail::Compute;
using detail::FillMode;

struct Images {
  int64_t batch, height, width, channels;
  bool one_transform;  ///< the same for all images
  bool nearest;        ///< interpolation
  FillMode mode;
  double fill;

  explicit Images(const KernelDesc& desc)
      : batch(desc.inputs[0].type.shape[0]),
        height(desc.inputs[0].type.shape[1]),
        width(desc.inputs[0].type.shape[2]),
        channels(desc.inputs[0].type.shape[3]),
        one_transform(desc.inputs[1].type.shape[0] == 1) {
    const auto& attrs = desc.attrs.as<AffineTransformAttrs>();
    nearest = attrs.interpolation == "nearest";
    mode = *detail::fill_mode_of(attrs.fill_mode);
    fill = attrs.fill_value;
  }
  int64_t row() const { return width * channels; }
  int64_t image() const { return height * row(); }
};

/// The place within [0, n - 1] that shows what is at `at`; NaN stays NaN.
template <FillMode mode>
float within(float at, float n) {
  if constexpr (mode == FillMode::kReflect) {
    const float period = 2 * n;
    if (at < 0) {
      at = period * std::trunc(-at / period) + at;
      at = at < -n ? at + period : -at - 1;
    } else if (at > n - 1) {
      at -= period * std::trunc(at / period);
      if (at >= n) at = period - at - 1;
    }
  } else if constexpr (mode == FillMode::kWrap) {
    if (n <= 1) return at - at;  // 0, but NaN for what is not finite
    if (at < 0) {
      at += n * (std::trunc(-at / (n - 1)) + 1);
    } else if (at > n - 1) {
      at -= n * std::trunc(at / (n - 1));
    }
  } else if constexpr (mode == FillMode::kConstant) {
    return at;
  }
  return at < 0 ? 0 : at > n - 1 ? n - 1 : at;
}

/// The pixel or the two pixels of an axis that make up a place, -1 for one beyond the border.
struct Taps {
  int64_t low, high;
  float low_weight, high_weight;
};

/// Those around a place that has a pixel on either side.
Taps between(float at) {
  const auto low = static_cast<int32_t>(at);
  return {low, low + 1, static_cast<float>(low + 1) - at, at - static_cast<float>(low)};
}

/// Half away from zero, as std::round.
int64_t rounded(float at) {
  const auto whole = static_cast<int64_t>(at);
  const float rest = at - static_cast<float>(whole);
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

/// False when the place, within() or not, is beyond the border with all that it touches, or not finite.
template <bool nearest>
bool taps_of(float at, int64_t n, Taps& taps) {
  if (!(at > -1 && at < static_cast<float>(n))) return false;
  if constexpr (nearest) {
    taps = {rounded(at), -1, 1, 0};
    return taps.low >= 0 && taps.low < n;
  } else {
    const auto low = at < 0 ? -1 : static_cast<int64_t>(at);
    const float high_weight = at - static_cast<float>(low);
    // A weight of 0 makes a pixel beyond the border of none where it is.
    taps = {low, low + 1 < n ? low + 1 : -1, static_cast<float>(low + 1) - at, high_weight};
    return true;
  }
}

/// Calls f(x, across, down) for the pixels of row `y` of a result, and outside(x) for those that show nothing
/// of the image.
template <FillMode mode, bool nearest, class F, class Outside>
void each_pixel(const Images& s, const float* t, int64_t y, F&& f, Outside&& outside) {
  const auto fy = static_cast<float>(y), n = static_cast<float>(s.width), m = static_cast<float>(s.height);
  const bool plane = t[6] == 0 && t[7] == 0;
  for (int64_t x = 0; x < s.width; ++x) {
    const auto fx = static_cast<float>(x);
    float at_x = t[0] * fx + t[1] * fy + t[2];
    float at_y = t[3] * fx + t[4] * fy + t[5];
    if (!plane) {
      const float k = t[6] * fx + t[7] * fy + 1.0f;
      at_x /= k;  // infinite or NaN for k = 0: outside
      at_y /= k;
      if (k == 0) {
        outside(x);
        continue;
      }
    }
    Taps across, down;
    // Most places lie between four pixels, where no mode has anything to say.
    if (!nearest && at_x >= 0 && at_y >= 0 && at_x < n - 1 && at_y < m - 1) {
      f(x, between(at_x), between(at_y));
    } else if (taps_of<nearest>(within<mode>(at_x, n), s.width, across) &&
               taps_of<nearest>(within<mode>(at_y, m), s.height, down)) {
      f(x, across, down);
    } else {
      outside(x);
    }
  }
}

/// Calls f with the fill mode and the interpolation as constants.
template <class F>
void dispatch(const Images& s, F&& f) {
  const auto with = [&]<FillMode mode>() {
    s.nearest ? f.template operator()<mode, true>() : f.template operator()<mode, false>();
  };
  switch (s.mode) {
    case FillMode::kConstant:
      return with.template operator()<FillMode::kConstant>();
    case FillMode::kNearest:
      return with.template operator()<FillMode::kNearest>();
    case FillMode::kReflect:
      return with.template operator()<FillMode::kReflect>();
    case FillMode::kWrap:
      return with.template operator()<FillMode::kWrap>();
  }
}

/// Row `y` of one image. `channels` is known to the compiler where it is not 0.
template <FillMode mode, bool nearest, int kChannels, class T>
void transform_row(const Images& s, const float* t, const T* image, int64_t y, const T* fill, T* out) {
  const int64_t channels = kChannels ? kChannels : s.channels;
  const int64_t row = s.width * channels;
  each_pixel<mode, nearest>(
      s, t, y,
      [&](int64_t x, const Taps& across, const Taps& down) {
        T* to = out + x * channels;
        if constexpr (nearest) {
          std::copy_n(image + down.low * row + across.low * channels, channels, to);
        } else {
          const auto pixel = [&](int64_t r, int64_t c) {
            return r < 0 || c < 0 ? fill : image + r * row + c * channels;
          };
          const T *a = pixel(down.low, across.low), *b = pixel(down.low, across.high);
          const T *c = pixel(down.high, across.low), *d = pixel(down.high, across.high);
          using C = Compute<T>;
          const C left = across.low_weight, right = across.high_weight;
          const C above = down.low_weight, below = down.high_weight;
          for (int64_t i = 0; i < channels; ++i) {
            const C upper = left * static_cast<C>(a[i]) + right * static_cast<C>(b[i]);
            const C lower = left * static_cast<C>(c[i]) + right * static_cast<C>(d[i]);
            to[i] = static_cast<T>(above * upper + below * lower);
          }
        }
      },
      [&](int64_t x) { std::copy_n(fill, channels, out + x * channels); });
}

/// `fill` holds a pixel.
template <class T>
void transform(const Images& s, const T* images, const float* transforms, T* fill, T* out) {
  std::fill_n(fill, s.channels, detail::element_of<T>(s.fill));
  const int64_t grain = std::max<int64_t>(1, 4096 / std::max<int64_t>(s.width, 1));
  dispatch(s, [&]<FillMode mode, bool nearest>() {
    parallel_for(s.batch * s.height, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t image = i / s.height;
        const auto run = [&]<int channels>() {
          transform_row<mode, nearest, channels>(s, transforms + (s.one_transform ? 0 : 8 * image),
                                                 images + image * s.image(), i % s.height, fill,
                                                 out + i * s.row());
        };
        s.channels == 3   ? run.template operator()<3>()
        : s.channels == 1 ? run.template operator()<1>()
                          : run.template operator()<0>();
      }
    });
  });
}

/// Images are shared among the threads: what their rows give overlaps. `sums` holds as many elements as dx.
template <class T>
void transform_grad(const Images& s, const T* dy, const float* transforms, Compute<T>* sums, T* dx) {
  using C = Compute<T>;
  const auto add = [&](const T* from, C weight, C* to) {
    for (int64_t i = 0; i < s.channels; ++i) to[i] += weight * static_cast<C>(from[i]);
  };
  dispatch(s, [&]<FillMode mode, bool nearest>() {
    parallel_for(s.batch, 1, [&](int64_t begin, int64_t end) {
      std::fill(sums + begin * s.image(), sums + end * s.image(), C{});
      for (int64_t i = begin * s.height; i < end * s.height; ++i) {
        const int64_t image = i / s.height;
        C* to = sums + image * s.image();
        each_pixel<mode, nearest>(
            s, transforms + (s.one_transform ? 0 : 8 * image), i % s.height,
            [&](int64_t x, const Taps& across, const Taps& down) {
              const T* from = dy + i * s.row() + x * s.channels;
              for (const auto& [r, w] :
                   {std::pair(down.low, down.low_weight), {down.high, down.high_weight}}) {
                if (r < 0) continue;
                C* line = to + r * s.row();
                if (across.low >= 0)
                  add(from, static_cast<C>(w) * across.low_weight, line + across.low * s.channels);
                if (across.high >= 0)
                  add(from, static_cast<C>(w) * across.high_weight, line + across.high * s.channels);
              }
            },
            [](int64_t) {});
      }
      if constexpr (detail::kIsHalf<T>)
        std::transform(sums + begin * s.image(), sums + end * s.image(), dx + begin * s.image(),
                       [](float sum) { return T(sum); });
    });
  });
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const Images s(desc);
    return make_kernel(
        [s](const KernelArgs& args) {
          transform(s, args.input<T>(0), args.input<float>(1), static_cast<T*>(args.workspace),
                    args.output<T>(0));
        },
        static_cast<size_t>(s.channels) * sizeof(T));
  });
}

std::unique_ptr<Kernel> prepare_grad(const KernelDesc& desc) {
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const auto run = [s = Images(desc)](const KernelArgs& args) {
      Compute<T>* sums = nullptr;
      if constexpr (detail::kIsHalf<T>) {
        sums = static_cast<float*>(args.workspace);
      } else {
        sums = args.output<T>(0);
      }
      transform_grad(s, args.input<T>(0), args.input<float>(1), sums, args.output<T>(0));
    };
    const auto elements = static_cast<size_t>(desc.outputs[0].type.shape.size());
    return make_kernel(run, detail::kIsHalf<T> ? elements * sizeof(float) : 0);
  });
}

const KernelRegistration kernels("affine_transform", DeviceKind::kCpu,
                                 {{.name = "reference", .prepare = prepare}});
const KernelRegistration grad_kernels("affine_transform_grad", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare_grad}});

}  // namespace
}  // namespace lamina
