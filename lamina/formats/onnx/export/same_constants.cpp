// Comparing tensors whose axes may lie in different orders.
#include "lamina/formats/onnx/export/same_constants.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "lamina/core/tensor_node.h"

namespace lamina::onnx {
namespace {

/// Less than that are not worth a node.
constexpr size_t kLeastBytes = 1024;

/// A tensor in memory, and how many bytes apart neighbours along each axis of ONNX's are.
struct Lying {
  explicit Lying(const Value& value) : shape(value.shape()), steps(static_cast<size_t>(shape.rank())) {
    const Order& order = value.order();
    tensor = value.in_order(order).to(Device{});
    tensor = tensor.eval();
    size_t step = size_of(tensor.dtype());
    for (size_t i = order.size(); i-- > 0;) {
      const int axis = order[i];
      steps[static_cast<size_t>(axis)] = step;
      step *= static_cast<size_t>(shape[axis]);
    }
  }
  const char* data() const { return static_cast<const char*>(tensor.buffer()->data()); }

  Shape shape;
  std::vector<size_t> steps;
  Tensor tensor;
};

template <class T>
bool equal_elements(const Lying& a, const Lying& b, const std::vector<size_t>& b_steps) {
  const int rank = a.shape.rank();
  std::vector<int64_t> place(static_cast<size_t>(rank));
  const char *x = a.data(), *y = b.data();
  const auto last = static_cast<size_t>(rank) - 1;
  for (;;) {
    const char *from = x, *to = y;
    for (int64_t i = 0; i < a.shape[-1]; ++i, from += a.steps[last], to += b_steps[last]) {
      if (std::memcmp(from, to, sizeof(T)) != 0) return false;
    }
    size_t axis = last;
    for (;;) {
      if (axis == 0) return true;
      --axis;
      x += a.steps[axis];
      y += b_steps[axis];
      const auto extent = static_cast<size_t>(a.shape[static_cast<int>(axis)]);
      if (static_cast<size_t>(++place[axis]) < extent) break;
      x -= a.steps[axis] * extent;
      y -= b_steps[axis] * extent;
      place[axis] = 0;
    }
  }
}

bool equal_elements(const Lying& a, const Lying& b, const std::vector<size_t>& b_steps) {
  if (a.steps == b_steps && a.tensor.dtype() == b.tensor.dtype() && a.tensor.node() == b.tensor.node()) return true;
  switch (size_of(a.tensor.dtype())) {
    case 1: return equal_elements<uint8_t>(a, b, b_steps);
    case 2: return equal_elements<uint16_t>(a, b, b_steps);
    case 4: return equal_elements<uint32_t>(a, b, b_steps);
    case 8: return equal_elements<uint64_t>(a, b, b_steps);
    default: return false;
  }
}

}  // namespace

Same same_constants(const Value& a, const Value& b) {
  if (!a.is_tensor() || !b.is_tensor() || a.type() != b.type() || a.rank() == 0) return Same::kNo;
  const Shape from = a.shape(), to = b.shape();
  if (static_cast<size_t>(from.size()) * size_of(storage(a.type())) < kLeastBytes) return Same::kNo;
  const bool turned = from.rank() == 2 && to == Shape{from[1], from[0]};
  if (from != to && !turned) return Same::kNo;
  const Lying x(a), y(b);
  if (from == to && equal_elements(x, y, y.steps)) return Same::kYes;
  return turned && equal_elements(x, y, {y.steps[1], y.steps[0]}) ? Same::kTransposed : Same::kNo;
}

}  // namespace lamina::onnx
