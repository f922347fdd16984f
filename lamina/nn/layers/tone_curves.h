// Layers that change how bright images are by what is in them: AutoContrast, Equalization, Solarization.
#pragma once

#include <utility>

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// Options of AutoContrast, with Keras's defaults.
struct AutoContrastOptions {
  std::pair<double, double> value_range = {0,
                                           255};  ///< between which numbers the pixels lie, in either order
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Stretches each channel of each image over the whole value_range, in training and out of it (Keras:
/// keras.layers.AutoContrast, channels last); a channel of one colour stays.
class AutoContrast final : public KerasLayer<AutoContrast> {
 public:
  /// Throws InvalidArgument for a value_range of no width.
  explicit AutoContrast(const AutoContrastOptions& options = {});
  std::string class_name() const override { return "AutoContrast"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  std::pair<double, double> range_;
};

/// Options of Equalization, with Keras's defaults.
struct EqualizationOptions {
  std::pair<double, double> value_range = {0,
                                           255};  ///< between which numbers the pixels lie, in either order
  int64_t bins = 256;                             ///< of the histogram
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// While training, changes the pixels of each channel so that all brightnesses are about as frequent, by the
/// histogram of the channel over the whole batch, as Keras does; otherwise the identity (Keras:
/// keras.layers.Equalization, channels last).
class Equalization final : public KerasLayer<Equalization> {
 public:
  /// Throws InvalidArgument for a value_range of no width and fewer than 1 bin.
  explicit Equalization(const EqualizationOptions& options = {});
  std::string class_name() const override { return "Equalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  std::pair<double, double> range_;
  int64_t bins_;
};

/// While training, adds a random number to each image and inverts pixels that are then not below another;
/// otherwise the identity (Keras: keras.layers.Solarization, channels last). On a scale of 255, the first
/// lies in [0, 255 * addition_factor], the second in [0, 255 * threshold_factor], for numbers; a range gives
/// its lower end as it is, as in Keras. With both 0, every pixel is inverted.
class Solarization final : public KerasLayer<Solarization> {
 public:
  /// Throws InvalidArgument for factors beyond [0, 1] and a value_range of no width.
  explicit Solarization(const Factor& addition_factor = 0, const Factor& threshold_factor = 0,
                        const RandomColorOptions& options = {});
  std::string class_name() const override { return "Solarization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  detail::Bounds addition_, threshold_;
  RandomColorOptions options_;
};

}  // namespace lamina
