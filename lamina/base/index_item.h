// What stands between the brackets of x[...]: positions, slices, new axes, an ellipsis.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>

#include "lamina/base/shape.h"

namespace lamina {

/// Python's slice start:stop:step. Left-out bounds (kNone) reach to the end that the step's sign asks for;
/// negative ones count from the end; both are cut to the axis.
struct Slice {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
  int64_t start = kNone;
  int64_t stop = kNone;
  int64_t step = 1;
};

/// An axis of extent 1 that was not there, as NumPy's None.
struct NewAxis {};
/// As many whole axes as are left, as Python's `...`.
struct Ellipsis {};
inline constexpr NewAxis newaxis;
inline constexpr Ellipsis ellipsis;

/// One entry of an index: a position of any integer type, a Slice, newaxis or ellipsis.
struct IndexItem {
  enum class Kind { kPosition, kSlice, kNewAxis, kEllipsis };
  template <ExtentType T>
  IndexItem(T position) : kind(Kind::kPosition), slice{detail::checked_extent(position), Slice::kNone, 1} {}
  IndexItem(const Slice& s) : kind(Kind::kSlice), slice(s) {}
  IndexItem(NewAxis) : kind(Kind::kNewAxis) {}
  IndexItem(Ellipsis) : kind(Kind::kEllipsis) {}
  Kind kind;
  Slice slice;
};

}  // namespace lamina
