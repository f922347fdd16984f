// Symmetric matrices that become tridiagonal on several threads: half of what their eigenvectors cost.
// Internal header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// LAPACK's sytrd, the upper triangle of a (n × n, column by column) read: `diagonal` (n) and `beside` (n -
/// 1) are the matrix's, a's upper triangle and `tau` (n - 1) the reflectors, as ormtr takes them. Panels of
/// columns as sytrd takes them; within one, what reads the whole triangle for each column is cut by n alone,
/// and so bits do not depend on threads. Squares of elements must neither overflow nor vanish.
/// `work` is as long as tridiagonal_workspace(n), in numbers.
template <class T>
void make_tridiagonal(int n, T* a, T* diagonal, T* beside, T* tau, T* work);

int64_t tridiagonal_workspace(int n);

/// What columns [first, last) of the upper triangle of a symmetric matrix (`ld` from column to column) add to
/// its product with x: sums (last numbers) of the triangle's rows and columns. sums is written anew.
void times_columns_of_triangle(const float* a, int64_t ld, int first, int last, const float* x, float* sums);
void times_columns_of_triangle(const double* a, int64_t ld, int first, int last, const double* x,
                               double* sums);

}  // namespace lamina::detail
