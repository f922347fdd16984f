// Conv2D: the same small filters at every place of an image.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Conv2D, with Keras's defaults.
struct Conv2DOptions {
  Size2 strides = {1, 1};
  std::string padding = "valid";  ///< or "same"
  Size2 dilation_rate = {1, 1};
  int64_t groups = 1;  ///< channels and filters are split into so many independent groups
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

/// activation(x * kernel + bias), cross-correlation over height and width (Keras: keras.layers.Conv2D,
/// channels last). Input (batch, height, width, channels) gives (batch, new height, new width, filters);
/// weights: kernel (rows, columns, channels / groups, filters), bias (filters,).
class Conv2D final : public KerasLayer<Conv2D> {
 public:
  /// Throws InvalidArgument for sizes below 1, filters that groups do not divide, strides with dilation, an
  /// unknown padding or activation.
  Conv2D(int64_t filters, Size2 kernel_size, const Conv2DOptions& options = {});

  std::string class_name() const override { return "Conv2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  Size2 kernel_size_;
  Conv2DOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
