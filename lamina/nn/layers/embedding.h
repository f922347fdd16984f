// Embedding: a learned vector for each of a fixed number of ids.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of Embedding, with Keras's defaults.
struct EmbeddingOptions {
  Choice<Initializer> embeddings_initializer = "uniform";
  Choice<Regularizer> embeddings_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};
  Choice<Constraint> embeddings_constraint = {};
  /// Whether id 0 is padding, which layers after this one skip: the output's mask is id != 0.
  bool mask_zero = false;
  /// First values (input_dim, output_dim) in place of the initializer's; configurations do not keep them.
  Tensor weights = {};
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// The rows of a table at ids (Keras: keras.layers.Embedding). Input: integers in [0, input_dim) of any
/// shape; floats are cut to integers. Output: (ids' shape, output_dim). Weight: embeddings (input_dim,
/// output_dim). On the CPU an id out of range is an error when the result is computed; elsewhere its row is
/// NaN.
class Embedding final : public KerasLayer<Embedding> {
 public:
  /// Throws InvalidArgument for dimensions below 1 and for weights of another shape.
  Embedding(int64_t input_dim, int64_t output_dim, const EmbeddingOptions& options = {});
  std::string class_name() const override { return "Embedding"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& ids, CallContext& context) const override;
  DType input_dtype(DType given) const override;
  bool supports_masking() const override { return options_.mask_zero; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  int64_t input_dim_, output_dim_;
  EmbeddingOptions options_;
  WeightPtr embeddings_;
};

}  // namespace lamina
