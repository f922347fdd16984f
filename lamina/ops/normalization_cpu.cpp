// CPU kernels of slice normalisation in float32. The gradients of gamma and beta are summed up in shares
// whose number depends on the slices alone, and then in their order: the same bits for any number of threads.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/norm_rows.h"
#include "lamina/ops/normalization.h"

namespace lamina {
namespace {

struct Slices {
  int64_t count = 1, size = 1;
  NormalizationAttrs attrs;
  bool gamma = false, beta = false;
  int64_t shares = 1;

  explicit Slices(const KernelDesc& desc) : attrs(desc.attrs.as<NormalizationAttrs>()) {
    const Shape& x = desc.inputs[0].type.shape;
    for (int i = 0; i < x.rank(); ++i) (i < attrs.axis ? count : size) *= x[i];
    gamma = desc.inputs[1].type.shape.size() > 0;
    beta = desc.inputs[2].type.shape.size() > 0;
    shares = std::min<int64_t>(count, 32);
  }

  detail::RowNorm row(const KernelArgs& args, bool with_beta) const {
    return {size, static_cast<float>(attrs.epsilon), attrs.center, gamma ? args.input<float>(1) : nullptr,
            with_beta && beta ? args.input<float>(2) : nullptr};
  }
};

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  if (desc.inputs[0].type.shape.size() == 0) return "there is nothing to normalise";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return make_kernel([s = Slices(desc)](const KernelArgs& args) {
    const detail::RowNorm norm = s.row(args, true);
    parallel_for(s.count, std::max<int64_t>(1, 8192 / s.size), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        detail::normalize_row(norm, args.input<float>(0) + i * s.size, args.output<float>(0) + i * s.size);
    });
  });
}

std::unique_ptr<Kernel> prepare_grad(const KernelDesc& desc) {
  const Slices s(desc);
  const auto run = [s](const KernelArgs& args) {
    const detail::RowNorm norm = s.row(args, false);
    auto* const sums = static_cast<float*>(args.workspace);
    const auto share = [&](int64_t k) {
      float* const dgamma = sums + 2 * k * s.size;
      std::fill_n(dgamma, 2 * s.size, 0.0f);
      for (int64_t i = s.count * k / s.shares; i < s.count * (k + 1) / s.shares; ++i) {
        detail::normalize_grad_row(norm, args.input<float>(0) + i * s.size, args.input<float>(2) + i * s.size,
                                   args.output<float>(0) + i * s.size, dgamma, dgamma + s.size);
      }
    };
    const int64_t elements = std::max<int64_t>(1, s.count * s.size / s.shares);
    parallel_for(s.shares, std::max<int64_t>(1, 4096 / elements), [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) share(k);
    });
    for (const int which : {0, 1}) {
      float* const total = args.output<float>(1 + which);
      std::copy_n(sums + which * s.size, s.size, total);
      for (int64_t k = 1; k < s.shares; ++k) {
        const float* const more = sums + (2 * k + which) * s.size;
        for (int64_t j = 0; j < s.size; ++j) total[j] += more[j];
      }
    }
  };
  return make_kernel(run, static_cast<size_t>(2 * s.shares * s.size) * sizeof(float));
}

const KernelRegistration kernels("layer_normalization", DeviceKind::kCpu,
                                 {{.name = "rows", .refuses = refuses, .prepare = prepare}});
const KernelRegistration grad_kernels("layer_normalization_grad", DeviceKind::kCpu,
                                      {{.name = "rows", .refuses = refuses, .prepare = prepare_grad}});

}  // namespace
}  // namespace lamina
