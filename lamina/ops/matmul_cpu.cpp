// Kernels of the matrix products: our own for small ones, oneDNN's for the others of float32, and plain loops
// for every dtype. Those of a few rows by a large matrix stand before them (few_rows_cpu.cpp).
#include <algorithm>

#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/base/detail/block_signals.h"
#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/accumulate.h"
#include "lamina/ops/detail/add_bias.h"
#include "lamina/ops/detail/double_gemm.h"
#include "lamina/ops/detail/products.h"
#include "lamina/ops/detail/small_gemm.h"
#include "lamina/ops/detail/through_float32.h"

namespace lamina {
namespace {

using detail::Products;
using detail::products;

// ---- plain loops

/// total + a * b; integers wrap around.
template <class Sum>
Sum multiply_add(Sum a, Sum b, Sum total) {
  if constexpr (std::is_integral_v<Sum>) {
    return static_cast<Sum>(static_cast<uint64_t>(total) +
                            static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return total + a * b;
  }
}

template <class T>
void reference_product(const Products& p, const T* a, const T* b, const T* bias, T* c, int64_t begin,
                       int64_t end) {
  const int64_t step_a_row = p.attrs.transpose_a ? 1 : p.k;
  const int64_t step_a = p.attrs.transpose_a ? p.m : 1;
  const int64_t step_b = p.attrs.transpose_b ? 1 : p.n;
  const int64_t step_b_column = p.attrs.transpose_b ? p.k : 1;
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      detail::Accumulator<T> total{};
      for (int64_t k = 0; k < p.k; ++k) {
        total = multiply_add(detail::widen(a[i * step_a_row + k * step_a]),
                             detail::widen(b[k * step_b + j * step_b_column]), total);
      }
      if (bias) total += detail::widen(bias[j]);
      if (p.relu && total < 0) total = 0;
      c[i * p.n + j] = detail::narrow<T>(total);
    }
  }
}

std::unique_ptr<Kernel> prepare_reference(const KernelDesc& desc) {
  const Products p = products(desc);
  return dispatch(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([p](const KernelArgs& args) {
      const int64_t grain = std::max<int64_t>(1, 20000 / std::max<int64_t>(1, p.n * p.k));
      for (int64_t i = 0; i < p.count(); ++i) {
        const auto at = static_cast<size_t>(i);
        parallel_for(p.m, grain, [&](int64_t begin, int64_t end) {
          reference_product<T>(p, args.input<T>(0) + p.a[at], args.input<T>(1) + p.b[at],
                               p.bias ? args.input<T>(2) : nullptr, args.output<T>(0) + i * p.m * p.n, begin,
                               end);
        });
      }
    });
  });
}

template <class T>
void add_bias(const Products& p, const T* bias, T* c) {
  detail::add_bias(p.m * p.count(), p.n, p.relu, bias, c);
}

// ---- small products

/// Multiplications up to which one thread is done before a second one is awake.
constexpr int64_t kSmall = 600'000;

std::optional<std::string> refuses_small(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  const Products p = products(desc);
  if (p.count() != 1) return "only for one product";
  if (p.m * p.n * p.k > kSmall) return "only for products that one thread does in no time";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_small(const KernelDesc& desc) {
  const Products p = products(desc);
  const detail::SmallGemm gemm{p.m, p.n, p.k, p.attrs.transpose_a, p.attrs.transpose_b, p.relu};
  return make_kernel(
      [gemm, bias = p.bias](const KernelArgs& args) {
        detail::small_gemm(gemm, args.input<float>(0), args.input<float>(1),
                           bias ? args.input<float>(2) : nullptr, args.output<float>(0),
                           static_cast<float*>(args.workspace));
      },
      gemm.workspace());
}

// ---- oneDNN

std::optional<std::string> refuses_sgemm(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  for (const Operand& operand : desc.inputs) {
    if (operand.type.shape.size() == 0) return "an operand is empty";
  }
  return std::nullopt;
}

/// Multiplications of a product that is worth sharing among threads.
constexpr int64_t kLarge = 4'000'000;

/// Too few products for each thread to get as many, and each worth sharing.
bool few_large(const Products& p) {
  return p.count() == 1 || (p.count() < 4 * num_threads() && p.m * p.n * p.k >= kLarge);
}

std::unique_ptr<Kernel> prepare_sgemm(const KernelDesc& desc) {
  const Products p = products(desc);
  return make_kernel([p](const KernelArgs& args) {
    const auto one = [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      onednn::sgemm(p.attrs.transpose_a, p.attrs.transpose_b, p.m, p.n, p.k, args.input<float>(0) + p.a[at],
                    p.attrs.transpose_a ? p.m : p.k, args.input<float>(1) + p.b[at],
                    p.attrs.transpose_b ? p.k : p.n, args.output<float>(0) + i * p.m * p.n, p.n);
    };
    if (few_large(p)) {
      for (int64_t i = 0; i < p.count(); ++i) one(i);  // each is shared by the threads
    } else {
      // Products go to threads whole: a loop inside a loop stays on its thread.
      const int64_t grain = std::max<int64_t>(1, 50000 / (p.m * p.n * p.k));
      const detail::BlockSignals undisturbed;  // once: each product would for itself
      parallel_for(p.count(), grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) one(i);
      });
    }
    if (p.bias) add_bias(p, args.input<float>(2), args.output<float>(0));
  });
}

// ---- float64

std::optional<std::string> refuses_blocked(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat64) return "only for float64";
  const Products p = products(desc);
  if (p.m * p.n * p.k < detail::DoubleGemm::kWorthPacking) return "the operands are not worth packing";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_blocked(const KernelDesc& desc) {
  const Products p = products(desc);
  const detail::DoubleGemm gemm{p.m, p.n, p.k, p.attrs.transpose_a, p.attrs.transpose_b};
  // Small products go to threads whole; each part of them has a place for packed operands.
  const bool small = p.count() > 1 && p.m * p.n * p.k < kLarge;
  const auto numbers = static_cast<int64_t>(gemm.workspace() / sizeof(double));
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const c = args.output<double>(0);
        const auto one = [&](int64_t i, int64_t place) {
          const auto at = static_cast<size_t>(i);
          gemm.run(args.input<double>(0) + p.a[at], args.input<double>(1) + p.b[at], c + i * p.m * p.n,
                   static_cast<double*>(args.workspace) + place * numbers);
        };
        if (!small) {
          for (int64_t i = 0; i < p.count(); ++i) one(i, 0);  // each is shared by the threads
        } else {
          parallel_for(p.count(), std::max<int64_t>(1, 50000 / (p.m * p.n * p.k)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t i = begin; i < end; ++i) one(i, begin);
                       });
        }
        if (p.bias) add_bias(p, args.input<double>(2), c);
      },
      gemm.workspace() * (small ? p.a.size() : 1));
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "small", .refuses = refuses_small, .prepare = prepare_small},
    {.name = "onednn_sgemm", .refuses = refuses_sgemm, .prepare = prepare_sgemm},
    {.name = "blocked", .refuses = refuses_blocked, .prepare = prepare_blocked},
    detail::through_float32(),
    {.name = "reference", .prepare = prepare_reference},
};
const KernelRegistration kMatmul("matmul", DeviceKind::kCpu, kCandidates);
const KernelRegistration kMatmulBiasAct("matmul_bias_act", DeviceKind::kCpu, kCandidates);

}  // namespace
}  // namespace lamina
