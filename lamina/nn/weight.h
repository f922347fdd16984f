// Weight: a named tensor of a layer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/constraints/constraint.h"
#include "lamina/nn/initializers/initializer.h"
#include "lamina/nn/regularizers/regularizer.h"

namespace lamina {

/// One parameter of a layer. `value` is always the newest contents; a handle taken from it before a training
/// step keeps the contents of its time.
struct Weight {
  std::string name;  ///< "kernel"
  std::string path;  ///< "sequential/dense/kernel"
  TensorType type;
  bool trainable = true;
  bool stateful = false;  ///< whether passes that do not train may assign it, too
  Choice<Initializer> initializer;
  Choice<Regularizer> regularizer;  ///< added to the loss while the weight is trained
  Choice<Constraint> constraint;    ///< applied after each step that trains the weight
  Tensor value;
  bool fresh = false;  ///< holds what draw() gave and belongs to no model yet

  /// Sets the first value, from the initializer.
  void draw(uint64_t seed, int stream);
  /// A copy of the elements.
  Tensor read() const;
  /// Overwrites the elements with those of `from`, converted to the weight's dtype. Throws InvalidArgument,
  /// naming path and both shapes, when the shapes differ, and for a tensor of which grad or compile keep
  /// track: a weight holds numbers, not a function of an argument.
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
