// Elements as memory: rows of tensors, stacks of elements, and their comparison. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/data/dataset.h"

namespace lamina::detail {

class DatasetNode;

/// "x: float32(28, 28), y: int64()"
std::string describe(const Element& element);

/// The extent of the first axis that all tensors of `element` share; throws InvalidArgument when there is
/// none, or they differ.
int64_t common_rows(const Element& element);
/// An element of one int64 number.
Element scalar(int64_t value);
/// Row `index` of each tensor, copied.
Element row(const Element& element, int64_t index);

/// Throws InvalidArgument unless the element's tensors have these types.
void check_spec(const Element& element, const ElementSpec& spec);

/// The elements along a new first axis. They are those from number `first` on that `node` was given. Throws
/// InvalidArgument, naming the first that does not fit.
Element stack_elements(const std::vector<Element>& elements, const DatasetNode& node, int64_t first);

/// How stack_padded fills up.
struct Padding {
  PaddedShapes shapes;
  PaddingValues values;
  /// What -1 in a shape becomes; 0: the longest of the batch.
  int64_t open_extent = 0;
};
/// The same for elements of different extents. `numbers`: which elements of the node's input they are.
Element stack_padded(const std::vector<Element>& elements, const Padding& padding, const DatasetNode& node,
                     const std::vector<int64_t>& numbers);

}  // namespace lamina::detail
