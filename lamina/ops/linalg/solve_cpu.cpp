// CPU kernels of solve and solve_triangular. A matrix of ours is its transpose to LAPACK: a x = b is solved
// as xᵀ aᵀ = bᵀ, where nothing lies otherwise than here.
#include <algorithm>
#include <cstring>

#include "lamina/graph/op.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/matrices.h"

namespace lamina::detail {
namespace {

/// x := x times the inverse of a triangle of `a` (n × n), x (k × n), as LAPACK sees both.
template <class T>
void divide_by(const Lapack<T>& functions, const char* uplo, const char* diagonal, const T* a, int n, int k,
               T* x) {
  const T one = 1;
  functions.trsm("R", uplo, "N", diagonal, &k, &n, &one, a, &n, x, &k, 1, 1, 1, 1);
}

std::unique_ptr<Kernel> prepare_solve(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices a(shape), b(desc.inputs[1].type.shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const size_t bytes = static_cast<size_t>(a.size()) * sizeof(T);
    return for_each_matrix(a, bytes + static_cast<size_t>(a.rows) * sizeof(int),
                           [=, &functions = lapack<T>(), leading = without_last(shape, 2)](
                               const KernelArgs& args, int64_t at, void* workspace) {
                             const int n = static_cast<int>(a.rows), k = static_cast<int>(b.columns);
                             if (n == 0) return;
                             auto* factors = reinterpret_cast<T*>(workspace);
                             auto* pivots = reinterpret_cast<int*>(factors + a.size());
                             std::memcpy(factors, args.input<T>(0) + at * a.size(), bytes);
                             int info = 0;
                             functions.getrf(&n, &n, factors, &n, pivots, &info);
                             if (info > 0) fail_for_matrix("solve", at, leading, "is singular");
                             if (k == 0) return;
                             T* x = args.output<T>(0) + at * b.size();
                             std::memcpy(x, args.input<T>(1) + at * b.size(),
                                         static_cast<size_t>(b.size()) * sizeof(T));
                             divide_by(functions, "U", "N", factors, n, k, x);
                             divide_by(functions, "L", "U", factors, n, k, x);
                             for (int64_t i = n - 1; i >= 0; --i) {
                               const int64_t other = pivots[i] - 1;
                               if (other != i) std::swap_ranges(x + i * k, x + (i + 1) * k, x + other * k);
                             }
                           });
  });
}

std::unique_ptr<Kernel> prepare_triangular(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices a(shape), b(desc.inputs[1].type.shape);
  const bool lower = desc.attrs.as<SolveTriangularAttrs>().lower;
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(
        a, 0,
        [=, &functions = lapack<T>(), leading = without_last(shape, 2)](const KernelArgs& args, int64_t at,
                                                                        std::byte*) {
          const int n = static_cast<int>(a.rows), k = static_cast<int>(b.columns);
          const T* triangle = args.input<T>(0) + at * a.size();
          for (int64_t i = 0; i < n; ++i) {
            if (triangle[i * n + i] == 0)
              fail_for_matrix("solve_triangular", at, leading, "is singular: 0 on its diagonal");
          }
          T* x = args.output<T>(0) + at * b.size();
          std::memcpy(x, args.input<T>(1) + at * b.size(), static_cast<size_t>(b.size()) * sizeof(T));
          if (n > 0 && k > 0) divide_by(functions, lower ? "U" : "L", "N", triangle, n, k, x);
        });
  });
}

const KernelRegistration solve("solve", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_solve}});
const KernelRegistration triangular("solve_triangular", DeviceKind::kCpu,
                                    {{.name = "lapack", .prepare = prepare_triangular}});

}  // namespace
}  // namespace lamina::detail
