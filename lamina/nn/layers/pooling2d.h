// Pooling layers: the largest or the mean of each window of an image.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of MaxPooling2D and AveragePooling2D, with Keras's defaults.
struct Pooling2DOptions {
  Size2 strides = {};             ///< {}: pool_size
  std::string padding = "valid";  ///< or "same"
  std::string name = {};
};

/// What the two windowed poolings share. Input (batch, height, width, channels) gives (batch, new height, new
/// width, channels).
class Pooling2D : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;

 protected:
  /// Throws InvalidArgument for sizes below 1 and an unknown padding.
  Pooling2D(Size2 pool_size, const Pooling2DOptions& options);
  void check() const;
  Json own_config() const override;
  bool records_build() const override { return false; }

  Size2 pool_size_;
  Size2 strides_;
  std::string padding_;
};

/// Largest element of each window (Keras: keras.layers.MaxPooling2D).
class MaxPooling2D final : public KerasLayer<MaxPooling2D, Pooling2D> {
 public:
  explicit MaxPooling2D(Size2 pool_size = {2, 2}, const Pooling2DOptions& options = {});
  std::string class_name() const override { return "MaxPooling2D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

/// Mean of each window; with padding "same" only of the elements inside the image (Keras:
/// keras.layers.AveragePooling2D).
class AveragePooling2D final : public KerasLayer<AveragePooling2D, Pooling2D> {
 public:
  explicit AveragePooling2D(Size2 pool_size = {2, 2}, const Pooling2DOptions& options = {});
  std::string class_name() const override { return "AveragePooling2D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

}  // namespace lamina
