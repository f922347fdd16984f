// EinsumDense: a dense layer over any axes, which an equation names.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of EinsumDense, with Keras's defaults.
struct EinsumDenseOptions {
  std::string activation = "linear";
  /// Letters of the result over which the bias varies; empty: no bias.
  std::string bias_axes = {};
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> bias_initializer = "zeros";
  Choice<Regularizer> kernel_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};  ///< of the output
  Choice<Constraint> kernel_constraint = {};
  Choice<Constraint> bias_constraint = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// activation(product of input and kernel as the equation says + bias) (Keras: keras.layers.EinsumDense).
/// EinsumDense("abc,cd->abd", {-1, 64}, {.bias_axes = "d"}) is Dense(64) on sequences. `output_shape` is that
/// of a sample, -1 where the input's axis of that letter says it; axes that "..." stands for are left out.
/// Weights: kernel, of the extents of its letters; bias, of the extents of bias_axes and 1 for letters
/// between.
class EinsumDense final : public KerasLayer<EinsumDense> {
 public:
  /// Throws InvalidArgument for an equation that is no product of an input and a kernel, bias_axes that the
  /// result lacks, and an unknown activation.
  EinsumDense(const std::string& equation, std::vector<int64_t> output_shape,
              const EinsumDenseOptions& options = {});

  std::string class_name() const override { return "EinsumDense"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  struct Extents;
  Extents extents(const Shape& input) const;

  std::string equation_;
  std::vector<int64_t> sample_shape_;
  EinsumDenseOptions options_;
  WeightPtr kernel_, bias_;
};

}  // namespace lamina
