// Resizing: images of another size.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Resizing, with Keras's defaults.
struct ResizingOptions {
  std::string interpolation = "bilinear";  ///< or "nearest", "bicubic", "lanczos3", "lanczos5"
  bool crop_to_aspect_ratio = false;       ///< takes the largest part in the middle that has the proportions
  bool pad_to_aspect_ratio = false;        ///< adds margins of fill_value until the image has the proportions
  double fill_value = 0;
  bool antialias = false;  ///< whether shrinking smooths, as in resize2d
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Images (batch, height, width, channels) of another size, while training and otherwise (Keras:
/// keras.layers.Resizing, channels last), by resize2d. Integers stay integers, rounded to the nearest.
class Resizing final : public KerasLayer<Resizing> {
 public:
  /// @param height  rows of the result, from 1 to 2^24.
  /// @param width  columns of the result, likewise.
  /// Throws InvalidArgument for others, an unknown interpolation, and for cropping and padding at once.
  Resizing(int64_t height, int64_t width, const ResizingOptions& options = {});
  std::string class_name() const override { return "Resizing"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }
  DType input_dtype(DType given) const override { return keep_integers(given); }

 protected:
  Json own_config() const override;

 private:
  Tensor proportioned(const Tensor& x) const;

  Size2 size_;
  ResizingOptions options_;
};

}  // namespace lamina
