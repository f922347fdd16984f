// Conv2DTranspose: from few pixels to many, the way back of a convolution.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Conv2DTranspose, with Keras's defaults.
struct Conv2DTransposeLayerOptions {
  Size2 strides = {1, 1};
  std::string padding = "valid";  ///< or "same"
  /// Pixels of the output beyond the smallest image that a convolution of these windows would take, each
  /// below its stride; absent: "same" gives strides times the input, "valid" reaches over the last stride.
  std::optional<Size2> output_padding = {};
  Size2 dilation_rate = {1, 1};
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

/// activation(transposed convolution + bias) (Keras: keras.layers.Conv2DTranspose, channels last). Input
/// (batch, height, width, channels) gives (batch, new height, new width, filters); an axis of n pixels
/// becomes, for s its stride, k = (kernel size - 1) * dilation + 1 and p its output_padding,
/// (n - 1) s + k + p pixels with padding "valid" and (n - 1) s + k % 2 + p with "same". Weights: kernel
/// (rows, columns, filters, channels), bias (filters,).
class Conv2DTranspose final : public KerasLayer<Conv2DTranspose> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an output_padding that is negative or
  /// not below its stride, an unknown padding or activation.
  Conv2DTranspose(int64_t filters, Size2 kernel_size, const Conv2DTransposeLayerOptions& options = {});

  std::string class_name() const override { return "Conv2DTranspose"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  Size2 kernel_size_;
  Conv2DTransposeLayerOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
