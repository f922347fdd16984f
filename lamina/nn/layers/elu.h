// ELU: a rectifier that bends down to a limit below zero.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of ELU, with Keras's defaults.
struct ELUOptions {
  double alpha = 1;  ///< what it goes to, negated, far below zero
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// x where x > 0, alpha * (exp(x) - 1) elsewhere (Keras: keras.layers.ELU).
class ELU final : public KerasLayer<ELU> {
 public:
  explicit ELU(const ELUOptions& options = {});
  std::string class_name() const override { return "ELU"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  /// With its members in Keras's order.
  Json serialize() const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  double alpha_;
};

}  // namespace lamina
