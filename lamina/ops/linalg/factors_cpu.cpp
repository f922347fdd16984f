// CPU kernels of cholesky, lu_factor, slogdet, det and qr. LAPACK's matrices lie column by column: a matrix
// of ours is the transpose to it.
#include <cmath>
#include <cstring>
#include <limits>

#include "lamina/graph/op.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/matrices.h"

namespace lamina::detail {
namespace {

std::unique_ptr<Kernel> prepare_cholesky(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices x(shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(
        x, 0, [=, leading = without_last(shape, 2)](const KernelArgs& args, int64_t at, std::byte*) {
          const int n = static_cast<int>(x.rows);
          if (n == 0) return;
          T* l = args.output<T>(0) + at * x.size();
          std::memcpy(l, args.input<T>(0) + at * x.size(), static_cast<size_t>(x.size()) * sizeof(T));
          if (factor_cholesky(n, l) != 0)
            fail_for_matrix("cholesky", at, leading, "is not positive definite");
          for (int64_t row = 0; row < n; ++row) std::fill(l + row * n + row + 1, l + (row + 1) * n, T{0});
        });
  });
}

std::unique_ptr<Kernel> prepare_lu(const KernelDesc& desc) {
  const Matrices x(desc.inputs[0].type.shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(x, static_cast<size_t>(x.size()) * sizeof(T),
                           [=](const KernelArgs& args, int64_t at, std::byte* workspace) {
                             if (x.size() == 0) return;
                             const int m = static_cast<int>(x.rows), n = static_cast<int>(x.columns);
                             auto* turned = reinterpret_cast<T*>(workspace);
                             transpose_matrix(args.input<T>(0) + at * x.size(), m, n, turned);
                             int32_t* pivots = args.output<int32_t>(1) + at * x.smaller();
                             factor_lu(m, n, turned, pivots);  // a pivot of 0 is a factor as another
                             for (int64_t i = 0; i < x.smaller(); ++i) --pivots[i];  // Fortran counts from 1
                             transpose_matrix(turned, n, m, args.output<T>(0) + at * x.size());
                           });
  });
}

/// The diagonal of the triangular factor of a matrix (or of its transpose, of the same determinant), in
/// `workspace`, which holds the matrix and its pivots; calls `take(element)` for each, negated where rows
/// were exchanged.
template <class T, class F>
void for_each_pivot(const Matrices& x, const T* matrix, std::byte* workspace, F&& take) {
  const int n = static_cast<int>(x.rows);
  if (n == 0) return;
  auto* factors = reinterpret_cast<T*>(workspace);
  auto* pivots = reinterpret_cast<int*>(factors + x.size());
  std::memcpy(factors, matrix, static_cast<size_t>(x.size()) * sizeof(T));
  factor_lu(n, n, factors, pivots);
  for (int i = 0; i < n; ++i) {
    const T element = factors[static_cast<int64_t>(i) * n + i];
    take(pivots[i] == i + 1 ? element : -element);
  }
}

template <class T>
size_t with_pivots(const Matrices& x) {
  return static_cast<size_t>(x.size()) * sizeof(T) + static_cast<size_t>(x.rows) * sizeof(int);
}

std::unique_ptr<Kernel> prepare_det(const KernelDesc& desc) {
  const Matrices x(desc.inputs[0].type.shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(x, with_pivots<T>(x),
                           [=](const KernelArgs& args, int64_t at, std::byte* workspace) {
                             T product = 1;
                             for_each_pivot(x, args.input<T>(0) + at * x.size(), workspace,
                                            [&](T element) { product *= element; });
                             args.output<T>(0)[at] = product;
                           });
  });
}

std::unique_ptr<Kernel> prepare_slogdet(const KernelDesc& desc) {
  const Matrices x(desc.inputs[0].type.shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(
        x, with_pivots<T>(x), [=](const KernelArgs& args, int64_t at, std::byte* workspace) {
          T sign = 1, sum = 0;
          for_each_pivot(x, args.input<T>(0) + at * x.size(), workspace, [&](T element) {
            sign = element == 0 || std::isnan(element) ? element * sign : std::copysign(sign, sign * element);
            sum += std::log(std::abs(element));
          });
          args.output<T>(0)[at] = sign;
          args.output<T>(1)[at] = sign == 0 ? -std::numeric_limits<T>::infinity() : sum;
        });
  });
}

std::unique_ptr<Kernel> prepare_qr(const KernelDesc& desc) {
  const Matrices x(desc.inputs[0].type.shape);
  const int m = static_cast<int>(x.rows), n = static_cast<int>(x.columns);
  const int width = desc.attrs.as<FactorsAttrs>().full ? m : std::min(m, n);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const OrthogonalFactors<T> factors(m, n, width);
    const size_t matrix = aligned(static_cast<size_t>(x.size()) * sizeof(T));
    const size_t columns = aligned(static_cast<size_t>(m) * static_cast<size_t>(width) * sizeof(T));
    return for_each_matrix(x, matrix + columns + factors.workspace(),
                           [=](const KernelArgs& args, int64_t at, std::byte* workspace) {
                             if (m == 0) return;
                             auto* turned = reinterpret_cast<T*>(workspace);
                             auto* q = reinterpret_cast<T*>(workspace + matrix);
                             T* r = args.output<T>(1) + at * width * n;
                             transpose_matrix(args.input<T>(0) + at * x.size(), m, n, turned);
                             factors.run(turned, q, workspace + matrix + columns);
                             for (int64_t i = 0; i < width; ++i) {
                               for (int64_t j = 0; j < n; ++j)
                                 r[i * n + j] = j >= i ? turned[j * m + i] : T{0};
                             }
                             transpose_matrix(q, width, m, args.output<T>(0) + at * m * width);
                           });
  });
}

const KernelRegistration cholesky("cholesky", DeviceKind::kCpu,
                                  {{.name = "lapack", .prepare = prepare_cholesky}});
const KernelRegistration lu("lu_factor", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_lu}});
const KernelRegistration det("det", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_det}});
const KernelRegistration slogdet("slogdet", DeviceKind::kCpu,
                                 {{.name = "lapack", .prepare = prepare_slogdet}});
const KernelRegistration qr("qr", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_qr}});

}  // namespace
}  // namespace lamina::detail
