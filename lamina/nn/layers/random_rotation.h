// RandomRotation: images turned at random while training.
#pragma once

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// While training, turns each image of (batch, height, width, channels) around its centre by a random part of
/// a full turn; otherwise the identity (Keras: keras.layers.RandomRotation, channels last).
class RandomRotation final : public KerasLayer<RandomRotation> {
 public:
  /// @param factor  parts of a full turn: 0.1 is from -36 to 36 degrees, {-0.1, 0.3} a range; positive turns
  ///     counter-clockwise.
  /// Throws InvalidArgument for a number beyond [-1, 1], a range that does not reach into it, an unknown fill
  /// mode and interpolation.
  explicit RandomRotation(const Factor& factor, const RandomAffineOptions& options = {});
  std::string class_name() const override { return "RandomRotation"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  detail::Bounds factor_;
  RandomAffineOptions options_;
};

}  // namespace lamina
