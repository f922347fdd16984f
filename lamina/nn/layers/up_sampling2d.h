// UpSampling2D: images of several times the size.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of UpSampling2D, with Keras's defaults.
struct UpSampling2DOptions {
  std::string interpolation = "nearest";  ///< or "bilinear", "bicubic"
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Images size.height times as high and size.width times as wide (Keras: keras.layers.UpSampling2D, channels
/// last): (batch, height, width, channels) gives (batch, size.height * height, size.width * width, channels).
class UpSampling2D final : public KerasLayer<UpSampling2D> {
 public:
  /// Throws InvalidArgument for factors below 1 and an unknown interpolation.
  explicit UpSampling2D(Size2 size = {2, 2}, const UpSampling2DOptions& options = {});

  std::string class_name() const override { return "UpSampling2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  bool keeps_values() const override { return true; }
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  Size2 size_;
  std::string interpolation_;
};

}  // namespace lamina
