// Conv1D: the same small filters at every place of a sequence.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Conv1D, with Keras's defaults.
struct Conv1DLayerOptions {
  int64_t strides = 1;
  std::string padding = "valid";  ///< or "same", or "causal": outputs see no later steps
  int64_t dilation_rate = 1;
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

/// activation(x * kernel + bias), cross-correlation over the steps (Keras: keras.layers.Conv1D, channels
/// last). Input (batch, steps, channels) gives (batch, new steps, filters); weights: kernel (kernel_size,
/// channels / groups, filters), bias (filters,).
class Conv1D final : public KerasLayer<Conv1D> {
 public:
  /// Throws InvalidArgument for sizes below 1, filters that groups do not divide, strides with dilation, an
  /// unknown padding or activation.
  Conv1D(int64_t filters, int64_t kernel_size, const Conv1DLayerOptions& options = {});

  std::string class_name() const override { return "Conv1D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  int64_t kernel_size_;
  Conv1DLayerOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
