// Conv1DTranspose: from few steps to many, the way back of a convolution.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Conv1DTranspose, with Keras's defaults.
struct Conv1DTransposeLayerOptions {
  int64_t strides = 1;
  std::string padding = "valid";  ///< or "same"
  /// Steps of the output beyond the shortest sequence that a convolution of these windows would take, below the
  /// stride; absent: "same" gives strides times the input, "valid" reaches over the last stride.
  std::optional<int64_t> output_padding = {};
  int64_t dilation_rate = 1;
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

/// activation(transposed convolution + bias) (Keras: keras.layers.Conv1DTranspose, channels last). Input (batch, steps,
/// channels) gives (batch, new steps, filters); n steps become, for s the stride, k = (kernel_size - 1) * dilation + 1 and
/// p the output_padding, (n - 1) s + k + p with padding "valid" and (n - 1) s + k % 2 + p with "same". Weights: kernel
/// (kernel_size, filters, channels), bias (filters,).
class Conv1DTranspose final : public KerasLayer<Conv1DTranspose> {
 public:
  /// Throws InvalidArgument for sizes below 1, strides with dilation, an output_padding that is negative or
  /// not below its stride, an unknown padding or activation.
  Conv1DTranspose(int64_t filters, int64_t kernel_size, const Conv1DTransposeLayerOptions& options = {});

  std::string class_name() const override { return "Conv1DTranspose"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  int64_t kernel_size_;
  Conv1DTransposeLayerOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
