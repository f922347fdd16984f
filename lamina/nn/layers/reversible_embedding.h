// ReversibleEmbedding: a table that turns ids into vectors, and vectors back into scores of ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of ReversibleEmbedding, with Keras's defaults.
struct ReversibleEmbeddingOptions {
  bool tie_weights = true;  ///< whether the way back uses the same table; else it has one of its own
  Choice<Initializer> embeddings_initializer = "uniform";  ///< of both tables
  Choice<Regularizer> embeddings_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};
  Choice<Constraint> embeddings_constraint = {};
  bool mask_zero = false;                     ///< as in EmbeddingOptions, on the way forth
  std::string reverse_dtype = {};             ///< in which the way back is computed; empty: the layer's
  std::optional<double> logit_soft_cap = {};  ///< not 0: scores become cap * tanh(scores / cap)
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};
};

/// The rows of a table at ids, and with the flag `reverse` the products of vectors with all rows, as the last
/// step of a language model (Press and Wolf, 2016; Keras: keras.layers.ReversibleEmbedding):
///
///   ReversibleEmbedding words(1000, 64);
///   Tensor scores = words(states, {.flags = Json::object({{"reverse", true}})});
///
/// Forth: integers in [0, input_dim) of any shape give (ids' shape, output_dim). Back: (..., output_dim) gives
/// (..., input_dim). Weights: embeddings (input_dim, output_dim) and, unless tied, reverse_embeddings
/// (output_dim, input_dim).
class ReversibleEmbedding final : public KerasLayer<ReversibleEmbedding> {
 public:
  /// Throws InvalidArgument for dimensions below 1, a logit_soft_cap of 0 and a reverse_dtype that is no
  /// floating one.
  ReversibleEmbedding(int64_t input_dim, int64_t output_dim, const ReversibleEmbeddingOptions& options = {});
  std::string class_name() const override { return "ReversibleEmbedding"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  TensorSpecs call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& ids, CallContext& context) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return given; }
  bool supports_masking() const override { return options_.mask_zero; }
  std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const override;
  std::vector<std::string> call_arguments() const override { return {"inputs", "reverse"}; }
  bool has_weights() const override { return true; }

 protected:
  void create_weights_for(const TensorSpecs& inputs) override;
  Json own_config() const override;

 private:
  DType reverse_dtype() const;

  int64_t input_dim_, output_dim_;
  ReversibleEmbeddingOptions options_;
  WeightPtr embeddings_, reverse_embeddings_;
};

}  // namespace lamina
