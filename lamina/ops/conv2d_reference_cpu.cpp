// Plain loops for convolutions and their gradients: any floating dtype, padding, stride, dilation and
// grouping. What the fast kernels are tested against.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/accumulate.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::Window;

int64_t kernel_at(const ConvShape& s, int64_t i, int64_t j, int64_t channel, int64_t filter) {
  return ((i * s.columns.size + j) * s.group_channels() + channel) * s.filters + filter;
}

int64_t image_at(const ConvShape& s, int64_t n, int64_t y, int64_t x) {
  return ((n * s.rows.input + y) * s.columns.input + x) * s.channels;
}

int64_t out_at(const ConvShape& s, int64_t n, int64_t y, int64_t x) {
  return ((n * s.rows.output + y) * s.columns.output + x) * s.filters;
}

template <class T>
detail::Accumulator<T> forward_sum(const ConvShape& s, const T* image, const T* kernel, int64_t n, int64_t oy,
                                   int64_t ox, int64_t filter) {
  const int64_t first_channel = filter / s.group_filters() * s.group_channels();
  detail::Accumulator<T> total{};
  for (int64_t i = s.rows.begin(oy); i < s.rows.end(oy); ++i) {
    for (int64_t j = s.columns.begin(ox); j < s.columns.end(ox); ++j) {
      const T* pixel = image + image_at(s, n, s.rows.first(oy) + i * s.rows.dilation,
                                        s.columns.first(ox) + j * s.columns.dilation);
      for (int64_t c = 0; c < s.group_channels(); ++c) {
        total +=
            detail::widen(pixel[first_channel + c]) * detail::widen(kernel[kernel_at(s, i, j, c, filter)]);
      }
    }
  }
  return total;
}

template <class T>
void forward(const ConvShape& s, bool relu, const T* image, const T* kernel, const T* bias, T* out) {
  parallel_for(s.batch * s.rows.output, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t n = row / s.rows.output;
      const int64_t oy = row % s.rows.output;
      for (int64_t ox = 0; ox < s.columns.output; ++ox) {
        T* pixel = out + out_at(s, n, oy, ox);
        for (int64_t f = 0; f < s.filters; ++f) {
          auto total = forward_sum(s, image, kernel, n, oy, ox, f);
          if (bias) total += detail::widen(bias[f]);
          if (relu && total < 0) total = 0;
          pixel[f] = detail::narrow<T>(total);
        }
      }
    }
  });
}

template <class T>
void grad_input(const ConvShape& s, const T* g, const T* kernel, T* grad) {
  parallel_for(s.batch * s.rows.input, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t n = row / s.rows.input;
      const int64_t y = row % s.rows.input;
      for (int64_t x = 0; x < s.columns.input; ++x) {
        T* pixel = grad + image_at(s, n, y, x);
        for (int64_t channel = 0; channel < s.channels; ++channel) {
          const int64_t c = channel % s.group_channels();
          const int64_t first_filter = channel / s.group_channels() * s.group_filters();
          detail::Accumulator<T> total{};
          for (int64_t i = 0; i < s.rows.size; ++i) {
            const int64_t oy = s.rows.with(y, i);
            if (oy < 0) continue;
            for (int64_t j = 0; j < s.columns.size; ++j) {
              const int64_t ox = s.columns.with(x, j);
              if (ox < 0) continue;
              const T* from = g + out_at(s, n, oy, ox);
              for (int64_t f = first_filter; f < first_filter + s.group_filters(); ++f) {
                total += detail::widen(from[f]) * detail::widen(kernel[kernel_at(s, i, j, c, f)]);
              }
            }
          }
          pixel[channel] = detail::narrow<T>(total);
        }
      }
    }
  });
}

