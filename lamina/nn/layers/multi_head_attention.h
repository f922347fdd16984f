// MultiHeadAttention: each query takes a mean of the values, weighted by how well their keys match it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layers/einsum_dense.h"

namespace lamina {

/// Options of MultiHeadAttention, with Keras's defaults.
struct MultiHeadAttentionOptions {
  std::optional<int64_t> value_dim = {};  ///< width of each head's values; absent: key_dim
  double dropout = 0;                     ///< of the weights of the values, while training
  bool use_bias = true;
  bool use_gate = false;  ///< multiply the heads' outputs by a sigmoid of a projection of the query
  std::vector<int64_t> output_shape = {};  ///< of each output; empty: the query's last axis
  /// Axes of the query, the batch being 0, over which attention goes; empty: all between batch and features.
  std::vector<int> attention_axes = {};
  std::optional<int64_t> sliding_window = {};  ///< keys further than this from their query do not count
  Choice<Initializer> kernel_initializer = "glorot_uniform";
  Choice<Initializer> bias_initializer = "zeros";
  Choice<Regularizer> kernel_regularizer = {};
  Choice<Regularizer> bias_regularizer = {};
  Choice<Regularizer> activity_regularizer = {};  ///< of all four projections
  Choice<Constraint> kernel_constraint = {};
  Choice<Constraint> bias_constraint = {};
  std::optional<int64_t> seed = {};  ///< of the dropout; absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Attention of several heads (Keras: keras.layers.MultiHeadAttention), called with query (batch, queries,
/// dim), value (batch, keys, dim) and, where it is not the value, key:
///
///   Tensor y = attention({x, x}, {.flags = Json::object({{"use_causal_mask", true}})});
///
/// Gives (batch, queries, dim of the query or output_shape). Arguments by keyword: attention_mask, bool
/// (batch, queries, keys) or with an axis of heads after the batch, says what each query may look at;
/// use_causal_mask keeps query i from keys after i; return_attention_scores gives the weights (batch, heads,
/// queries, keys) as a second output. Masks that travel beside the inputs count, too; the query's goes on,
/// and those of the inputs are taken away for the rest of the pass, as in Keras: a residual block's sum of
/// query and output is not masked. The tensors themselves keep their masks, unlike Keras's.
///
/// Layers inside, of class EinsumDense: query_dense, key_dense, value_dense, output_dense (and gate_dense),
/// named "query", "key", "value", "attention_output" ("gate"), with kernels (dim, heads, key_dim), and
/// (heads, value_dim, dim) for the output.
///
/// Throws InvalidArgument, naming the shapes, for inputs that do not fit together.
class MultiHeadAttention : public KerasLayer<MultiHeadAttention> {
 public:
  /// Throws InvalidArgument for sizes below 1 and a dropout outside [0, 1).
  MultiHeadAttention(int64_t num_heads, int64_t key_dim, const MultiHeadAttentionOptions& options = {});

  std::string class_name() const override { return "MultiHeadAttention"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  TensorSpecs call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  bool supports_masking() const override { return true; }
  std::vector<std::string> mask_arguments() const override;
  std::vector<std::string> call_arguments() const override;
  size_t positional_arguments() const override { return 3; }
  bool has_weights() const override { return true; }

 protected:
  /// In what a kind of attention differs from this one.
  struct Kind {
    int64_t num_key_value_heads;  ///< each for as many neighbouring heads of queries; the caller checks that
                                  ///< it divides them
    bool takes_masks_away;        ///< from the inputs, for the rest of the pass
    const char* prefix;           ///< of the names of members in files: "" or "_"
  };
  MultiHeadAttention(int64_t num_heads, int64_t key_dim, const Kind& kind,
                     const MultiHeadAttentionOptions& options);
  /// fail() for arguments that make no attention; for the constructors of subclasses, which have a name to
  /// tell.
  void check_arguments();
  void create_weights_for(const TensorSpecs& inputs) override;
  Json own_config() const override;
  Json build_config() const override;
  int64_t num_heads() const { return num_heads_; }
  int64_t key_dim() const { return key_dim_; }
  const MultiHeadAttentionOptions& options() const { return options_; }

 private:
  void make_projections(const TensorSpecs& inputs);
  /// The projection for inputs of that shape whose last `bound` axes it takes and turns into `outputs`.
  std::shared_ptr<Layer> projection(const std::string& name, int rank, int bound,
                                    const std::vector<int64_t>& outputs, const std::string& activation) const;
  const Layer& inner(const char* member) const;
  std::vector<int> axes_for(int rank) const;
  Tensor mask_for(const LayerCall& call, int scores_rank) const;

  int64_t num_heads_;
  int64_t key_dim_;
  int64_t value_dim_;
  Kind kind_;
  MultiHeadAttentionOptions options_;
};

}  // namespace lamina
