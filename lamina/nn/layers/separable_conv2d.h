// SeparableConv2D: filters over places for each channel, then filters over channels for each place.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of SeparableConv2D, with Keras's defaults.
struct SeparableConv2DOptions {
  Size2 strides = {1, 1};
  std::string padding = "valid";  ///< or "same"
  Size2 dilation_rate = {1, 1};
  int64_t depth_multiplier = 1;  ///< filters of each channel in the first step
  std::string activation = "linear";
  bool use_bias = true;
  Choice<Initializer> depthwise_initializer = "glorot_uniform";
  Choice<Initializer> pointwise_initializer = "glorot_uniform";
  Choice<Initializer> bias_initializer = "zeros";
  Choice<Regularizer> depthwise_regularizer = {};
  Choice<Regularizer> pointwise_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};  ///< of the output
  Choice<Constraint> depthwise_constraint = {};
  Choice<Constraint> pointwise_constraint = {};
  Choice<Constraint> bias_constraint = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// activation(depthwise convolution * pointwise kernel + bias) (Keras: keras.layers.SeparableConv2D, channels
/// last). Input (batch, height, width, channels) gives (batch, new height, new width, filters); weights:
/// depthwise_kernel (rows, columns, channels, depth_multiplier), pointwise_kernel (1, 1, channels *
/// depth_multiplier, filters), bias (filters,).
class SeparableConv2D final : public KerasLayer<SeparableConv2D> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an unknown padding or activation.
  SeparableConv2D(int64_t filters, Size2 kernel_size, const SeparableConv2DOptions& options = {});

  std::string class_name() const override { return "SeparableConv2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  Size2 kernel_size_;
  SeparableConv2DOptions options_;
  WeightPtr depthwise_kernel_, pointwise_kernel_, bias_;
};

}  // namespace lamina
