// CPU kernels of softmax, softmax_grad and log_softmax: vectorised ones for float32 along the last axis, and
// plain ones for every dtype and axis.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/short_rows.h"
#include "lamina/ops/detail/softmax_rows.h"
#include "lamina/ops/softmax.h"

namespace lamina {
namespace {

/// What a value is computed in.
template <class T>
using Wide = std::conditional_t<detail::kIsHalf<T>, float, double>;

/// Calls row(offset, step, n) for each line along the axis.
struct Lines {
  int64_t outer = 1, extent = 1, inner = 1;

  explicit Lines(const KernelDesc& desc) {
    const Shape& shape = desc.inputs[0].type.shape;
    const int axis = desc.attrs.as<SoftmaxAttrs>().axis;
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    extent = shape[axis];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  }

  template <class Row>
  void each(const Row& row) const {
    if (extent == 0) return;
    lamina::parallel_for(outer * inner, std::max<int64_t>(1, 4096 / extent), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) row(i / inner * extent * inner + i % inner, inner, extent);
    });
  }
};

/// The largest of n elements, or NaN if there is one.
template <class T>
Wide<T> largest(const T* x, int64_t step, int64_t n) {
  auto result = static_cast<Wide<T>>(x[0]);
  for (int64_t i = 1; i < n; ++i) {
    const auto value = static_cast<Wide<T>>(x[i * step]);
    if (value > result || value != value) result = value;
  }
  return result;
}

template <class T>
T narrow(Wide<T> value) {
  return T(static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(value));
}

template <class T, bool logarithm>
void softmax_row(const T* x, T* y, int64_t step, int64_t n) {
  const Wide<T> most = largest(x, step, n);
  Wide<T> sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<Wide<T>>(x[i * step]) - most);
  const Wide<T> log_sum = std::log(sum);
  for (int64_t i = 0; i < n; ++i) {
    const Wide<T> shifted = static_cast<Wide<T>>(x[i * step]) - most;
    y[i * step] = narrow<T>(logarithm ? shifted - log_sum : std::exp(shifted) / sum);
  }
}

template <class T>
void softmax_grad_row(const T* y, const T* dy, T* dx, int64_t step, int64_t n) {
  Wide<T> sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += static_cast<Wide<T>>(y[i * step]) * static_cast<Wide<T>>(dy[i * step]);
  for (int64_t i = 0; i < n; ++i) {
    dx[i * step] = narrow<T>(static_cast<Wide<T>>(y[i * step]) * (static_cast<Wide<T>>(dy[i * step]) - sum));
  }
}

/// Calls f with a zero of the floating type that `dtype` names.
template <class F>
std::unique_ptr<Kernel> for_floating(DType dtype, F&& f) {
  return dispatch(dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    if constexpr (std::is_integral_v<decltype(zero)>)
      return nullptr;  // infer lets none through
    else
      return f(zero);
  });
}

template <bool logarithm>
std::unique_ptr<Kernel> prepare_softmax(const KernelDesc& desc) {
  return for_floating(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return make_kernel([lines = Lines(desc)](const KernelArgs& args) {
      lines.each([&](int64_t offset, int64_t step, int64_t n) {
        softmax_row<T, logarithm>(args.input<T>(0) + offset, args.output<T>(0) + offset, step, n);
      });
    });
  });
}

std::unique_ptr<Kernel> prepare_softmax_grad(const KernelDesc& desc) {
  return for_floating(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return make_kernel([lines = Lines(desc)](const KernelArgs& args) {
      lines.each([&](int64_t offset, int64_t step, int64_t n) {
        softmax_grad_row(args.input<T>(0) + offset, args.input<T>(1) + offset, args.output<T>(0) + offset,
                         step, n);
      });
    });
  });
}

std::optional<std::string> not_float_rows(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "for float32 only";
  const int last = desc.inputs[0].type.shape.rank() - 1;
  if (desc.attrs.as<SoftmaxAttrs>().axis != last) return "for the last axis only";
  return std::nullopt;
}

template <void (*row)(const float*, int64_t, float*)>
std::unique_ptr<Kernel> prepare_rows(const KernelDesc& desc) {
  return make_kernel([lines = Lines(desc)](const KernelArgs& args) {
    lines.each([&](int64_t offset, int64_t, int64_t n) {
      row(args.input<float>(0) + offset, n, args.output<float>(0) + offset);
    });
  });
}

std::optional<std::string> not_short_rows(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  if (auto reason = not_float_rows(desc)) return reason;
  if (shape.size() == 0 || shape[-1] > detail::kShortRow) return "for rows of a few elements only";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_short_rows(const KernelDesc& desc) {
  const Lines lines(desc);
  return make_kernel([lines](const KernelArgs& args) {
    lamina::parallel_for(lines.outer, std::max<int64_t>(1, 4096 / lines.extent), [&](int64_t begin, int64_t end) {
      detail::softmax_short_rows(args.input<float>(0) + begin * lines.extent, end - begin, lines.extent,
                                 args.output<float>(0) + begin * lines.extent);
    });
  });
}

std::unique_ptr<Kernel> prepare_grad_rows(const KernelDesc& desc) {
  return make_kernel([lines = Lines(desc)](const KernelArgs& args) {
    lines.each([&](int64_t offset, int64_t, int64_t n) {
      detail::softmax_grad_row(args.input<float>(0) + offset, args.input<float>(1) + offset, n,
                               args.output<float>(0) + offset);
    });
  });
}

const KernelRegistration softmax_kernels(
    "softmax", DeviceKind::kCpu,
    {{.name = "short_rows", .refuses = not_short_rows, .prepare = prepare_short_rows},
     {.name = "simd", .refuses = not_float_rows, .prepare = prepare_rows<detail::softmax_row>},
     {.name = "reference", .prepare = prepare_softmax<false>}});
const KernelRegistration log_softmax_kernels(
    "log_softmax", DeviceKind::kCpu,
    {{.name = "simd", .refuses = not_float_rows, .prepare = prepare_rows<detail::log_softmax_row>},
     {.name = "reference", .prepare = prepare_softmax<true>}});
const KernelRegistration softmax_grad_kernels(
    "softmax_grad", DeviceKind::kCpu,
    {{.name = "simd", .refuses = not_float_rows, .prepare = prepare_grad_rows},
     {.name = "reference", .prepare = prepare_softmax_grad}});

}  // namespace
}  // namespace lamina
