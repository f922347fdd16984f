// What operators give and take: types that tensors lose, numbers that must be known. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/saved_model/operator.h"
#include "lamina/ops/cast.h"

namespace lamina::tensorflow {

/// y as a value of that type, wrapped around as its arithmetic does.
inline Value like(const Tensor& y, ElementType type) {
  return {onnx::wrapped(cast(y, onnx::storage(type)), type), type};
}

/// The axes that an input lists, from 0 on, for a tensor of `rank` axes.
inline std::vector<int> axes_of(Call& call, size_t input, int rank) {
  std::vector<int> axes;
  for (const int64_t axis : call.known_integers(input)) axes.push_back(onnx::axis_of(axis, rank));
  return axes;
}

/// The shape that an input lists. Throws InvalidArgument for extents that cannot be.
inline Shape shape_in(Call& call, size_t input) {
  Shape shape;
  const std::vector<int64_t> extents = call.known_integers(input);
  if (extents.size() > static_cast<size_t>(Shape::kMaxRank)) call.fail("a shape of too many axes");
  for (const int64_t extent : extents) {
    if (extent < 0) call.fail("an extent is negative");
    shape.push_back(extent);
  }
  return shape;
}

/// Attribute `data_format`: throws Unsupported where channels do not come last.
inline void require_channels_last(Call& call) {
  const std::string format = call.text("data_format", "NHWC");
  if (format != "NHWC" && format != "NDHWC" && format != "NWC")
    throw Unsupported("is in the order " + format + " of axes; channels come last here");
}

}  // namespace lamina::tensorflow
