// Layers that Keras has for single networks of its applications, and not among its layers: LayerScale and
// StochasticDepth of ConvNeXt, CustomScaleLayer of Inception-ResNet.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layers/merging.h"

namespace lamina {

/// Options of the first two.
struct ApplicationLayerOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// x * gamma, a number for each channel that begins small (Touvron et al., 2021, arXiv 2103.17239; Keras:
/// keras.src.applications.convnext.LayerScale). Input (..., projection_dim); weight: gamma (projection_dim,).
class LayerScale final : public LayerOf<LayerScale> {
 public:
  /// @param init_values  what gamma begins with
  /// @param projection_dim  channels. Throws InvalidArgument for fewer than 1.
  LayerScale(double init_values, int64_t projection_dim, const ApplicationLayerOptions& options = {});
  std::string class_name() const override { return "LayerScale"; }
  std::string module() const override { return "keras.src.applications.convnext"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  double init_values_;
  int64_t projection_dim_;
  WeightPtr gamma_;
};

/// While training, sets whole samples to 0 with probability `drop_path_rate` and divides the others by what
/// is left (Huang et al., 2016, arXiv 1603.09382; Keras: keras.src.applications.convnext.StochasticDepth).
class StochasticDepth final : public LayerOf<StochasticDepth> {
 public:
  /// Throws InvalidArgument unless 0 <= drop_path_rate < 1.
  explicit StochasticDepth(double drop_path_rate, const ApplicationLayerOptions& options = {});
  std::string class_name() const override { return "StochasticDepth"; }
  std::string module() const override { return "keras.src.applications.convnext"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  double drop_path_rate_;
};

/// The first input and the second times `scale` (Keras: keras.src.applications.inception_resnet_v2.
/// CustomScaleLayer).
class CustomScaleLayer final : public LayerOf<CustomScaleLayer, Merging> {
 public:
  explicit CustomScaleLayer(double scale, const MergingOptions& options = {});
  std::string class_name() const override { return "CustomScaleLayer"; }
  std::string module() const override { return "keras.src.applications.inception_resnet_v2"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
  Json own_config() const override;

 private:
  double scale_;
};

}  // namespace lamina
