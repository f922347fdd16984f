// Merging layers: one tensor from several, element by element.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of the merging layers.
struct MergingOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// What merging layers share (Keras: Merge). They take a list of at least one tensor. Without the batch axis,
/// shapes broadcast by NumPy's rules: (batch, 3, 4) and (batch, 4) give (batch, 3, 4). Floats are computed in
/// the layer's dtype; integers stay what they are, and the output has the dtype that all inputs promote to
/// (bool counts as the layer's dtype). Masks: where all inputs have one, the output's is true where any of
/// them is; otherwise there is none.
///
/// Throws InvalidArgument, naming all shapes, for inputs that do not broadcast or whose batches differ.
class Merging : public Layer {
 public:
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override;
  bool supports_masking() const override { return true; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;

 protected:
  explicit Merging(const MergingOptions& options);
  /// The result for inputs of one rank.
  virtual Tensor merge(const std::vector<Tensor>& inputs) const = 0;
  Json build_config() const override;
  /// What the inputs, once cast, promote to.
  DType common_dtype(const TensorSpecs& inputs) const;
  /// "(None, 3), (None, 4)"
  static std::string shapes_of(const TensorSpecs& inputs);
};

/// Sum of the inputs (Keras: keras.layers.Add).
class Add final : public KerasLayer<Add, Merging> {
 public:
  explicit Add(const MergingOptions& options = {});
  std::string class_name() const override { return "Add"; }

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
};

/// First input minus the second (Keras: keras.layers.Subtract). Throws InvalidArgument unless there are two.
class Subtract final : public KerasLayer<Subtract, Merging> {
 public:
  explicit Subtract(const MergingOptions& options = {});
  std::string class_name() const override { return "Subtract"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
};

/// Product of the inputs (Keras: keras.layers.Multiply). Masked places of an input count as 1, and where all
/// inputs are masked the product is 0.
class Multiply final : public KerasLayer<Multiply, Merging> {
 public:
  explicit Multiply(const MergingOptions& options = {});
  std::string class_name() const override { return "Multiply"; }

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
};

/// Mean of the inputs (Keras: keras.layers.Average). That of integers is float32 for such of at most 16 bits,
/// and float64 for longer ones, as in Keras on TensorFlow; their sum does not wrap.
class Average final : public KerasLayer<Average, Merging> {
 public:
  explicit Average(const MergingOptions& options = {});
  std::string class_name() const override { return "Average"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
};

/// Largest of the inputs (Keras: keras.layers.Maximum). Masked places of an input do not count where another
/// input has the element.
class Maximum final : public KerasLayer<Maximum, Merging> {
 public:
  explicit Maximum(const MergingOptions& options = {});
  std::string class_name() const override { return "Maximum"; }

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
};

/// Smallest of the inputs (Keras: keras.layers.Minimum); masks as in Maximum.
class Minimum final : public KerasLayer<Minimum, Merging> {
 public:
  explicit Minimum(const MergingOptions& options = {});
  std::string class_name() const override { return "Minimum"; }

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) const override;
};

}  // namespace lamina
