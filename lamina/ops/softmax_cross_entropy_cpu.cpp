// CPU kernels of the fused softmax + cross-entropy ops in float32; other dtypes run the ops' bodies.
#include <algorithm>
#include <limits>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/softmax_rows.h"

namespace lamina {
namespace {

struct Rows {
  int64_t rows, classes;

  explicit Rows(const KernelDesc& desc) {
    const Shape& shape = desc.inputs[0].type.shape;
    classes = shape[-1];
    rows = 1;
    for (int axis = 0; axis + 1 < shape.rank(); ++axis) rows *= shape[axis];
  }

  template <class Row>
  void each(const Row& row) const {
    lamina::parallel_for(rows, std::max<int64_t>(1, 4096 / std::max<int64_t>(classes, 1)),
                         [&](int64_t begin, int64_t end) {
                           for (int64_t i = begin; i < end; ++i) row(i);
                         });
  }
};

std::optional<std::string> not_float(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "for float32 only";
  if (desc.inputs[0].type.shape[-1] == 0) return "there are no classes";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_dense(const KernelDesc& desc) {
  return make_kernel([rows = Rows(desc)](const KernelArgs& args) {
    rows.each([&](int64_t i) {
      const int64_t at = i * rows.classes;
      args.output<float>(0)[i] = detail::softmax_cross_entropy_row(
          args.input<float>(0) + at, args.input<float>(1) + at, rows.classes, args.output<float>(1) + at);
    });
  });
}

std::unique_ptr<Kernel> prepare_dense_grad(const KernelDesc& desc) {
  return make_kernel([rows = Rows(desc)](const KernelArgs& args) {
    rows.each([&](int64_t i) {
      const int64_t at = i * rows.classes;
      detail::softmax_cross_entropy_grad_row(args.input<float>(0) + at, args.input<float>(1) + at,
                                             args.input<float>(2)[i], rows.classes,
                                             args.output<float>(0) + at);
    });
  });
}

/// Calls f with the target's classes as a function from row to class, or to -1 where there is no such class.
template <class F>
void with_classes(DType dtype, const void* target, int64_t classes, F&& f) {
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      f([&](int64_t row) -> int64_t {
        const auto index = static_cast<int64_t>(static_cast<const T*>(target)[row]);
        return index >= 0 && index < classes ? index : -1;
      });
    }
  });
}

std::unique_ptr<Kernel> prepare_sparse(const KernelDesc& desc) {
  return make_kernel([rows = Rows(desc), dtype = desc.inputs[1].type.dtype](const KernelArgs& args) {
    with_classes(dtype, args.inputs[1], rows.classes, [&](const auto& class_of) {
      rows.each([&](int64_t i) {
        const float* x = args.input<float>(0) + i * rows.classes;
        const int64_t chosen = class_of(i);
        const float score = chosen < 0 ? std::numeric_limits<float>::quiet_NaN() : x[chosen];  // y may be x
        float most;
        const float log_sum =
            detail::softmax_row_log_sum(x, rows.classes, args.output<float>(1) + i * rows.classes, &most);
        args.output<float>(0)[i] = log_sum - (score - most);
      });
    });
  });
}

std::unique_ptr<Kernel> prepare_sparse_grad(const KernelDesc& desc) {
  return make_kernel([rows = Rows(desc), dtype = desc.inputs[1].type.dtype](const KernelArgs& args) {
    with_classes(dtype, args.inputs[1], rows.classes, [&](const auto& class_of) {
      rows.each([&](int64_t i) {
        const float* probs = args.input<float>(0) + i * rows.classes;
        float* out = args.output<float>(0) + i * rows.classes;
        const int64_t chosen = class_of(i);
        const float dloss = chosen < 0 ? std::numeric_limits<float>::quiet_NaN() : args.input<float>(2)[i];
        for (int64_t k = 0; k < rows.classes; ++k) out[k] = (probs[k] - (k == chosen ? 1.0f : 0.0f)) * dloss;
      });
    });
  });
}

const KernelRegistration dense_kernels("softmax_cross_entropy", DeviceKind::kCpu,
                                       {{.name = "simd", .refuses = not_float, .prepare = prepare_dense}});
const KernelRegistration dense_grad_kernels(
    "softmax_cross_entropy_grad", DeviceKind::kCpu,
    {{.name = "simd", .refuses = not_float, .prepare = prepare_dense_grad}});
const KernelRegistration sparse_kernels("sparse_softmax_cross_entropy", DeviceKind::kCpu,
                                        {{.name = "simd", .refuses = not_float, .prepare = prepare_sparse}});
const KernelRegistration sparse_grad_kernels(
    "sparse_softmax_cross_entropy_grad", DeviceKind::kCpu,
    {{.name = "rows", .refuses = not_float, .prepare = prepare_sparse_grad}});

}  // namespace
}  // namespace lamina
