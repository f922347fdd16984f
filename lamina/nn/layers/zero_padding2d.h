// ZeroPadding2D: zeros around images.
#pragma once

#include <string>

#include "lamina/nn/layers/margins.h"

namespace lamina {

/// Options of ZeroPadding2D.
struct ZeroPadding2DOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Zeros around images (Keras: keras.layers.ZeroPadding2D, channels last): (batch, height, width, channels)
/// gives (batch, top + height + bottom, left + width + right, channels).
class ZeroPadding2D final : public KerasLayer<ZeroPadding2D> {
 public:
  /// Throws InvalidArgument for negative padding.
  explicit ZeroPadding2D(Margins2D padding = {1, 1}, const ZeroPadding2DOptions& options = {});

  std::string class_name() const override { return "ZeroPadding2D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Margins2D padding_;
};

}  // namespace lamina
