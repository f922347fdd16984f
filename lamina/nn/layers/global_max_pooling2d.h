// GlobalMaxPooling2D: the largest element of each channel.
#pragma once

#include "lamina/nn/layers/global_average_pooling2d.h"

namespace lamina {

/// Largest element over height and width (Keras: keras.layers.GlobalMaxPooling2D): (batch, height, width,
/// channels) gives (batch, channels), or (batch, 1, 1, channels) with keepdims.
class GlobalMaxPooling2D final : public KerasLayer<GlobalMaxPooling2D> {
 public:
  explicit GlobalMaxPooling2D(const GlobalPooling2DOptions& options = {});
  std::string class_name() const override { return "GlobalMaxPooling2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  bool keepdims_;
};

}  // namespace lamina
