// RandomCrop: a part of images, at random while training.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of RandomCrop.
struct RandomCropOptions {
  std::optional<int64_t> seed = {};  ///< absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// While training, a window of the given size at a random place, the same for all images of a batch (batch,
/// height, width, channels); otherwise the largest part in the middle that has the window's proportions,
/// brought to its size by bilinear interpolation (Keras: keras.layers.RandomCrop, channels last). Images that
/// are not larger than the window both ways are cut around the middle and resized while training, too.
///
/// Outside of training Keras 3.15 hands images on as they are, against its own description and what it says
/// of the output's shape, so that layers of a fixed size behind it fail; this is what Keras describes and 3.0
/// does.
class RandomCrop final : public KerasLayer<RandomCrop> {
 public:
  /// @param height  rows of the result, from 1 to 2^24.
  /// @param width  columns of the result, likewise.
  /// Throws InvalidArgument for others.
  RandomCrop(int64_t height, int64_t width, const RandomCropOptions& options = {});
  std::string class_name() const override { return "RandomCrop"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Size2 size_;
  std::optional<int64_t> seed_;
};

}  // namespace lamina
