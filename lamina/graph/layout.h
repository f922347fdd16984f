// How the elements of a value lie in memory.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/shape.h"

namespace lamina {

class TextCursor;

/// Physical order of a value's elements. The default is row-major: the last axis is contiguous. Kernels that
/// are faster in another order say so, and the layout pass puts reorders only where two orders meet.
///
/// A non-default layout lists the axes outermost first, then splits blocks off them, innermost last: a batch
/// of channels-last images in oneDNN's nChw8c is order {0, 3, 1, 2} with blocks {{3, 8}}. Blocked extents
/// must divide.
struct Layout {
  struct Block {
    int axis = 0;
    int size = 1;
    bool operator==(const Block&) const = default;
  };
  std::vector<int> order;
  std::vector<Block> blocks;

  bool row_major() const { return order.empty() && blocks.empty(); }
  /// "row_major", or the order with its blocks: "0312,3x8".
  std::string str() const;
  /// Becomes the layout whose str() comes next in `text`.
  void read(TextCursor& text);
  /// Elements between neighbours along each axis (for a blocked axis: between neighbouring blocks).
  std::vector<int64_t> strides(const Shape& shape) const;
  bool operator==(const Layout&) const = default;
};

}  // namespace lamina
