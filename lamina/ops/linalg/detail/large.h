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
/// = q r. What LAPACK needs is asked for once, for any number of matrices.
template <class T>
class OrthogonalFactors {
 public:
  OrthogonalFactors(int m, int n, int width);
  size_t workspace() const;
  /// `workspace` is aligned to 64.
  void run(T* a, T* q, std::byte* workspace) const;

 private:
  int m_, n_, width_;
  int numbers_ = 1;  // LAPACK's own, for all columns at once
};

/// Eigenvalues of a (n × n, symmetric, its upper triangle read), ascending; a becomes its eigenvectors,
/// column by column. As above.
template <class T>
class SymmetricFactors {
 public:
  explicit SymmetricFactors(int n);
  size_t workspace() const;
  /// Gives LAPACK's info: 0 where all were found. `workspace` is aligned to 64.
  int run(T* a, T* values, std::byte* workspace) const;

 private:
  int n_;
  int numbers_ = 1, whole_ = 1;  // LAPACK's own, in elements
};

/// Singular values of a (m × n, large, not wider than high), descending, with u (m × n, or m × m where
/// `full`) and vt (n × n): a = u diag(values) vt. As above.
template <class T>
class SingularFactors {
 public:
  SingularFactors(int m, int n, bool full);
  size_t workspace() const;
  /// Gives LAPACK's info: 0 where all were found. a is anything afterwards; `workspace` is aligned to 64.
  int run(T* a, T* values, T* u, T* vt, std::byte* workspace) const;

 private:
  int m_, n_, width_;
  size_t numbers_;  // that LAPACK and make_bidiagonal need, one after the other
};

}  // namespace lamina::detail
