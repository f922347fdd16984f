// Pieces of work within one large matrix: they depend on its extents alone. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lamina/base/threads.h"
#include "lamina/ops/linalg/detail/lapack.h"

namespace lamina::detail {

constexpr int kLarge = 256;  // a smaller matrix is one thread's, and LAPACK's alone

/// Numbers that LAPACK needs to apply reflectors to `columns`, whatever block it takes.
constexpr int reflecting(int columns) { return 64 * columns + 65 * 64; }

/// Vectors that reflectors are applied to as one piece of work: each piece makes the reflectors' products
/// anew.
constexpr int kVectors = 256;

constexpr int pieces_of(int extent, int piece) { return (extent + piece - 1) / piece; }

/// f(part) for parts [0, parts), on several threads; `nanoseconds` is what all of them take on one.
template <class F>
void for_each_part(int parts, double nanoseconds, F&& f) {
  const auto range = [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) f(static_cast<int>(part));
  };
  if (turns_of_lapack()) return range(0, parts);
  lamina::parallel_parts(parts, nanoseconds, range);
}

/// f(first, last) for tiles of [0, extent), `tile` wide, on several threads; `flops` is what all of it takes.
template <class F>
void for_each_tile(int extent, int tile, double flops, F&& f) {
  for_each_part(pieces_of(extent, tile), flops / 20,
                [&](int at) { f(at * tile, std::min((at + 1) * tile, extent)); });
}

/// y = a x, or aᵀ x with `trans` "T": a is rows × columns, `ld` from column to column.
template <class T>
void product(const char* trans, int rows, int columns, const T* a, int ld, const T* x, T* y) {
  if (rows == 0 || columns == 0) return;
  const T zero = 0, plus = 1;
  const int one = 1;
  lapack<T>().gemv(trans, &rows, &columns, &plus, a, &ld, x, &one, &zero, y, &one, 1);
}

/// y -= a x, or aᵀ x; the elements of x lie `along` apart.
template <class T>
void subtract_product(const char* trans, int rows, int columns, const T* a, int ld, const T* x, int along,
                      T* y) {
  if (rows == 0 || columns == 0) return;
  const T minus = -1, plus = 1;
  const int one = 1;
  lapack<T>().gemv(trans, &rows, &columns, &minus, a, &ld, x, &along, &plus, y, &one, 1);
}

}  // namespace lamina::detail
