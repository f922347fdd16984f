// Conv3D: the same small filters at every place of a volume.
#pragma once

#include <string>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/volume_size.h"

namespace lamina {

/// Options of Conv3D, with Keras's defaults.
struct Conv3DLayerOptions {
  Size3 strides = 1;
  std::string padding = "valid";  ///< or "same"
  Size3 dilation_rate = 1;
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

/// activation(x * kernel + bias), cross-correlation over places of volumes (Keras: keras.layers.Conv3D, channels last).
/// Input (batch, depth, height, width, channels) gives (batch, new depth, new height, new width, filters); weights: kernel
/// (depth, rows, columns, channels / groups, filters), bias (filters,).
class Conv3D final : public KerasLayer<Conv3D> {
 public:
  /// Throws InvalidArgument for sizes below 1, filters that groups do not divide, strides with dilation, an unknown
  /// padding or activation.
  Conv3D(int64_t filters, Size3 kernel_size, const Conv3DLayerOptions& options = {});

  std::string class_name() const override { return "Conv3D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t filters_;
  Size3 kernel_size_;
  Conv3DLayerOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
