// SeparableConv1D: filters over places for each channel, then filters over channels for each place.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of SeparableConv1D, with Keras's defaults.
struct SeparableConv1DOptions {
  int64_t strides = 1;
  std::string padding = "valid";  ///< or "same", or "causal": outputs see no later steps
  int64_t dilation_rate = 1;
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

/// activation(depthwise convolution * pointwise kernel + bias) (Keras: keras.layers.SeparableConv1D, channels last).
/// Input (batch, steps, channels) gives (batch, new steps, filters); weights: depthwise_kernel (kernel_size, channels,
/// depth_multiplier), pointwise_kernel (1, channels * depth_multiplier, filters), bias (filters,).
class SeparableConv1D final : public KerasLayer<SeparableConv1D> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an unknown padding or activation.
  SeparableConv1D(int64_t filters, int64_t kernel_size, const SeparableConv1DOptions& options = {});

  std::string class_name() const override { return "SeparableConv1D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  int64_t kernel_size_;
  SeparableConv1DOptions options_;
  WeightPtr depthwise_kernel_, pointwise_kernel_, bias_;
};

}  // namespace lamina
