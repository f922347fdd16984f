// TensorSpec: what a layer knows of a tensor before there are data.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"

namespace lamina {

/// Shape and dtype of an input or output; extents of -1 are open (Keras's None), the batch axis as a rule.
struct TensorSpec {
  Shape shape;
  DType dtype = DType::kFloat32;

  /// "float32(None, 3)"
  std::string str() const { return lamina::name(dtype) + shape.str(); }
  bool operator==(const TensorSpec&) const = default;
};

using TensorSpecs = std::vector<TensorSpec>;

}  // namespace lamina
