// GroupQueryAttention: attention whose keys and values have fewer heads than its queries.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/layers/multi_head_attention.h"

namespace lamina {

/// Options of GroupQueryAttention, with Keras's defaults.
struct GroupQueryAttentionOptions {
  double dropout = 0;  ///< of the weights of the values, while training
  bool use_bias = true;
  bool use_gate = false;  ///< multiply the heads' outputs by a sigmoid of a projection of the query
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

/// Grouped-query attention (Ainslie et al., 2023; Keras: keras.layers.GroupQueryAttention), called as
/// MultiHeadAttention is, with tensors of rank 3: each head of keys and values serves num_query_heads /
/// num_key_value_heads neighbouring heads of queries. Unlike there, the inputs keep their masks.
class GroupQueryAttention final : public KerasLayer<GroupQueryAttention, MultiHeadAttention> {
 public:
  /// Throws InvalidArgument for sizes below 1, a dropout outside [0, 1), and heads of queries that are no
  /// multiple of those of keys and values.
  GroupQueryAttention(int64_t head_dim, int64_t num_query_heads, int64_t num_key_value_heads,
                      const GroupQueryAttentionOptions& options = {});
  /// What Keras calls the class itself, after which files and automatic names go; configurations have its
  /// public name.
  std::string class_name() const override { return "GroupedQueryAttention"; }
  Json serialize() const override;
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;

 protected:
  Json own_config() const override;

 private:
  int64_t num_key_value_heads_;
};

}  // namespace lamina
