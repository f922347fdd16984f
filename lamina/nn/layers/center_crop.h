// CenterCrop: the middle of images.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of CenterCrop.
struct CenterCropOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// The middle of images (batch, height, width, channels), while training and otherwise (Keras:
/// keras.layers.CenterCrop, channels last). Of images that are smaller, the largest part in the middle that
/// has the wanted proportions is brought to the wanted size by bilinear interpolation.
class CenterCrop final : public KerasLayer<CenterCrop> {
 public:
  /// @param height  rows of the result, from 1 to 2^24.
  /// @param width  columns of the result, likewise.
  /// Throws InvalidArgument for others.
  CenterCrop(int64_t height, int64_t width, const CenterCropOptions& options = {});
  std::string class_name() const override { return "CenterCrop"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Size2 size_;
};

}  // namespace lamina