template <class T>
void grad_kernel(const ConvShape& s, const T* image, const T* g, T* grad) {
  parallel_for(s.rows.size * s.columns.size * s.group_channels(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t tap = begin; tap < end; ++tap) {
      const int64_t c = tap % s.group_channels();
      const int64_t j = tap / s.group_channels() % s.columns.size;
      const int64_t i = tap / s.group_channels() / s.columns.size;
      for (int64_t f = 0; f < s.filters; ++f) {
        const int64_t channel = f / s.group_filters() * s.group_channels() + c;
        detail::Accumulator<T> total{};
        for (int64_t n = 0; n < s.batch; ++n) {
          for (int64_t oy = 0; oy < s.rows.output; ++oy) {
            if (i < s.rows.begin(oy) || i >= s.rows.end(oy)) continue;
            for (int64_t ox = 0; ox < s.columns.output; ++ox) {
              if (j < s.columns.begin(ox) || j >= s.columns.end(ox)) continue;
              const int64_t pixel = image_at(s, n, s.rows.first(oy) + i * s.rows.dilation,
                                             s.columns.first(ox) + j * s.columns.dilation);
              total += detail::widen(image[pixel + channel]) * detail::widen(g[out_at(s, n, oy, ox) + f]);
            }
          }
        }
        grad[tap * s.filters + f] = detail::narrow<T>(total);
      }
    }
  });
}

template <class T>
void grad_bias(const ConvShape& s, const T* g, T* grad) {
  const int64_t pixels = s.batch * s.rows.output * s.columns.output;
  for (int64_t f = 0; f < s.filters; ++f) {
    detail::Accumulator<T> total{};
    for (int64_t i = 0; i < pixels; ++i) total += detail::widen(g[i * s.filters + f]);
    grad[f] = detail::narrow<T>(total);
  }
}

const Shape& shape_of(const std::vector<Operand>& operands, size_t i) { return operands[i].type.shape; }

std::unique_ptr<Kernel> prepare_forward(const KernelDesc& desc) {
  const bool fused = desc.op.name == "conv2d_bias_act";
  const Conv2DAttrs& attrs = detail::forward_attrs(desc);
  const bool relu = fused && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const ConvShape s = detail::conv_shape(attrs, shape_of(desc.inputs, 0), shape_of(desc.inputs, 1));
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([s, fused, relu](const KernelArgs& args) {
      forward<T>(s, relu, args.input<T>(0), args.input<T>(1), fused ? args.input<T>(2) : nullptr,
                 args.output<T>(0));
    });
  });
}

std::unique_ptr<Kernel> prepare_grad_input(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<Conv2DGradAttrs>();
  const ConvShape s = detail::conv_shape(attrs.conv, attrs.shape, shape_of(desc.inputs, 1));
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([s](const KernelArgs& args) {
      grad_input<T>(s, args.input<T>(0), args.input<T>(1), args.output<T>(0));
    });
  });
}

std::unique_ptr<Kernel> prepare_grad_kernel(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<Conv2DGradAttrs>();
  const ConvShape s = detail::conv_shape(attrs.conv, shape_of(desc.inputs, 0), attrs.shape);
  const bool bias = desc.outputs.size() > 1;
  return detail::dispatch_floating(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([s, bias](const KernelArgs& args) {
      grad_kernel<T>(s, args.input<T>(0), args.input<T>(1), args.output<T>(0));
      if (bias) grad_bias<T>(s, args.input<T>(1), args.output<T>(1));
    });
  });
}

constexpr int kLast = -1;  // behind every other candidate
const KernelRegistration kConv("conv2d", DeviceKind::kCpu,
                               {{.name = "reference", .prepare = prepare_forward}}, kLast);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu,
                                {{.name = "reference", .prepare = prepare_forward}}, kLast);
const KernelRegistration kGradInput("conv2d_grad_input", DeviceKind::kCpu,
                                    {{.name = "reference", .prepare = prepare_grad_input}}, kLast);
const KernelRegistration kGradKernel("conv2d_grad_kernel", DeviceKind::kCpu,
                                     {{.name = "reference", .prepare = prepare_grad_kernel}}, kLast);
const KernelRegistration kGradKernelBias("conv2d_grad_kernel_bias", DeviceKind::kCpu,
                                         {{.name = "reference", .prepare = prepare_grad_kernel}}, kLast);

}  // namespace
}  // namespace lamina
