// LeakyReLU: a rectifier that lets a little through below zero.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of LeakyReLU, with Keras's defaults.
struct LeakyReLUOptions {
  double negative_slope = 0.3;  ///< >= 0
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// x where x >= 0, negative_slope * x below (Keras: keras.layers.LeakyReLU).
class LeakyReLU final : public KerasLayer<LeakyReLU> {
 public:
  /// Throws InvalidArgument for a negative slope.
  explicit LeakyReLU(const LeakyReLUOptions& options = {});
  std::string class_name() const override { return "LeakyReLU"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  double negative_slope_;
};

}  // namespace lamina
