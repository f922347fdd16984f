// ZeroPadding1D, Cropping1D and UpSampling1D: steps added, cut or repeated.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of the three.
struct SequenceMarginsOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Steps in front and behind.
using StepMargins = std::pair<int64_t, int64_t>;

/// Zeros around sequences (Keras: keras.layers.ZeroPadding1D, channels last): (batch, steps, channels) gives
/// (batch, front + steps + behind, channels).
class ZeroPadding1D final : public KerasLayer<ZeroPadding1D> {
 public:
  /// Throws InvalidArgument for negative padding.
  explicit ZeroPadding1D(StepMargins padding = {1, 1}, const SequenceMarginsOptions& options = {});
  explicit ZeroPadding1D(int64_t both, const SequenceMarginsOptions& options = {})
      : ZeroPadding1D(StepMargins{both, both}, options) {}
  std::string class_name() const override { return "ZeroPadding1D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  StepMargins padding_;
};

/// Sequences without their first and last steps (Keras: keras.layers.Cropping1D).
class Cropping1D final : public KerasLayer<Cropping1D> {
 public:
  /// Throws InvalidArgument for negative cropping.
  explicit Cropping1D(StepMargins cropping = {1, 1}, const SequenceMarginsOptions& options = {});
  explicit Cropping1D(int64_t both, const SequenceMarginsOptions& options = {})
      : Cropping1D(StepMargins{both, both}, options) {}
  std::string class_name() const override { return "Cropping1D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  StepMargins cropping_;
};

/// Each step `size` times (Keras: keras.layers.UpSampling1D).
class UpSampling1D final : public KerasLayer<UpSampling1D> {
 public:
  /// Throws InvalidArgument for a size below 1.
  explicit UpSampling1D(int64_t size = 2, const SequenceMarginsOptions& options = {});
  std::string class_name() const override { return "UpSampling1D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  int64_t size_;
};

}  // namespace lamina
