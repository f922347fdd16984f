// BatchNormalization: each channel with mean 0 and variance 1, then scaled and shifted.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lamina/nn/layer.h"

namespace lamina {

/// Bounds of batch renormalisation's corrections; absent: none.
struct RenormClipping {
  std::optional<double> rmin = {};  ///< of the factor r = deviation of the batch / moving deviation
  std::optional<double> rmax = {};  ///< of the same
  std::optional<double> dmax =
      {};  ///< of the size of d = (mean of the batch - moving mean) / moving deviation
};

/// Options of BatchNormalization, with Keras's defaults.
struct BatchNormalizationOptions {
  int axis = -1;  ///< the axis of the channels
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;  ///< add beta
  bool scale = true;   ///< multiply by gamma
  Choice<Initializer> beta_initializer = "zeros";
  Choice<Initializer> gamma_initializer = "ones";
  Choice<Initializer> moving_mean_initializer = "zeros";
  Choice<Initializer> moving_variance_initializer = "ones";
  Choice<Regularizer> beta_regularizer = {};
  Choice<Regularizer> gamma_regularizer = {};
  Choice<Constraint> beta_constraint = {};
  Choice<Constraint> gamma_constraint = {};
  bool synchronized = false;  ///< whether devices share statistics; a model here is on one, and files keep it
  bool renorm = false;        ///< batch renormalisation
  RenormClipping renorm_clipping = {};
  double renorm_momentum = 0.99;  ///< of the moments that corrections come from
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// gamma * (x - mean) / sqrt(variance + epsilon) + beta (Keras: keras.layers.BatchNormalization). While
/// training (and if the layer is trainable) mean and variance are the batch's, and the moving ones go towards
/// them: moving = moving * momentum + batch * (1 - momentum); otherwise they are the moving ones. Weights,
/// all (channels,): gamma, beta, and not trainable moving_mean, moving_variance.
///
/// With `renorm` (S. Ioffe, Batch Renormalization, arXiv:1702.03275) a training step's results are those of
/// prediction as far as the clipping allows: (x - mean) / sqrt(variance + epsilon) * r + d before gamma and
/// beta, through whose r and d no gradient flows. Further weights, not trainable: moving_stddev, renorm_mean,
/// renorm_stddev. As in Keras moving_variance is the square of the moving deviation less epsilon.
///
/// Under a mask, which has the axes of the input but the last, the batch's mean and variance are those of the
/// places where it is true. 16 bit inputs are computed in float32. Throws InvalidArgument for a mask of
/// another rank, an rmin above rmax and a negative dmax.
class BatchNormalization final : public KerasLayer<BatchNormalization> {
 public:
  explicit BatchNormalization(const BatchNormalizationOptions& options = {});
  std::string class_name() const override { return "BatchNormalization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  bool rescales() const override { return true; }
  bool takes_mask() const override { return true; }
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  Tensor normalize(const Tensor& x, const Tensor& mask, CallContext& context) const;
  std::pair<Tensor, Tensor> renorm_correction(const Tensor& mean, const Tensor& variance,
                                              CallContext& context) const;
  void move(const Tensor& mean, const Tensor& variance, CallContext& context) const;

  BatchNormalizationOptions options_;
  WeightPtr gamma_, beta_, moving_mean_, moving_variance_;
  WeightPtr moving_stddev_, renorm_mean_, renorm_stddev_;  // null without renorm
};

}  // namespace lamina
