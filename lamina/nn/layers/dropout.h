// Dropout: random zeros while training.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Dropout.
struct DropoutOptions {
  std::optional<int64_t> seed = {};  ///< absent: the model's random key
  /// Of what is drawn, with 1 where elements share their fate and -1 for the input's extent: {-1, 1, 1, 1}
  /// drops whole samples. Empty: each element by itself.
  Shape noise_shape = {};
  std::string name = {};
};

/// While training, sets each element to 0 with probability `rate` and divides the others by 1 - rate;
/// otherwise the identity (Keras: keras.layers.Dropout). The choice comes from the training's random key: the
/// same seed gives the same zeros. Calls throw InvalidArgument for a noise_shape that does not stretch to the
/// input.
class Dropout final : public KerasLayer<Dropout> {
 public:
  /// Throws InvalidArgument unless 0 <= rate <= 1.
  explicit Dropout(double rate, const DropoutOptions& options = {});
  std::string class_name() const override { return "Dropout"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }
  bool supports_masking() const override { return true; }
  double rate() const { return rate_; }

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  double rate_;
  std::optional<int64_t> seed_;
  Shape noise_shape_;
};

}  // namespace lamina
