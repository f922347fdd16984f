// CPU kernels of eigh, svd and singular_values. A matrix of ours is its transpose to LAPACK: x = u s vh is
// xᵀ = vhᵀ s uᵀ, so that u and vh come out as they lie here, each in the place of the other.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "lamina/graph/op.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/linalg/detail/tiles.h"

namespace lamina::detail {
namespace {

constexpr const char* kNotFinite = "holds NaN or an infinity";
constexpr const char* kNoSingularValues = "has no singular values that could be found";

/// LAPACK's iterations may not end where an element is infinite.
template <class T>
bool all_finite(const T* begin, const T* end) {
  return std::all_of(begin, end, [](T x) { return std::isfinite(x); });
}

std::unique_ptr<Kernel> prepare_eigh(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices x(shape);
  const int n = static_cast<int>(x.rows);
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const SymmetricFactors<T> factors(n);
    const size_t matrix = aligned(static_cast<size_t>(x.size()) * sizeof(T));
    return for_each_matrix(
        x, matrix + factors.workspace(),
        [=, leading = without_last(shape, 2)](const KernelArgs& args, int64_t at, std::byte* workspace) {
          if (n == 0) return;
          const T* given = args.input<T>(0) + at * x.size();
          for (int i = 0; i < n; ++i) {  // the triangle that is read
            const T* row = given + int64_t{i} * n;
            if (!all_finite(row, row + i + 1)) fail_for_matrix("eigh", at, leading, kNotFinite);
          }
          auto* vectors = reinterpret_cast<T*>(workspace);
          std::memcpy(vectors, given, static_cast<size_t>(x.size()) * sizeof(T));
          if (factors.run(vectors, args.output<T>(0) + at * n, workspace + matrix) != 0)
            fail_for_matrix("eigh", at, leading, "has no eigenvalues that could be found");
          transpose_matrix(vectors, n, n, args.output<T>(1) + at * x.size());
        });
  });
}

/// With `job` "N" singular values alone, in output `values`; "S" or "A": u and vh, too.
std::unique_ptr<Kernel> decompose(const KernelDesc& desc, const char* job, int values) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices x(shape);
  // As LAPACK sees the matrix.
  const int m = static_cast<int>(x.columns), n = static_cast<int>(x.rows), least = std::min(m, n);
  const bool vectors = *job != 'N', full = *job == 'A';
  const int width_of_u = full ? n : least, height_of_vh = full ? m : least;
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Lapack<T>& functions = lapack<T>();
    T wanted = 1;
    if (least > 0) {
      const int ask = -1, rows_of_u = std::max(1, width_of_u);
      int info = 0;
      functions.gesdd(job, &m, &n, nullptr, &m, nullptr, nullptr, &m, nullptr, &rows_of_u, &wanted, &ask,
                      nullptr, &info, 1);
    }
    const int lwork = static_cast<int>(wanted);
    const size_t matrix = aligned(static_cast<size_t>(x.size()) * sizeof(T));
    const size_t numbers = aligned(static_cast<size_t>(lwork) * sizeof(T));
    return for_each_matrix(x, matrix + numbers + 8 * static_cast<size_t>(least) * sizeof(int),
                           [=, &functions, leading = without_last(shape, 2)](
                               const KernelArgs& args, int64_t at, std::byte* workspace) {
                             T* u = vectors ? args.output<T>(0) + at * n * width_of_u : nullptr;
                             T* vh = vectors ? args.output<T>(2) + at * height_of_vh * m : nullptr;
                             if (least == 0) {  // no singular values: any basis will do
                               for (int64_t i = 0; full && i < int64_t{n} * n; ++i)
                                 u[i] = i % (n + 1) == 0 ? T{1} : T{0};
                               for (int64_t i = 0; full && i < int64_t{m} * m; ++i)
                                 vh[i] = i % (m + 1) == 0 ? T{1} : T{0};
                               return;
                             }
                             const T* given = args.input<T>(0) + at * x.size();
                             if (!all_finite(given, given + x.size()))
                               fail_for_matrix("svd", at, leading, kNotFinite);
                             auto* a = reinterpret_cast<T*>(workspace);
                             auto* work = reinterpret_cast<T*>(workspace + matrix);
                             auto* iwork = reinterpret_cast<int*>(workspace + matrix + numbers);
                             std::memcpy(a, given, static_cast<size_t>(x.size()) * sizeof(T));
                             int failed = 0;
                             functions.gesdd(job, &m, &n, a, &m, args.output<T>(values) + at * least, vh, &m,
                                             u, &width_of_u, work, &lwork, iwork, &failed, 1);
                             if (failed != 0) fail_for_matrix("svd", at, leading, kNoSingularValues);
                           });
  });
}

