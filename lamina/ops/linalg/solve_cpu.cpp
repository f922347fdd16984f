// CPU kernels of solve, inv and solve_triangular. A matrix of ours is its transpose to LAPACK: a x = b is
// solved as xᵀ aᵀ = bᵀ, where nothing lies otherwise than here.
#include <algorithm>
#include <cstring>

#include "lamina/graph/op.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/matrices.h"

namespace lamina::detail {
namespace {

/// Factors of a matrix and the exchanges of its rows, in the workspace of one matrix.
template <class T>
struct Factors {
  T* numbers;
  int* pivots;

  static size_t bytes(const Matrices& a) {
    return static_cast<size_t>(a.size()) * sizeof(T) + static_cast<size_t>(a.rows) * sizeof(int);
  }
  /// Throws InvalidArgument, in the name of `op`, for a singular matrix.
  Factors(const char* op, const Matrices& a, const Shape& leading, const T* matrices, int64_t at,
          std::byte* workspace)
      : numbers(reinterpret_cast<T*>(workspace)), pivots(reinterpret_cast<int*>(numbers + a.size())) {
    const int n = static_cast<int>(a.rows);
    std::memcpy(numbers, matrices + at * a.size(), static_cast<size_t>(a.size()) * sizeof(T));
    if (factor_lu(n, n, numbers, pivots) > 0) fail_for_matrix(op, at, leading, "is singular");
  }
};

/// x (n rows of k), which U has divided, becomes what L and the exchanges make of it.
template <class T>
void divide_by_lower(const Factors<T>& factors, int n, int k, T* x) {
  divide_by_triangle("L", "U", factors.numbers, n, k, x);
  for (int64_t i = n - 1; i >= 0; --i) {
    const int64_t other = factors.pivots[i] - 1;
    if (other != i) std::swap_ranges(x + i * k, x + (i + 1) * k, x + other * k);
  }
}

std::unique_ptr<Kernel> prepare_solve(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices a(shape), b(desc.inputs[1].type.shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(
        a, Factors<T>::bytes(a),
        [=, leading = without_last(shape, 2)](const KernelArgs& args, int64_t at, std::byte* workspace) {
          const int n = static_cast<int>(a.rows), k = static_cast<int>(b.columns);
          if (n == 0) return;
          const Factors<T> factors("solve", a, leading, args.input<T>(0), at, workspace);
          if (k == 0) return;
          T* x = args.output<T>(0) + at * b.size();
          std::memcpy(x, args.input<T>(1) + at * b.size(), static_cast<size_t>(b.size()) * sizeof(T));
          divide_by_triangle("U", "N", factors.numbers, n, k, x);
          divide_by_lower(factors, n, k, x);
        });
  });
}

std::unique_ptr<Kernel> prepare_inv(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices a(shape);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    return for_each_matrix(
        a, Factors<T>::bytes(a),
        [=, leading = without_last(shape, 2)](const KernelArgs& args, int64_t at, std::byte* workspace) {
          const int n = static_cast<int>(a.rows);
          if (n == 0) return;
          const Factors<T> factors("inv", a, leading, args.input<T>(0), at, workspace);
          T* x = args.output<T>(0) + at * a.size();
          invert_upper_triangle(factors.numbers, n, x);
          divide_by_lower(factors, n, n, x);
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
        a, 0, [=, leading = without_last(shape, 2)](const KernelArgs& args, int64_t at, std::byte*) {
          const int n = static_cast<int>(a.rows), k = static_cast<int>(b.columns);
          const T* triangle = args.input<T>(0) + at * a.size();
          for (int64_t i = 0; i < n; ++i) {
            if (triangle[i * n + i] == 0)
              fail_for_matrix("solve_triangular", at, leading, "is singular: 0 on its diagonal");
          }
          T* x = args.output<T>(0) + at * b.size();
          std::memcpy(x, args.input<T>(1) + at * b.size(), static_cast<size_t>(b.size()) * sizeof(T));
          if (n > 0 && k > 0) divide_by_triangle(lower ? "U" : "L", "N", triangle, n, k, x);
        });
  });
}

const KernelRegistration solve("solve", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_solve}});
const KernelRegistration inv("inv", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_inv}});
const KernelRegistration triangular("solve_triangular", DeviceKind::kCpu,
                                    {{.name = "lapack", .prepare = prepare_triangular}});

}  // namespace
}  // namespace lamina::detail
