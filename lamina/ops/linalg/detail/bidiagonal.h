// Matrices that become bidiagonal on several threads: half of what their singular vectors cost. Internal
// header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// LAPACK's gebrd of a (m × n, column by column, no wider than high): `diagonal` (n) and `beside` (n - 1) are
/// the upper bidiagonal matrix's; a and `tauq`, `taup` (n each) the reflectors, as ormbr takes them. Panels
/// of columns; within one, what reads the rest of the matrix twice for each column is cut by m and n alone,
/// and so bits do not depend on threads. Squares of elements must neither overflow nor vanish. `work` is as
/// long as bidiagonal_workspace(m, n), in numbers.
template <class T>
void make_bidiagonal(int m, int n, T* a, T* diagonal, T* beside, T* tauq, T* taup, T* work);

int64_t bidiagonal_workspace(int m, int n);

}  // namespace lamina::detail
