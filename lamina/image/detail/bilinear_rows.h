// The inner loops of bilinear resizing, from bytes to floats. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lamina/ops/detail/resize.h"

namespace lamina::detail {

/// The columns of a result of three colours. Four numbers of it belong to two pixels, and what these are made
/// of mostly lies within 16 bytes: one load, from which the left colours and the right ones are picked.
class BilinearColumns {
 public:
  /// As many bytes behind the last pixel of a row are read, but change nothing.
  static constexpr size_t kBehind = 16;
  /// As many numbers behind the last of a widened row are written.
  static constexpr size_t kSpare = 8;

  /// @param axis  one that is linear
  /// @param left  the column of the picture that is the first of the axis
  BilinearColumns(const ResizedAxis& axis, int64_t left);

  /// Three for each column of the result.
  size_t numbers() const { return numbers_; }

  /// A row of pixels as one of the result: l + (r - l) * distance, each step rounded to float32, as
  /// TensorFlow's.
  /// @param to  numbers() + kSpare numbers
  void widen(const uint8_t* from, float* to) const;

 private:
  size_t numbers_;
  std::vector<float> distances_;  // from the left colour, 0 to 1, for each number
  // Where the left colour is, from the first byte of the row on; the right one is three bytes further.
  std::vector<int32_t> left_;   // for each number; empty if these suffice:
  std::vector<int32_t> begin_;  // of 16 bytes, for each four numbers
  std::vector<uint8_t> picks_;  // which of them is the lowest byte of each number; the others of it are none
};

/// Where results are written: into the caches, or past them to memory, which spares reading the lines first.
enum class Written { kInCaches, kPastCaches };

/// t + (b - t) * down of `size` numbers of two rows, rounded in the same way.
void blend_two_rows(const float* top, const float* bottom, float down, size_t size, float* to,
                    Written written);
/// Behind the last row that was written past the caches, before another thread is told of it.
void flush_written();

}  // namespace lamina::detail
