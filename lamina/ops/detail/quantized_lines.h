// Products of rows with a matrix of small integers, each of whose lines is read where it lies. Internal
// header.
//
// A row of x becomes integers q = round(x 127 / most), most being the largest |x| of the row, so that sums of
// products are of integers and exact. Rows of zeros (most at most kTiny) give zeros, rows with an element
// that is not finite give NaN.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// c(m, n) = x(m, k) times w(n, k) with its scales.
struct QuantizedLines {
  int64_t m, n, k;
  int bits;        ///< 8: int8; 4: two a byte, the first in the low half, each plus 8
  int64_t groups;  ///< scales of a line: 1, or k / 32, k / 64 or k / (a multiple of 128)

  static constexpr float kTiny = 1e-30f;
  /// Columns of c are dealt out in multiples of so many.
  static constexpr int64_t kColumns = 64;

  int64_t line_bytes() const { return k * bits / 8; }
  /// Of a row of x as the product wants it, from a multiple of 64 to the next.
  int64_t row_bytes() const { return 64 + (line_bytes() + 63) / 64 * 64 * (8 / bits + 1); }
};

/// Row of x (k numbers) to `row`, product.row_bytes() of them, aligned to 64.
void quantize_row(const QuantizedLines& product, const float* x, uint8_t* row);
/// Columns `begin` to `end` of c, of all rows that quantize_row made.
void quantized_lines(const QuantizedLines& product, const uint8_t* rows, const uint8_t* w,
                     const float* scales, float* c, int64_t begin, int64_t end);

}  // namespace lamina::detail
