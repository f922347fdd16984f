// RandomFlip: images mirrored at random while training.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of RandomFlip.
struct RandomFlipOptions {
  std::optional<int64_t> seed = {};  ///< absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// While training, mirrors each image of (batch, height, width, channels) with probability 1/2; otherwise the
/// identity (Keras: keras.layers.RandomFlip, channels last). With "horizontal_and_vertical" an image is
/// mirrored both ways or not at all, as in Keras.
class RandomFlip final : public KerasLayer<RandomFlip> {
 public:
  /// @param mode  "horizontal" (left and right change places), "vertical", or "horizontal_and_vertical".
  /// Throws InvalidArgument for another one.
  explicit RandomFlip(const std::string& mode = "horizontal_and_vertical",
                      const RandomFlipOptions& options = {});
  std::string class_name() const override { return "RandomFlip"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  std::string mode_;
  std::optional<int64_t> seed_;
};

}  // namespace lamina
