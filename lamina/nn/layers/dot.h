// Dot: products of samples with each other.
#pragma once

#include <utility>

#include "lamina/nn/layers/merging.h"

namespace lamina {

/// The axis of each of the two inputs: -1 for both, or {1, 2}. The batch is axis 0.
struct DotAxes {
  DotAxes(int both) : first(both), second(both) {}
  DotAxes(int of_first, int of_second) : first(of_first), second(of_second), list(true) {}
  int first, second;
  bool list = false;  ///< whether configurations write a list
};

/// Options of Dot, with Keras's defaults.
struct DotOptions {
  bool normalize = false;  ///< divide the inputs by their norms along the axes first: cosine similarity
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Sum over one axis of each of two inputs, sample by sample (Keras: keras.layers.Dot). The result has the
/// axes of the first input that are left, then those of the second; (batch, 5, 3) and (batch, 7, 3) with axes
/// -1 give (batch, 5, 7). Two vectors give (batch, 1). There is no mask.
///
/// Throws InvalidArgument, naming both shapes, unless there are two inputs of rank 2 or more whose axes
/// exist, are not the batch's and have one extent.
class Dot final : public KerasLayer<Dot, Merging> {
 public:
  explicit Dot(DotAxes axes, const DotOptions& options = {});
  std::string class_name() const override { return "Dot"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  DType input_dtype(DType given) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  std::vector<Tensor> compute_mask(const LayerCall&, const std::vector<Tensor>&) const override { return {}; }

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
  Json own_config() const override;

 private:
  DotAxes axes_;
  bool normalize_;
};

}  // namespace lamina
