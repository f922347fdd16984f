// GlobalAveragePooling2D: one number a channel.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of GlobalAveragePooling2D.
struct GlobalPooling2DOptions {
  bool keepdims = false;  ///< keep height and width as axes of extent 1
  std::string name = {};
};

/// Mean over height and width (Keras: keras.layers.GlobalAveragePooling2D): (batch, height, width, channels)
/// gives (batch, channels).
class GlobalAveragePooling2D final : public KerasLayer<GlobalAveragePooling2D> {
 public:
  explicit GlobalAveragePooling2D(const GlobalPooling2DOptions& options = {});
  std::string class_name() const override { return "GlobalAveragePooling2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  bool keepdims_;
};

}  // namespace lamina
