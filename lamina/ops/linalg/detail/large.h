// Large matrices on several threads: LAPACK's factors panel by panel, and what is behind a panel tile by
// tile. The tiles depend on the matrix alone, and so do the bits. Matrices lie column by column. Internal
// header.
#pragma once

#include <cstddef>

namespace lamina::detail {

/// The upper triangle of a (n × n) becomes u with uᵀ u = a; what is below the diagonal is anything
/// afterwards. Gives LAPACK's info: 0, or the order of the first minor that is not positive definite.
template <class T>
int factor_cholesky(int n, T* a);

/// a (m × n) becomes its triangular factors with rows exchanged; `pivots` (the smaller side) count from 1.
/// Gives LAPACK's info: 0, or the place of the first pivot of 0, counted from 1.
template <class T>
int factor_lu(int m, int n, T* a, int* pivots);

/// x (k × n) becomes x times the inverse of a triangle of a (n × n): `uplo` "U" or "L", `diagonal` "U" where
/// it is ones.
template <class T>
void divide_by_triangle(const char* uplo, const char* diagonal, const T* a, int n, int k, T* x);

/// x (n × n) becomes the inverse of the upper triangle of a (n × n).
template <class T>
void invert_upper_triangle(const T* a, int n, T* x);

/// a (m × n) becomes r, above reflectors, and q (m × width, the smaller side or m) orthogonal columns with a
/// = q r. `workspace` has qr_workspace(m, n, width) bytes, aligned to 64.
template <class T>
void decompose_orthogonal(int m, int n, int width, T* a, T* q, std::byte* workspace);
template <class T>
size_t qr_workspace(int m, int n, int width);

/// Eigenvalues of a (n × n, symmetric, its upper triangle read), ascending, into `values`; a becomes its
/// eigenvectors, column by column. `workspace` has eigh_workspace(n) bytes, aligned to 64. Gives LAPACK's
/// info: 0 where all were found.
template <class T>
int decompose_symmetric(int n, T* a, T* values, std::byte* workspace);
template <class T>
size_t eigh_workspace(int n);

}  // namespace lamina::detail
