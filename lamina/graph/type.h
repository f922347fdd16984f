// The type of a value in a graph: what is known of it before it is computed.
#pragma once

#include <string>

#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"

namespace lamina {

struct TensorType {
  DType dtype = DType::kFloat32;
  Shape shape;

  size_t bytes() const { return static_cast<size_t>(shape.size()) * size_of(dtype); }
  /// "float32(2, 3)"
  std::string str() const { return name(dtype) + shape.str(); }
  bool operator==(const TensorType&) const = default;
};

}  // namespace lamina
