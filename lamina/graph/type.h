// The type of a value in a graph: what is known of it before it is computed.
#pragma once

#include <cstddef>
#include <string>

#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"

namespace lamina {

struct TensorType {
  DType dtype = DType::kFloat32;
  Shape shape;

  /// Bytes of all elements. Throws InvalidArgument when no memory could hold them.
  size_t bytes() const;
  /// "float32(2, 3)"
  std::string str() const { return name(dtype) + shape.str(); }
  bool operator==(const TensorType&) const = default;
};

}  // namespace lamina
