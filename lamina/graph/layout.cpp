// Text and strides of layouts.
#include "lamina/graph/layout.h"

#include "lamina/graph/text_cursor.h"

namespace lamina {

std::string Layout::str() const {
  if (row_major()) return "row_major";
  std::string text;
  for (int axis : order) text += std::to_string(axis);
  for (const Block& block : blocks)
    text += "," + std::to_string(block.axis) + "x" + std::to_string(block.size);
  return text;
}

void Layout::read(TextCursor& text) {
  *this = {};
  if (text.take("row_major")) return;
  // A comma may also come behind the layout, so that it is passed over with its axis only.
  const auto axis = [&text](const std::string& before, const std::string& behind) {
    for (int i = 0; i < 10; ++i) {
      if (text.take(before + std::to_string(i) + behind)) return i;
    }
    return -1;
  };
  for (int next; (next = axis("", "")) >= 0;) order.push_back(next);
  if (order.empty()) text.fail("a layout, as row_major or 0312,3x8");
  for (int next; (next = axis(",", "x")) >= 0;)
    blocks.push_back({next, static_cast<int>(text.integer(1, 1 << 20))});
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
