// UnitNormalization: vectors of length 1.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/layer_normalization.h"

namespace lamina {

/// Options of UnitNormalization, with Keras's defaults.
struct UnitNormalizationOptions {
  NormalizationAxes axis = -1;  ///< over which a vector extends
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// x divided by its length over the axes, or by 1e-12 where that is more (Keras: keras.layers.UnitNormalization).
class UnitNormalization final : public KerasLayer<UnitNormalization> {
 public:
  explicit UnitNormalization(const UnitNormalizationOptions& options = {});
  std::string class_name() const override { return "UnitNormalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  NormalizationAxes axis_;
};

}  // namespace lamina
