// Dense: every output is a weighted sum of all inputs.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Dense, with Keras's defaults.
struct DenseOptions {
  std::string activation = "linear";
  bool use_bias = true;
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> bias_initializer = "zeros";
  std::string name = {};
  bool trainable = true;
};

/// activation(x · kernel + bias) over the last axis (Keras: keras.layers.Dense). Input (batch, ..., features)
/// gives (batch, ..., units); weights: kernel (features, units), bias (units,).
class Dense final : public Layer {
 public:
  /// Throws InvalidArgument for units < 1 and for an unknown activation.
  explicit Dense(int64_t units, const DenseOptions& options = {});

  std::string class_name() const override { return "Dense"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t units_;
  DenseOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
