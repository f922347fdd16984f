// Noise while training: GaussianNoise, GaussianDropout and AlphaDropout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of the three, without the last of GaussianNoise and GaussianDropout, as in Keras.
struct NoiseOptions {
  std::optional<int64_t> seed = {};  ///< absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
  Shape noise_shape = {};  ///< of AlphaDropout, as DropoutOptions::noise_shape
};

/// What the three share. They are the identity but while training.
class Noise : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override { return input; }
  bool keeps_values() const override { return true; }
  bool supports_masking() const override { return true; }

 protected:
  explicit Noise(const NoiseOptions& options);
  bool records_build() const override { return false; }
  Json seed_json() const { return seed_ ? Json(*seed_) : Json(); }

  std::optional<int64_t> seed_;
};

/// Adds normal noise of mean 0 (Keras: keras.layers.GaussianNoise).
class GaussianNoise final : public KerasLayer<GaussianNoise, Noise> {
 public:
  /// @param stddev  of the noise. Throws InvalidArgument unless 0 <= stddev.
  explicit GaussianNoise(double stddev, const NoiseOptions& options = {});
  std::string class_name() const override { return "GaussianNoise"; }
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  double stddev_;
};

/// Multiplies by normal noise of mean 1 and deviation sqrt(rate / (1 - rate)) (Keras:
/// keras.layers.GaussianDropout).
class GaussianDropout final : public KerasLayer<GaussianDropout, Noise> {
 public:
  /// Throws InvalidArgument unless 0 <= rate < 1.
  explicit GaussianDropout(double rate, const NoiseOptions& options = {});
  std::string class_name() const override { return "GaussianDropout"; }
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  double rate_;
};

/// Sets elements, with probability `rate`, to what SELU goes to far below zero, and then scales and shifts
/// all, so that mean and variance stay (Keras: keras.layers.AlphaDropout).
class AlphaDropout final : public KerasLayer<AlphaDropout, Noise> {
 public:
  /// Throws InvalidArgument unless 0 <= rate < 1.
  explicit AlphaDropout(double rate, const NoiseOptions& options = {});
  std::string class_name() const override { return "AlphaDropout"; }
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  double rate_;
  Shape noise_shape_;
};

}  // namespace lamina
