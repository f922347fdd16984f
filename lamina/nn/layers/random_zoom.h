// RandomZoom: images scaled at random while training.
#pragma once

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// While training, scales each image of (batch, height, width, channels) around its centre by random numbers,
/// keeping its size; otherwise the identity (Keras: keras.layers.RandomZoom, channels last).
class RandomZoom final : public KerasLayer<RandomZoom> {
 public:
  /// @param height_factor  0.2 shows from 80 % (closer) to 120 % (farther) of the height, {-0.3, -0.1} a
  /// range.
  /// @param width_factor  the same for the width; absent: what was drawn for the height.
  /// Throws InvalidArgument for numbers beyond (-1, 1], an unknown fill mode and interpolation.
  explicit RandomZoom(const Factor& height_factor, const std::optional<Factor>& width_factor = std::nullopt,
                      const RandomAffineOptions& options = {});
  std::string class_name() const override { return "RandomZoom"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Factor height_factor_;
  std::optional<Factor> width_factor_;
  RandomAffineOptions options_;
};

}  // namespace lamina
