// Initializer: where the first values of a weight come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all initialisers (Keras: keras.initializers.Initializer).
class Initializer {
 public:
  static constexpr const char* kKind = "initializer";
  virtual ~Initializer() = default;

  /// Keras's class name: "GlorotUniform".
  virtual std::string class_name() const = 0;
  /// Keras's configuration: {"seed": null}.
  virtual Json config() const = 0;

  /// Values of that type. A random initialiser draws them by Philox from `seed` and `stream` (the index of
  /// the weight in its model), unless it was given a seed of its own, which then stands in for `seed` with
  /// stream 0. Throws InvalidArgument when it cannot fill that shape or dtype.
  virtual Tensor operator()(const TensorType& type, uint64_t seed, int stream) const = 0;

  /// The object as Keras writes it, in module "keras.initializers".
  Json serialize() const { return serialize_object("keras.initializers", class_name(), config()); }
};

}  // namespace lamina
