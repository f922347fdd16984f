// Pooling of volumes: the largest or the mean of each window, or of all places.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/volume_size.h"

namespace lamina {

/// Options of MaxPooling3D and AveragePooling3D, with Keras's defaults.
struct Pooling3DOptions {
  std::optional<Size3> strides = {};  ///< absent: pool_size
  std::string padding = "valid";      ///< or "same"
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What the two share. Input (batch, depth, height, width, channels) gives as many axes.
class Pooling3D : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;

 protected:
  Pooling3D(Size3 pool_size, const Pooling3DOptions& options);
  void check() const;
  Json own_config() const override;
  bool records_build() const override { return false; }

  Size3 pool_size_, strides_;
  std::string padding_;
};

/// Largest element of each window (Keras: keras.layers.MaxPooling3D, channels last).
class MaxPooling3D final : public KerasLayer<MaxPooling3D, Pooling3D> {
 public:
  /// Throws InvalidArgument for sizes below 1 and an unknown padding.
  explicit MaxPooling3D(Size3 pool_size = 2, const Pooling3DOptions& options = {});
  std::string class_name() const override { return "MaxPooling3D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

/// Mean of each window's elements inside the volume (Keras: keras.layers.AveragePooling3D, channels last).
class AveragePooling3D final : public KerasLayer<AveragePooling3D, Pooling3D> {
 public:
  /// Throws InvalidArgument for sizes below 1 and an unknown padding.
  explicit AveragePooling3D(Size3 pool_size = 2, const Pooling3DOptions& options = {});
  std::string class_name() const override { return "AveragePooling3D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

/// Options of the global poolings.
struct GlobalPooling3DOptions {
  bool keepdims = false;  ///< keep the places as axes of extent 1
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What the two share: (batch, depth, height, width, channels) gives (batch, channels).
class GlobalPooling3D : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;

 protected:
  explicit GlobalPooling3D(const GlobalPooling3DOptions& options);
  Json own_config() const override;
  bool records_build() const override { return false; }

  bool keepdims_;
};

/// Mean over all places (Keras: keras.layers.GlobalAveragePooling3D, channels last).
class GlobalAveragePooling3D final : public KerasLayer<GlobalAveragePooling3D, GlobalPooling3D> {
 public:
  explicit GlobalAveragePooling3D(const GlobalPooling3DOptions& options = {});
  std::string class_name() const override { return "GlobalAveragePooling3D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

/// Largest element over all places (Keras: keras.layers.GlobalMaxPooling3D, channels last).
class GlobalMaxPooling3D final : public KerasLayer<GlobalMaxPooling3D, GlobalPooling3D> {
 public:
  explicit GlobalMaxPooling3D(const GlobalPooling3DOptions& options = {});
  std::string class_name() const override { return "GlobalMaxPooling3D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

}  // namespace lamina
