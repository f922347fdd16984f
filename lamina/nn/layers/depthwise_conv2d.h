// DepthwiseConv2D: every channel of an image with filters of its own.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of DepthwiseConv2D, with Keras's defaults.
struct DepthwiseConv2DLayerOptions {
  Size2 strides = {1, 1};
  std::string padding = "valid";  ///< or "same"
  int64_t depth_multiplier = 1;   ///< filters of each channel
  Size2 dilation_rate = {1, 1};
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

/// activation(each channel * its kernels + bias) (Keras: keras.layers.DepthwiseConv2D, channels last). Input
/// (batch, height, width, channels) gives (batch, new height, new width, channels * depth_multiplier), the
/// channels that come from one side by side; weights: kernel (rows, columns, channels, depth_multiplier),
/// bias (channels * depth_multiplier,).
class DepthwiseConv2D final : public KerasLayer<DepthwiseConv2D> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an unknown padding or activation.
  explicit DepthwiseConv2D(Size2 kernel_size, const DepthwiseConv2DLayerOptions& options = {});

  std::string class_name() const override { return "DepthwiseConv2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  Size2 kernel_size_;
  DepthwiseConv2DLayerOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
