// Cropping2D: images without their margins.
#pragma once

#include <string>

#include "lamina/nn/layers/margins.h"

namespace lamina {

/// Options of Cropping2D.
struct Cropping2DOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Images without rows and columns at the sides (Keras: keras.layers.Cropping2D, channels last): (batch,
/// height, width, channels) gives (batch, height - top - bottom, width - left - right, channels).
class Cropping2D final : public KerasLayer<Cropping2D> {
 public:
  /// Throws InvalidArgument for negative cropping; the call, for images of which nothing would be left.
  explicit Cropping2D(Margins2D cropping = {}, const Cropping2DOptions& options = {});

  std::string class_name() const override { return "Cropping2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Margins2D cropping_;
};

}  // namespace lamina
