// Pooling of sequences: the largest or the mean of each window of steps.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of MaxPooling1D and AveragePooling1D, with Keras's defaults.
struct Pooling1DOptions {
  std::optional<int64_t> strides = {};  ///< absent: pool_size
  std::string padding = "valid";        ///< or "same"
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What the two share. Input (batch, steps, channels) gives (batch, new steps, channels).
class Pooling1D : public Layer {
 public:
  Shape compute_output_shape(const Shape& input) const override;

 protected:
  Pooling1D(int64_t pool_size, const Pooling1DOptions& options);
  void check() const;
  Json own_config() const override;
  bool records_build() const override { return false; }

  int64_t pool_size_;
  int64_t strides_;
  std::string padding_;
};

/// Largest element of each window (Keras: keras.layers.MaxPooling1D).
class MaxPooling1D final : public KerasLayer<MaxPooling1D, Pooling1D> {
 public:
  /// Throws InvalidArgument for sizes below 1 and an unknown padding.
  explicit MaxPooling1D(int64_t pool_size = 2, const Pooling1DOptions& options = {});
  std::string class_name() const override { return "MaxPooling1D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

/// Mean of each window; with padding "same" only of the steps that there are (Keras:
/// keras.layers.AveragePooling1D).
class AveragePooling1D final : public KerasLayer<AveragePooling1D, Pooling1D> {
 public:
  /// Throws InvalidArgument for sizes below 1 and an unknown padding.
  explicit AveragePooling1D(int64_t pool_size = 2, const Pooling1DOptions& options = {});
  std::string class_name() const override { return "AveragePooling1D"; }
  Tensor call(const Tensor& x, CallContext& context) const override;
};

}  // namespace lamina
