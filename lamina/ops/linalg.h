// Linear algebra: decompositions of matrices, systems of equations, norms. As keras.ops.linalg and NumPy.
#pragma once

#include <optional>
#include <string>

#include "lamina/base/axes.h"
#include "lamina/core/tensor.h"

/// Functions of matrices: the last two axes of a tensor are rows and columns, all axes before count matrices.
/// Integers and bool are computed as float32; float16 and bfloat16 are computed in float32 and rounded. All
/// have gradients, to any order, but for lu_factor. The work is LAPACK's, on threads of ours whose number
/// no bit depends on; on Debian it is in libopenblas0-openmp, opened at the first use.
///
/// All throw InvalidArgument for shapes that do not fit, and Unsupported where the machine has no LAPACK.
/// That a matrix is singular, or not positive definite, is seen when the result is computed, and thrown then,
/// as InvalidArgument with the place of the matrix, as NumPy does. A matrix that holds NaN gives NaN, or that
/// error; eigh, svd and what they are for (pinv, matrix_rank, norms) refuse NaN and infinities.
namespace lamina::linalg {

/// The lower triangular L of x = L Lᵀ for symmetric positive definite x (..., n, n), of which the lower
/// triangle is read; with `upper` the transpose of that. Throws where x is not positive definite. The
/// gradient is symmetric.
Tensor cholesky(const Tensor& x, bool upper = false);

/// The inverse of the matrix whose Cholesky factor x (..., n, n) is: of x xᵀ, with `upper` of xᵀ x.
Tensor cholesky_inverse(const Tensor& x, bool upper = false);

/// x with a x = b for a (..., n, n) and b (..., n, k), or (..., n) with one axis less than a: vectors.
/// Leading axes broadcast. Throws where a is singular.
Tensor solve(const Tensor& a, const Tensor& b);

/// As solve, of a that is upper triangular, or with `lower` lower triangular: the other half is not read.
Tensor solve_triangular(const Tensor& a, const Tensor& b, bool lower = false);

/// The inverse of x (..., n, n). Throws where x is singular.
Tensor inv(const Tensor& x);

/// The determinant (...) of x (..., n, n). Its gradient throws where x is singular.
Tensor det(const Tensor& x);

/// The sign of the determinant and the logarithm of its magnitude, which does not overflow.
struct Slogdet {
  Tensor sign, logabsdet;
};
/// Both (...) of x (..., n, n). 0 and -inf where x is singular.
Slogdet slogdet(const Tensor& x);

/// x = P L U, both triangles in one matrix, without L's ones; row i was exchanged with row pivots[i] (int32,
/// from 0), in this order.
struct Lu {
  Tensor lu, pivots;
};
/// Of x (..., m, n): lu as x, pivots (..., min(m, n)). Has no gradient: solve, inv and det have theirs.
Lu lu_factor(const Tensor& x);

/// x = q r with orthonormal columns of q and upper triangular r.
struct Qr {
  Tensor q, r;
};
/// Of x (..., m, n). mode "reduced": q (..., m, min) and r (..., min, n); "complete": q (..., m, m) and r
/// (..., m, n). Gradients where x has no more columns than rows and q as many as x. Throws InvalidArgument
/// for another mode.
Qr qr(const Tensor& x, const std::string& mode = "reduced");

/// x = v diag(w) vᵀ: eigenvalues in ascending order, eigenvectors as columns.
struct Eigh {
  Tensor eigenvalues, eigenvectors;
};
/// Of symmetric x (..., n, n), of which the lower triangle is read. The gradients of eigenvectors that share
/// an eigenvalue are not defined; here they lack the parts between those.
Eigh eigh(const Tensor& x);

/// x = u diag(s) vh: singular values in descending order.
struct Svd {
  Tensor u, s, vh;
};
/// Of x (..., m, n): u (..., m, m), s (..., min), vh (..., n, n), or without `full_matrices` u (..., m, min)
/// and vh
/// (..., min, n). Without `compute_uv` only s is defined. Gradients through u and vh need full_matrices =
/// false, unless m is n.
Svd svd(const Tensor& x, bool full_matrices = true, bool compute_uv = true);

/// The Moore-Penrose inverse (..., n, m) of x (..., m, n). Singular values below `rcond` times the largest
/// count as 0; by default the precision of the dtype times max(m, n).
Tensor pinv(const Tensor& x, std::optional<double> rcond = std::nullopt);

/// How many singular values of x (..., m, n) are above `tol` (...), int32; by default above what pinv counts
/// as 0.
Tensor matrix_rank(const Tensor& x, std::optional<double> tol = std::nullopt);

/// The logarithm of the determinant's magnitude: slogdet's second part. As keras.ops.logdet.
Tensor logdet(const Tensor& x);

/// The x of least length among those that make |a x - b| least, for a (m, n) and b (m, k) or (m): pinv(a,
/// rcond) b.
Tensor lstsq(const Tensor& a, const Tensor& b, std::optional<double> rcond = std::nullopt);

/// Which norm: a number, or one of the words "inf", "-inf", "fro" and "nuc".
struct NormOrder {
  NormOrder(double order) : number(order) {}
  NormOrder(int order) : number(order) {}
  NormOrder(const char* order) : NormOrder(std::string(order)) {}
  /// Throws InvalidArgument for another word.
  NormOrder(const std::string& order);
  double number = 0;
  std::string word = {};  ///< "fro" or "nuc"; empty: the number counts
};

/// Norms of vectors, or of matrices where `axis` is two axes. Without `ord` the 2-norm, of matrices
/// Frobenius's. Vectors: (sum |x|^p)^(1/p), "inf" and "-inf" the largest and smallest magnitude, 0 how many
/// are not 0. Matrices: 1 and -1 the largest and smallest sum of a column, "inf" and "-inf" of a row, 2 and
/// -2 the largest and smallest singular value, "nuc" their sum. Without axes x is a vector or a matrix, or
/// where `ord` is not given, either, all its elements are one vector. Throws InvalidArgument for other orders
/// and axes.
Tensor norm(const Tensor& x, const std::optional<NormOrder>& ord = std::nullopt, const Axes& axis = {},
            bool keepdims = false);

}  // namespace lamina::linalg

namespace lamina::ops {
namespace linalg = lamina::linalg;
}  // namespace lamina::ops
