// GroupNormalization: groups of channels with mean 0 and variance 1, in each sample by itself.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of GroupNormalization, with Keras's defaults.
struct GroupNormalizationOptions {
  int64_t groups = 32;  ///< of neighbouring channels; -1: one for each channel
  int axis = -1;        ///< of the channels
  double epsilon = 1e-3;
  bool center = true;  ///< adds beta
  bool scale = true;   ///< multiplies by gamma
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

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance over the places and channels of a group of one
/// sample (Keras: keras.layers.GroupNormalization). Weights: gamma, beta (channels,).
class GroupNormalization final : public KerasLayer<GroupNormalization> {
 public:
  /// Throws InvalidArgument for groups of 0, or below -1.
  explicit GroupNormalization(const GroupNormalizationOptions& options = {});
  std::string class_name() const override { return "GroupNormalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool has_weights() const override { return options_.scale || options_.center; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t groups_of(int64_t channels) const { return options_.groups == -1 ? channels : options_.groups; }

  GroupNormalizationOptions options_;
  WeightPtr gamma_, beta_;
};

}  // namespace lamina
