// Concatenate: several tensors one after the other.
#pragma once

#include "lamina/nn/layers/merging.h"

namespace lamina {

/// Options of Concatenate, with Keras's defaults.
struct ConcatenateOptions {
  int axis = -1;  ///< along which the inputs follow each other
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// The inputs one after the other along an axis (Keras: keras.layers.Concatenate). They have one rank, and
/// one extent on every other axis. Floats are brought to the compute dtype, integers stay unless they meet
/// floats. The mask joins those of the inputs; an input without one counts as unmasked; without any there is
/// none.
///
/// Throws InvalidArgument, naming all shapes, for inputs that do not match and for an axis that they lack.
class Concatenate final : public KerasLayer<Concatenate, Merging> {
 public:
  explicit Concatenate(const ConcatenateOptions& options = {});
  std::string class_name() const override { return "Concatenate"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
  Json own_config() const override;

 private:
  int axis_;
};

}  // namespace lamina
