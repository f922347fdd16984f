// Conv3DTranspose: from few places of a volume to many, the way back of a convolution.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/volume_size.h"

namespace lamina {

/// Options of Conv3DTranspose, with Keras's defaults.
struct Conv3DTransposeLayerOptions {
  Size3 strides = 1;
  std::string padding = "valid";  ///< or "same"
  /// As Conv2DTransposeLayerOptions has it: each below its stride.
  std::optional<Size3> output_padding = {};
  Size3 dilation_rate = 1;
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

/// activation(transposed convolution + bias) (Keras: keras.layers.Conv3DTranspose, channels last). Input (batch, depth,
/// height, width, channels) gives (batch, new depth, new height, new width, filters), extents as Conv2DTranspose has them.
/// Weights: kernel (depth, rows, columns, filters, channels), bias (filters,).
class Conv3DTranspose final : public KerasLayer<Conv3DTranspose> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an output_padding that is negative or not below its
  /// stride, an unknown padding or activation.
  Conv3DTranspose(int64_t filters, Size3 kernel_size, const Conv3DTransposeLayerOptions& options = {});

  std::string class_name() const override { return "Conv3DTranspose"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  Size3 kernel_size_;
  Conv3DTransposeLayerOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
