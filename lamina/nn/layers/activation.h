// Activation: any activation function as a layer of its own.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Activation.
struct ActivationOptions {
  std::string name = {};
};

/// Any activation by name (Keras: keras.layers.Activation).
class Activation final : public KerasLayer<Activation> {
 public:
  /// Throws InvalidArgument, suggesting the nearest, for an unknown name.
  explicit Activation(const std::string& activation, const ActivationOptions& options = {});
  std::string class_name() const override { return "Activation"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  std::string activation_;
};

}  // namespace lamina
