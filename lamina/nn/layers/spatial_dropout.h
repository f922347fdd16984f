// SpatialDropout1D, 2D and 3D: dropout of whole channels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of the three.
struct SpatialDropoutOptions {
  std::optional<int64_t> seed = {};  ///< absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What the three share: while training, each channel of each sample is 0 at all its places with probability `rate`, and
/// the others are divided by 1 - rate.
class SpatialDropout : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }
  bool supports_masking() const override { return true; }
  /// As Keras writes it, in an order of its own and without `trainable`, which Keras does not take here.
  Json serialize() const override;

 protected:
  SpatialDropout(int axes, double rate, const SpatialDropoutOptions& options);
  void check() const;
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  int axes_;  // with places
  double rate_;
  std::optional<int64_t> seed_;
};

/// Of sequences (batch, steps, channels) (Keras: keras.layers.SpatialDropout1D).
class SpatialDropout1D final : public KerasLayer<SpatialDropout1D, SpatialDropout> {
 public:
  /// Throws InvalidArgument unless 0 <= rate <= 1.
  explicit SpatialDropout1D(double rate, const SpatialDropoutOptions& options = {});
  std::string class_name() const override { return "SpatialDropout1D"; }
};

/// Of images (batch, height, width, channels) (Keras: keras.layers.SpatialDropout2D, channels last).
class SpatialDropout2D final : public KerasLayer<SpatialDropout2D, SpatialDropout> {
 public:
  /// Throws InvalidArgument unless 0 <= rate <= 1.
  explicit SpatialDropout2D(double rate, const SpatialDropoutOptions& options = {});
  std::string class_name() const override { return "SpatialDropout2D"; }
};

/// Of volumes (batch, depth, height, width, channels) (Keras: keras.layers.SpatialDropout3D, channels last).
class SpatialDropout3D final : public KerasLayer<SpatialDropout3D, SpatialDropout> {
 public:
  /// Throws InvalidArgument unless 0 <= rate <= 1.
  explicit SpatialDropout3D(double rate, const SpatialDropoutOptions& options = {});
  std::string class_name() const override { return "SpatialDropout3D"; }
};

}  // namespace lamina
