// Parts of a tensor: slice, NumPy-like indexing, flip.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/base/index_item.h"
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

/// x[starts[i]:stops[i]:steps[i]] on the leading axes; later axes stay whole. `stops` has the length of
/// `starts`; `steps` too, or is empty for steps of 1. Bounds as in Slice. Throws InvalidArgument for a zero
/// step or more entries than axes.
Tensor slice(const Tensor& x, const std::vector<int64_t>& starts, const std::vector<int64_t>& stops,
             const std::vector<int64_t>& steps = {});

/// NumPy's basic indexing, x[...]: index(x, {0, Slice{1, -1}, ellipsis, newaxis}) is x[0, 1:-1, ..., None]. A
/// position drops its axis and throws InvalidArgument when out of range; so do two ellipses or too many
/// entries.
Tensor index(const Tensor& x, const std::vector<IndexItem>& items);

/// x with the order of elements along `axes` reversed; along all axes when there are none.
Tensor flip(const Tensor& x, const Axes& axes = {});

}  // namespace lamina
