// DepthwiseConv1D: every channel of a sequence with filters of its own.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of DepthwiseConv1D, with Keras's defaults.
struct DepthwiseConv1DOptions {
  int64_t strides = 1;
  std::string padding = "valid";  ///< or "same", or "causal": outputs see no later steps
  int64_t depth_multiplier = 1;   ///< filters of each channel
  int64_t dilation_rate = 1;
  std::string activation = "linear";
  bool use_bias = true;
  Choice<Initializer> depthwise_initializer = "glorot_uniform";
  Choice<Initializer> bias_initializer = "zeros";
  Choice<Regularizer> depthwise_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};  ///< of the output
  Choice<Constraint> depthwise_constraint = {};
  Choice<Constraint> bias_constraint = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// activation(each channel * its kernels + bias) (Keras: keras.layers.DepthwiseConv1D, channels last). Input
/// (batch, steps, channels) gives (batch, new steps, channels * depth_multiplier), the
/// channels that come from one side by side; weights: kernel (kernel_size, channels, depth_multiplier),
/// bias (channels * depth_multiplier,).
class DepthwiseConv1D final : public KerasLayer<DepthwiseConv1D> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an unknown padding or activation.
  explicit DepthwiseConv1D(int64_t kernel_size, const DepthwiseConv1DOptions& options = {});

  std::string class_name() const override { return "DepthwiseConv1D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t kernel_size_;
  DepthwiseConv1DOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
