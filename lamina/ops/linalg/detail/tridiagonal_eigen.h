// Eigenvectors of tridiagonal matrices by divide and conquer on several threads: the other half of what those
// of symmetric matrices cost. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// LAPACK's stedc for a large matrix (J. Cuppen, 1981; M. Gu and S. Eisenstat, 1995): the matrix is torn into
/// pieces of which LAPACK finds the eigenvectors, each on one thread, and two neighbours after the other are
/// joined, each by all threads. The pieces depend on n alone, and so do the bits.
template <class T>
class TridiagonalEigen {
 public:
  explicit TridiagonalEigen(int n);
  size_t workspace() const;
  /// `diagonal` (n) becomes the eigenvalues, ascending; `beside` (n - 1) anything; `vectors` (n × n) one
  /// eigenvector in each column. Gives LAPACK's info: 0 where all were found. `workspace` is aligned to 64.
  int run(T* diagonal, T* beside, T* vectors, std::byte* workspace) const;

 private:
  struct Memory;
  int begin_of(int piece) const { return static_cast<int>(int64_t{n_} * piece / pieces_); }
  size_t piece_bytes() const;
  int solve_pieces(T* diagonal, T* beside, const Memory& memory) const;
  int join(int first, int middle, int last, T coupling, T* diagonal, const Memory& memory) const;

  int n_, pieces_;
  int numbers_ = 1, whole_ = 1;  // LAPACK's own for one piece, in elements
};

}  // namespace lamina::detail
