// Axes of operators, as attributes name them and as tensors lie. Internal header.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "lamina/formats/onnx/value.h"

namespace lamina::onnx {

/// The axis as a number from 0 on. Throws InvalidArgument for one that a tensor of `rank` axes lacks.
inline int axis_of(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    throw InvalidArgument("axis " + std::to_string(axis) + " is out of range for a tensor of " +
                          std::to_string(rank) + " axes");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

/// The place at which `axis` lies.
inline int place_of(const Order& order, int axis) {
  return static_cast<int>(std::find(order.begin(), order.end(), axis) - order.begin());
}

/// The order of the axes that are left without those.
inline Order without(const Order& order, const std::vector<int>& axes) {
  Order left;
  for (const int axis : order) {
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) continue;
    left.push_back(axis - static_cast<int>(std::count_if(axes.begin(), axes.end(), [&](int a) { return a < axis; })));
  }
  return left;
}

}  // namespace lamina::onnx
