// Products of a few rows with a matrix that is used many times over: packed once, then read panel by panel.
// For the steps of recurrent layers. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// `n` columns rounded up to whole vectors of this machine: what a packed matrix and a result take.
int64_t padded_columns(int64_t n);

/// Copies a matrix of k rows and n columns, element (i, j) at b[i * row + j * column], into `packed`, which
/// takes k * padded_columns(n) floats: panels of a few vectors of columns, zeros beyond the last column.
void pack_matrix(const float* b, int64_t row, int64_t column, int64_t k, int64_t n, float* packed);

/// c += a b for a packed b of k rows and n columns. `a` has `rows` rows, `a_row` apart; `c` has
/// padded_columns(n) columns in each of its rows, `c_row` apart. The bits of a row do not depend on the
/// others.
void add_product(int64_t rows, const float* a, int64_t a_row, int64_t k, const float* packed, int64_t n,
                 float* c, int64_t c_row);

}  // namespace lamina::detail
