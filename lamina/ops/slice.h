// Parts of a tensor: slice, NumPy-like indexing, flip.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// One entry per axis: element i of the result is element starts + i * steps of the input, for i < sizes.
struct SliceAttrs {
  std::vector<int64_t> starts, sizes, steps;
  bool operator==(const SliceAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("starts", self.starts);
    visit("sizes", self.sizes);
    visit("steps", self.steps);
  }
};

/// Python's slice start:stop:step. Left-out bounds (kNone) reach to the end that the step's sign asks for;
/// negative ones count from the end; both are cut to the axis.
struct Slice {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
  int64_t start = kNone;
  int64_t stop = kNone;
  int64_t step = 1;
};

/// The entries of index(): a position, a Slice, newaxis or ellipsis.
struct NewAxis {};
struct Ellipsis {};
inline constexpr NewAxis newaxis;
inline constexpr Ellipsis ellipsis;

struct IndexItem {
  enum class Kind { kPosition, kSlice, kNewAxis, kEllipsis };
  IndexItem(int position) : IndexItem(static_cast<int64_t>(position)) {}
  IndexItem(int64_t position) : kind(Kind::kPosition), slice{position, Slice::kNone, 1} {}
  IndexItem(const Slice& s) : kind(Kind::kSlice), slice(s) {}
  IndexItem(NewAxis) : kind(Kind::kNewAxis) {}
  IndexItem(Ellipsis) : kind(Kind::kEllipsis) {}
  Kind kind;
  Slice slice;
};

/// x[starts[i]:stops[i]:steps[i]] on the leading axes; later axes stay whole. `stops` has the length of
/// `starts`; `steps` too, or is empty for steps of 1. Bounds as in Slice. Throws InvalidArgument for a zero
/// step or more entries than axes.
Tensor slice(const Tensor& x, const std::vector<int64_t>& starts, const std::vector<int64_t>& stops,
             const std::vector<int64_t>& steps = {});

/// NumPy's basic indexing: index(x, {0, Slice{1, -1}, ellipsis, newaxis}) is x[0, 1:-1, ..., None]. A
/// position drops its axis and throws InvalidArgument when out of range; so do two ellipses or too many
/// entries.
Tensor index(const Tensor& x, const std::vector<IndexItem>& items);

/// x with the order of elements along `axes` reversed; along all axes when there are none.
Tensor flip(const Tensor& x, const std::vector<int>& axes = {});

}  // namespace lamina
