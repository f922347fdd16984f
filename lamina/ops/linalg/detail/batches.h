// How kernels walk through matrices: each is one piece of work, and has its own part of the workspace.
// Internal header.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/graph/kernel.h"
#include "lamina/ops/detail/place.h"
#include "lamina/ops/linalg/detail/lapack.h"

namespace lamina::detail {

/// Matrices of one tensor.
struct Matrices {
  int64_t count = 0, rows = 0, columns = 0;

  explicit Matrices(const Shape& shape) : rows(shape[-2]), columns(shape[-1]) {
    count = 1;
    for (int axis = 0; axis < shape.rank() - 2; ++axis) count *= shape[axis];
  }
  int64_t size() const { return rows * columns; }
  int64_t smaller() const { return std::min(rows, columns); }
};

/// Rows and columns of `from` (rows × columns, row by row) swapped, in blocks that stay in cache.
template <class T>
void transpose_matrix(const T* from, int64_t rows, int64_t columns, T* to) {
  constexpr int64_t kBlock = 16;
  for (int64_t i = 0; i < rows; i += kBlock) {
    for (int64_t j = 0; j < columns; j += kBlock) {
      for (int64_t r = i; r < std::min(rows, i + kBlock); ++r) {
        for (int64_t c = j; c < std::min(columns, j + kBlock); ++c) to[c * rows + r] = from[r * columns + c];
      }
    }
  }
}

/// Calls `f` with a float or a double; infer has refused other dtypes.
template <class F>
std::unique_ptr<Kernel> of_dtype(DType dtype, F&& f) {
  return dtype == DType::kFloat64 ? f(double{}) : f(float{});
}

/// Bytes rounded up, so that what follows is aligned.
inline size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

/// Parts of a workspace, one after the other, each aligned to 64 as the first is.
struct WorkspaceParts {
  std::byte* rest;

  template <class T>
  T* take(size_t count) {
    auto* taken = reinterpret_cast<T*>(rest);
    rest += aligned(count * sizeof(T));
    return taken;
  }
};

/// A kernel that calls `one(args, matrix, workspace)` for each matrix, on several threads; `bytes` of
/// workspace each.
template <class F>
std::unique_ptr<Kernel> for_each_matrix(const Matrices& matrices, size_t bytes, F one) {
  const int64_t grain = std::max<int64_t>(1, 4096 / std::max<int64_t>(1, matrices.size()));
  return make_kernel(
      [=](const KernelArgs& args) {
        const auto range = [&](int64_t begin, int64_t end) {
          for (int64_t at = begin; at < end; ++at)
            one(args, at, static_cast<std::byte*>(args.workspace) + static_cast<size_t>(at) * aligned(bytes));
        };
        std::mutex* turns = turns_of_lapack();
        if (!turns) return lamina::parallel_for(matrices.count, grain, range);
        const std::lock_guard<std::mutex> turn(*turns);
        range(0, matrices.count);
      },
      aligned(bytes) * static_cast<size_t>(matrices.count));
}

/// "solve: the matrix at place [3] is singular": `leading` is the shape of the axes before rows and columns.
[[noreturn]] inline void fail_for_matrix(const char* op, int64_t matrix, const Shape& leading,
                                         const char* what) {
  const std::string where =
      leading.rank() == 0 ? "the matrix" : "the matrix at place " + place_of(matrix, leading);
  throw InvalidArgument(std::string(op) + ": " + where + " " + what);
}

}  // namespace lamina::detail