/// Large matrices that are not so oblong that LAPACK takes a triangle of theirs first.
bool shared(const Matrices& x) {
  return x.smaller() >= kLarge && 6 * std::max(x.rows, x.columns) < 11 * x.smaller();
}

std::unique_ptr<Kernel> decompose_large(const KernelDesc& desc, bool full) {
  const Shape& shape = desc.inputs[0].type.shape;
  const Matrices x(shape);
  const int rows = static_cast<int>(x.rows), columns = static_cast<int>(x.columns),
            least = std::min(rows, columns);
  const int most = std::max(rows, columns), width = full ? most : least;
  return of_dtype(desc.inputs[0].type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const SingularFactors<T> factors(most, least, full);
    const size_t matrix = aligned(static_cast<size_t>(x.size()) * sizeof(T));
    const auto side = static_cast<size_t>(least);
    // What is higher than wide is transposed, and its factors with it: LAPACK would see a wide matrix.
    const bool high = rows > columns;
    const size_t right = high ? aligned(side * side * sizeof(T)) : 0;
    const size_t left =
        high ? aligned(static_cast<size_t>(most) * static_cast<size_t>(width) * sizeof(T)) : 0;
    return for_each_matrix(
        x, matrix + right + left + factors.workspace(),
        [=, leading = without_last(shape, 2)](const KernelArgs& args, int64_t at, std::byte* workspace) {
          T* u = args.output<T>(0) + at * rows * (full ? rows : least);
          T* values = args.output<T>(1) + at * least;
          T* vh = args.output<T>(2) + at * columns * (full ? columns : least);
          const T* given = args.input<T>(0) + at * x.size();
          if (!all_finite(given, given + x.size())) fail_for_matrix("svd", at, leading, kNotFinite);
          auto* a = reinterpret_cast<T*>(workspace);
          auto *vt = reinterpret_cast<T*>(workspace + matrix),
               *uf = reinterpret_cast<T*>(workspace + matrix + right);
          std::byte* rest = workspace + matrix + right + left;
          int failed = 0;
          if (high) {
            transpose_matrix(given, rows, columns, a);
            failed = factors.run(a, values, uf, vt, rest);
            transpose_matrix(uf, width, rows, u);
            transpose_matrix(vt, columns, columns, vh);
          } else {
            std::memcpy(a, given, static_cast<size_t>(x.size()) * sizeof(T));
            failed = factors.run(a, values, vh, u, rest);
          }
          if (failed != 0) fail_for_matrix("svd", at, leading, kNoSingularValues);
        });
  });
}

std::unique_ptr<Kernel> prepare_svd(const KernelDesc& desc) {
  const bool full = desc.attrs.as<FactorsAttrs>().full;
  if (shared(Matrices(desc.inputs[0].type.shape))) return decompose_large(desc, full);
  return decompose(desc, full ? "A" : "S", 1);
}
std::unique_ptr<Kernel> prepare_values(const KernelDesc& desc) { return decompose(desc, "N", 0); }

const KernelRegistration eigh("eigh", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_eigh}});
const KernelRegistration svd("svd", DeviceKind::kCpu, {{.name = "lapack", .prepare = prepare_svd}});
const KernelRegistration singular_values("singular_values", DeviceKind::kCpu,
                                         {{.name = "lapack", .prepare = prepare_values}});

}  // namespace
}  // namespace lamina::detail
