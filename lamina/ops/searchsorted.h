// Places in sorted sequences: searchsorted and digitize.
#pragma once

#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// Whether equal elements lie in front of the place.
struct SearchSortedAttrs {
  bool right = false;
  bool operator==(const SearchSortedAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("right", self.right); }
};

/// For each of `values` (any shape) the place in `sorted_sequence` (one axis, ascending, NaN last) before
/// which it could be put, int32: in front of equal elements for `side` "left", behind them for "right". NaN
/// counts as larger than any number. The arguments are brought to one dtype. A sequence that does not ascend
/// gives places that mean nothing. No gradient passes. Throws InvalidArgument for a sequence of other than
/// one axis or of more than 2^31 - 1 elements, and for another side. As keras.ops.searchsorted.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, const std::string& side = "left");

/// The bin of each element of x, int32: i where bins[i - 1] <= x < bins[i], 0 below the first and the number
/// of bins from the last on (and for NaN). `bins` has one axis and ascends. As keras.ops.digitize, otherwise
/// as searchsorted to the right.
Tensor digitize(const Tensor& x, const Tensor& bins);

}  // namespace lamina
