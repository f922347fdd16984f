// PReLU: a rectifier that learns its slope below zero.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of PReLU, with Keras's defaults.
struct PReLUOptions {
  Choice<Initializer> alpha_initializer = "zeros";
  Choice<Regularizer> alpha_regularizer = {};
  Choice<Constraint> alpha_constraint = {};
  /// Axes of the input, the batch being 0, along which there is one slope: {1, 2} for one a channel of
  /// images.
  std::vector<int64_t> shared_axes = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// x where x >= 0, alpha * x below (Keras: keras.layers.PReLU). Weight: alpha, of the input's shape without
/// the batch axis and with extent 1 on shared axes.
class PReLU final : public KerasLayer<PReLU> {
 public:
  /// Throws InvalidArgument for a shared axis below 1; build does for one that the input does not have.
  explicit PReLU(const PReLUOptions& options = {});
  std::string class_name() const override { return "PReLU"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  Shape alpha_shape(const Shape& input) const;

  PReLUOptions options_;
  WeightPtr alpha_;
};

}  // namespace lamina
