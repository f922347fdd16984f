// Initialisers without randomness: Zeros, Ones, Constant, Identity.
#pragma once

#include "lamina/nn/initializers/initializer.h"

namespace lamina {

/// All elements 0 (keras.initializers.Zeros).
class Zeros : public Initializer {
 public:
  std::string class_name() const override { return "Zeros"; }
  Json config() const override { return Json::object(); }
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;
};

/// All elements 1 (keras.initializers.Ones).
class Ones : public Initializer {
 public:
  std::string class_name() const override { return "Ones"; }
  Json config() const override { return Json::object(); }
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;
};

/// All elements `value` (keras.initializers.Constant).
class Constant : public Initializer {
 public:
  explicit Constant(double value = 0) : value_(value) {}
  std::string class_name() const override { return "Constant"; }
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  double value_;
};

/// `gain` on the diagonal of a matrix, 0 elsewhere (keras.initializers.Identity). Throws InvalidArgument for
/// shapes that are not of rank 2.
class Identity : public Initializer {
 public:
  explicit Identity(double gain = 1) : gain_(gain) {}
  std::string class_name() const override { return "Identity"; }
  /// Like Keras's, empty for a gain of 1.
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  double gain_;
};

}  // namespace lamina
