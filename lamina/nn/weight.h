// Weight: a named tensor of a layer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/initializers/initializer.h"

namespace lamina {

/// One parameter of a layer. Training overwrites its buffer in place: `value` always shows the newest
/// contents, and read() takes a copy that stays.
struct Weight {
  std::string name;  ///< "kernel"
  std::string path;  ///< "sequential/dense/kernel"
  TensorType type;
  bool trainable = true;
  Choice<Initializer> initializer;
  Tensor value;

  /// A copy of the elements.
  Tensor read() const;
  /// Overwrites the elements with those of `from`, converted to the weight's dtype. Throws InvalidArgument,
  /// naming path and both shapes, when the shapes differ.
  void assign(const Tensor& from);
};

/// Layers that share a weight share it by this pointer.
using WeightPtr = std::shared_ptr<Weight>;

/// A tensor with a name, as snapshots and archives hold them.
struct NamedTensor {
  std::string name;
  Tensor value;
};

}  // namespace lamina
