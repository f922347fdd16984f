// Copying between two arrangements of the same elements: transpose, slice, pad, broadcast and concatenate are
// this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lamina/base/shape.h"

namespace lamina::detail {

/// Strides, in elements, of a dense row-major tensor.
std::vector<int64_t> dense_strides(const Shape& shape);

/// Whether start + i * step lies in [0, extent) for all i < count. False for a step of 0 or a negative count;
/// no argument overflows.
bool places_inside(int64_t start, int64_t step, int64_t count, int64_t extent);

/// A copy of `extents` elements from one set of strides to another, planned once. Strides count elements and
/// may be zero (of the source) or negative.
class StridedCopy {
 public:
  StridedCopy(const Shape& extents, const std::vector<int64_t>& from_strides,
              const std::vector<int64_t>& to_strides, size_t element_bytes);
  /// Copies, on all threads when there is enough to do. `from` and `to` point at the element of index 0.
  void run(const void* from, void* to) const;

 private:
  struct Axis {
    int64_t extent, from, to;
  };
  template <class T>
  void run_as(const T* from, T* to) const;
  template <class T>
  void rows(const T* from, T* to) const;
  template <class T>
  void tiles(const T* from, T* to) const;
  template <class T, int kFew, bool kWoven>
  void few(const T* from, T* to) const;
  template <class T>
  bool run_few(const T* from, T* to) const;
  /// Moves both to the element with that number along the axes before the last two.
  template <class T>
  void advance(int64_t outer, const T*& from, T*& to) const;

  Axis axes_[Shape::kMaxRank];
  int rank_ = 0;
  size_t element_bytes_;
  bool turned_ = false;  // the last two axes are each contiguous on one side
  bool tiled_ = false;   // and both are long enough for tiles
};

}  // namespace lamina::detail
