// RMSNormalization: vectors whose squares have the mean 1.
#pragma once

#include <string>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/layer_normalization.h"

namespace lamina {

/// Options of RMSNormalization, with Keras's defaults.
struct RMSNormalizationOptions {
  NormalizationAxes axis = -1;  ///< over which the mean is taken
  double epsilon = 1e-6;
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// x / sqrt(mean(x^2) + epsilon) * scale (Keras: keras.layers.RMSNormalization). Weight: scale, of the extents of the axes.
class RMSNormalization final : public KerasLayer<RMSNormalization> {
 public:
  explicit RMSNormalization(const RMSNormalizationOptions& options = {});
  std::string class_name() const override { return "RMSNormalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  RMSNormalizationOptions options_;
  WeightPtr scale_;
};

}  // namespace lamina
