// RandomContrast: contrasts changed at random while training.
#pragma once

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// While training, changes the contrast of each image of (batch, height, width, channels): (x - mean) * f +
/// mean, with the mean of each channel over the image and one random f for the image, limited to value_range;
/// otherwise the identity (Keras: keras.layers.RandomContrast, channels last).
class RandomContrast final : public KerasLayer<RandomContrast> {
 public:
  /// @param factor  f lies in [1, 1 + factor] for a number from 0 to 1 (Keras looks for no lower contrast
  /// then), in
  ///     [1 - lower, 1 + upper] for a range.
  /// Throws InvalidArgument for a number beyond [0, 1] and a range that does not reach into it.
  explicit RandomContrast(const Factor& factor, const RandomColorOptions& options = {});
  std::string class_name() const override { return "RandomContrast"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  detail::Bounds factor_;
  RandomColorOptions options_;
};

}  // namespace lamina
