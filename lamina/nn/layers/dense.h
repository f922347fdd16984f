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
  Choice<Regularizer> kernel_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};  ///< of the output
  Choice<Constraint> kernel_constraint = {};
  Choice<Constraint> bias_constraint = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// activation(x · kernel + bias) over the last axis (Keras: keras.layers.Dense). Input (batch, ..., features)
/// gives (batch, ..., units); weights: kernel (features, units), bias (units,).
class Dense final : public KerasLayer<Dense> {
 public:
  /// Throws InvalidArgument for units < 1 and for an unknown activation, activity_regularizer or dtype; build
  /// does for an unknown regularizer or constraint of a weight.
  explicit Dense(int64_t units, const DenseOptions& options = {});

  std::string class_name() const override { return "Dense"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }
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
