// Printing and strides of layouts.
#include "lamina/graph/layout.h"

namespace lamina {

std::string Layout::str() const {
  if (row_major()) return "row_major";
  std::string text;
  for (int axis : order) text += std::to_string(axis);
  for (const Block& block : blocks)
    text += "," + std::to_string(block.axis) + "x" + std::to_string(block.size);
  return text;
}

std::vector<int64_t> Layout::strides(const Shape& shape) const {
  std::vector<int64_t> extents = shape.dims();
  int64_t stride = 1;
  for (const Block& block : blocks) {
    extents[static_cast<size_t>(block.axis)] /= block.size;
    stride *= block.size;
  }
  std::vector<int64_t> result(extents.size());
  for (int i = shape.rank() - 1; i >= 0; --i) {
    const auto axis = static_cast<size_t>(order.empty() ? i : order[static_cast<size_t>(i)]);
    result[axis] = stride;
    stride *= extents[axis];
  }
  return result;
}

}  // namespace lamina
