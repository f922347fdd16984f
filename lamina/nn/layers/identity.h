// IdentityLayer: what goes in comes out.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of IdentityLayer.
struct IdentityLayerOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// The input as it is (Keras: keras.layers.Identity; the initializer has the shorter name).
class IdentityLayer final : public KerasLayer<IdentityLayer> {
 public:
  explicit IdentityLayer(const IdentityLayerOptions& options = {});
  std::string class_name() const override { return "Identity"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext&) const override { return x; }
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }
  bool supports_masking() const override { return true; }

 protected:
  bool records_build() const override { return false; }
};

}  // namespace lamina
