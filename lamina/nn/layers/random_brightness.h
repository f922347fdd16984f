// RandomBrightness: images made brighter or darker at random while training.
#pragma once

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// While training, adds one random number to all of each image of (batch, height, width, channels), limited
/// to value_range; otherwise the identity (Keras: keras.layers.RandomBrightness, channels last).
class RandomBrightness final : public KerasLayer<RandomBrightness> {
 public:
  /// @param factor  parts of value_range: 0.2 is from -20 % (darker) to 20 % (brighter), {-0.1, 0.3} a range.
  /// Throws InvalidArgument for a number beyond [-1, 1] and a range that does not reach into it.
  explicit RandomBrightness(const Factor& factor, const RandomColorOptions& options = {});
  std::string class_name() const override { return "RandomBrightness"; }
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
