// Adaptive pooling: as many windows as asked for, whatever the extent of the input.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/volume_size.h"

namespace lamina {

/// Options of the adaptive poolings, with Keras's defaults.
struct AdaptivePoolingOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What they share. Input (batch, extents..., channels) gives (batch, output_size..., channels): of n
/// elements along an axis, window i of `output_size` many goes from floor(i * n / output_size) to before
/// ceil((i + 1) * n / output_size), so that windows may share elements.
class AdaptivePooling : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  /// adaptive_average_pool or adaptive_max_pool.
  using Pool = Tensor (*)(const Tensor& x, const std::vector<int64_t>& output_size);
  AdaptivePooling(std::vector<int64_t> output_size, Pool pool, const AdaptivePoolingOptions& options);
  void check() const;
  Json own_config() const override;

 private:
  std::vector<int64_t> output_size_;
  Pool pool_;
};

/// Mean of each window over (batch, steps, channels) (Keras: keras.layers.AdaptiveAveragePooling1D).
class AdaptiveAveragePooling1D final : public KerasLayer<AdaptiveAveragePooling1D, AdaptivePooling> {
 public:
  /// Throws InvalidArgument for sizes below 1.
  explicit AdaptiveAveragePooling1D(int64_t output_size, const AdaptivePoolingOptions& options = {});
  std::string class_name() const override { return "AdaptiveAveragePooling1D"; }
};

/// Mean of each window over (batch, height, width, channels) (Keras: keras.layers.AdaptiveAveragePooling2D).
class AdaptiveAveragePooling2D final : public KerasLayer<AdaptiveAveragePooling2D, AdaptivePooling> {
 public:
  /// Throws InvalidArgument for sizes below 1.
  explicit AdaptiveAveragePooling2D(Size2 output_size, const AdaptivePoolingOptions& options = {});
  std::string class_name() const override { return "AdaptiveAveragePooling2D"; }
};

/// Mean of each window over (batch, depth, height, width, channels) (Keras:
/// keras.layers.AdaptiveAveragePooling3D).
class AdaptiveAveragePooling3D final : public KerasLayer<AdaptiveAveragePooling3D, AdaptivePooling> {
 public:
  /// Throws InvalidArgument for sizes below 1.
  explicit AdaptiveAveragePooling3D(Size3 output_size, const AdaptivePoolingOptions& options = {});
  std::string class_name() const override { return "AdaptiveAveragePooling3D"; }
};

/// Largest element of each window over (batch, steps, channels) (Keras: keras.layers.AdaptiveMaxPooling1D).
class AdaptiveMaxPooling1D final : public KerasLayer<AdaptiveMaxPooling1D, AdaptivePooling> {
 public:
  /// Throws InvalidArgument for sizes below 1.
  explicit AdaptiveMaxPooling1D(int64_t output_size, const AdaptivePoolingOptions& options = {});
  std::string class_name() const override { return "AdaptiveMaxPooling1D"; }
};

/// Largest element of each window over (batch, height, width, channels) (Keras:
/// keras.layers.AdaptiveMaxPooling2D).
class AdaptiveMaxPooling2D final : public KerasLayer<AdaptiveMaxPooling2D, AdaptivePooling> {
 public:
  /// Throws InvalidArgument for sizes below 1.
  explicit AdaptiveMaxPooling2D(Size2 output_size, const AdaptivePoolingOptions& options = {});
  std::string class_name() const override { return "AdaptiveMaxPooling2D"; }
};

/// Largest element of each window over (batch, depth, height, width, channels) (Keras:
/// keras.layers.AdaptiveMaxPooling3D).
class AdaptiveMaxPooling3D final : public KerasLayer<AdaptiveMaxPooling3D, AdaptivePooling> {
 public:
  /// Throws InvalidArgument for sizes below 1.
  explicit AdaptiveMaxPooling3D(Size3 output_size, const AdaptivePoolingOptions& options = {});
  std::string class_name() const override { return "AdaptiveMaxPooling3D"; }
};

}  // namespace lamina
