// Normalization: features with mean 0 and variance 1, by what was learned from the data before training.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/layer_normalization.h"

namespace lamina {

/// Options of Normalization, with Keras's defaults.
struct NormalizationOptions {
  /// Axes that have a mean and a variance for each place, the batch being 0; an empty list: one for all.
  NormalizationAxes axis = -1;
  /// Both or none: numbers, or a tensor of the extents of the last of these axes. Absent: adapt() learns
  /// them.
  std::optional<Tensor> mean = {};
  std::optional<Tensor> variance = {};
  bool invert = false;  ///< x * sqrt(variance) + mean in place of the other way round
  std::string name = {};
  std::string dtype = {};  ///< the policy; empty: float32
};

/// (x - mean) / sqrt(variance), while training and otherwise (Keras: keras.layers.Normalization):
///
///   Normalization normalization;
///   normalization.adapt(table.x);
///   Sequential model({Input({9}), normalization, Dense(64, {.activation = "relu"}), Dense(1)});
///
/// so that the file of the model takes the numbers as they stand in the table. A standard deviation below
/// 1e-7, of a column that does not vary, counts as 1e-7. Weights, unless they were given and not trained:
/// mean, variance (of the extents of the axes) and count, which Keras keeps for older files.
class Normalization final : public KerasLayer<Normalization> {
 public:
  /// Throws InvalidArgument for a mean without variance, for two of other shapes or of more axes than `axis`.
  explicit Normalization(const NormalizationOptions& options = {});

  /// Learns mean and variance from these samples (samples first), in double precision, and forgets what was
  /// learned before; builds the layer if it is not built. Throws InvalidArgument where mean and variance were
  /// given, for samples of another shape than the layer was built for, for none, and for values that are not
  /// finite, naming the first: a missing value is filled in or left out before.
  void adapt(const Tensor& samples);

  std::string class_name() const override { return "Normalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool has_weights() const override { return !options_.mean; }
  /// What it learned says so: some mean or variance is beyond those of numbers from 0 to 1.
  bool rescales() const override;

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  std::vector<bool> kept_axes(const Shape& input) const;
  Shape kept_extents(const Shape& input) const;

  NormalizationOptions options_;
  WeightPtr mean_, variance_;
};

}  // namespace lamina
