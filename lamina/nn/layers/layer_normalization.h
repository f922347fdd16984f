// LayerNormalization: each sample with mean 0 and variance 1, then scaled and shifted.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// The axes that are normalised together: one, or several.
struct NormalizationAxes {
  NormalizationAxes(int axis = -1) : axes{axis} {}
  NormalizationAxes(std::initializer_list<int> several) : axes(several), list(true) {}
  std::vector<int> axes;
  bool list = false;  ///< whether configurations write a list before the layer is built
};

/// Options of LayerNormalization, with Keras's defaults.
struct LayerNormalizationOptions {
  NormalizationAxes axis = -1;
  double epsilon = 1e-3;
  bool center = true;  ///< add beta
  bool scale = true;   ///< multiply by gamma
  Choice<Initializer> beta_initializer = "zeros";
  Choice<Initializer> gamma_initializer = "ones";
  Choice<Regularizer> beta_regularizer = {};
  Choice<Regularizer> gamma_regularizer = {};
  Choice<Constraint> beta_constraint = {};
  Choice<Constraint> gamma_constraint = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance over the axes for each place of
/// the others (Keras: keras.layers.LayerNormalization). 16 bit inputs are computed in float32. Weights, of
/// the extents of the axes: gamma, beta.
class LayerNormalization final : public KerasLayer<LayerNormalization> {
 public:
  /// Throws InvalidArgument for an empty list of axes; build does for axes that the input does not have, that
  /// come twice or whose extent is open.
  explicit LayerNormalization(const LayerNormalizationOptions& options = {});
  std::string class_name() const override { return "LayerNormalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override;
  bool supports_masking() const override { return true; }
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  /// The axes for such an input, counted from the front, in the order of the weights' axes.
  std::vector<int> axes_of(const Shape& input) const;
  Shape weight_shape(const Shape& input) const;

  LayerNormalizationOptions options_;
  WeightPtr gamma_, beta_;
};

}  // namespace lamina
