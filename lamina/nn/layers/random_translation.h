// RandomTranslation: images moved at random while training.
#pragma once

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// While training, moves each image of (batch, height, width, channels) down and to the right by random parts
/// of its height and width; otherwise the identity (Keras: keras.layers.RandomTranslation, channels last).
class RandomTranslation final : public KerasLayer<RandomTranslation> {
 public:
  /// @param height_factor  parts of the height: 0.1 is from -10 % (up) to 10 % (down), {-0.1, 0.3} a range.
  /// @param width_factor  parts of the width: negative to the left.
  /// Throws InvalidArgument for numbers beyond [-1, 1], an unknown fill mode and interpolation.
  RandomTranslation(const Factor& height_factor, const Factor& width_factor,
                    const RandomAffineOptions& options = {});
  std::string class_name() const override { return "RandomTranslation"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Factor height_factor_, width_factor_;
  RandomAffineOptions options_;
};

}  // namespace lamina
