// The encoder of BERT, RoBERTa and DistilBERT, and what the three call its parts. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/call_context.h"
#include "lamina/ops/unary.h"
#include "lamina/zoo/transformers/detail/activation.h"
#include "lamina/zoo/transformers/detail/modules.h"

namespace lamina::detail {

/// The names of one family, and what is its own in the computation.
struct BertNames {
  const char *type, *name, *prefix;  ///< "bert", "Bert" of class names, "bert" of tensors
  // Of config.json:
  const char *config, *width, *layers, *heads, *inner, *activation, *dropout, *attention_dropout;
  // Of a layer:
  const char *stack, *query, *key, *value, *out, *out_norm, *wide, *narrow, *narrow_norm;
  bool has_pooler, has_types, has_epsilon, counts_positions, drops_attention;
  // Of heads:
  const char *masked_dense, *masked_norm, *masked_bias, *masked_bias_copy, *masked_matrix;
  const char* masked_activation;            ///< null: that of the layers
  const char *classes_dense, *classes_out;  ///< null: classes come from the pooler
  Tensor (*classes_activation)(const Tensor&);
  bool drops_twice;
};

inline constexpr BertNames kBertNames[] = {{.type = "bert",
                                            .name = "Bert",
                                            .prefix = "bert",
                                            .config = "BertConfig",
                                            .width = "hidden_size",
                                            .layers = "num_hidden_layers",
                                            .heads = "num_attention_heads",
                                            .inner = "intermediate_size",
                                            .activation = "hidden_act",
                                            .dropout = "hidden_dropout_prob",
                                            .attention_dropout = "attention_probs_dropout_prob",
                                            .stack = "encoder.layer",
                                            .query = "attention.self.query",
                                            .key = "attention.self.key",
                                            .value = "attention.self.value",
                                            .out = "attention.output.dense",
                                            .out_norm = "attention.output.LayerNorm",
                                            .wide = "intermediate.dense",
                                            .narrow = "output.dense",
                                            .narrow_norm = "output.LayerNorm",
                                            .has_pooler = true,
                                            .has_types = true,
                                            .has_epsilon = true,
                                            .counts_positions = false,
                                            .drops_attention = true,
                                            .masked_dense = "cls.predictions.transform.dense",
                                            .masked_norm = "cls.predictions.transform.LayerNorm",
                                            .masked_bias = "cls.predictions.bias",
                                            .masked_bias_copy = "cls.predictions.decoder.bias",
                                            .masked_matrix = "cls.predictions.decoder",
                                            .masked_activation = nullptr,
                                            .classes_dense = nullptr,
                                            .classes_out = "classifier",
                                            .classes_activation = nullptr,
                                            .drops_twice = false},
                                           {.type = "roberta",
                                            .name = "Roberta",
                                            .prefix = "roberta",
                                            .config = "RobertaConfig",
                                            .width = "hidden_size",
                                            .layers = "num_hidden_layers",
                                            .heads = "num_attention_heads",
                                            .inner = "intermediate_size",
                                            .activation = "hidden_act",
                                            .dropout = "hidden_dropout_prob",
                                            .attention_dropout = "attention_probs_dropout_prob",
                                            .stack = "encoder.layer",
                                            .query = "attention.self.query",
                                            .key = "attention.self.key",
                                            .value = "attention.self.value",
                                            .out = "attention.output.dense",
                                            .out_norm = "attention.output.LayerNorm",
                                            .wide = "intermediate.dense",
                                            .narrow = "output.dense",
                                            .narrow_norm = "output.LayerNorm",
                                            .has_pooler = true,
                                            .has_types = true,
                                            .has_epsilon = true,
                                            .counts_positions = true,
                                            .drops_attention = true,
                                            .masked_dense = "lm_head.dense",
                                            .masked_norm = "lm_head.layer_norm",
                                            .masked_bias = "lm_head.bias",
                                            .masked_bias_copy = "lm_head.decoder.bias",
                                            .masked_matrix = "lm_head.decoder",
                                            .masked_activation = "gelu",
                                            .classes_dense = "classifier.dense",
                                            .classes_out = "classifier.out_proj",
                                            .classes_activation = tanh,
                                            .drops_twice = true},
                                           {.type = "distilbert",
                                            .name = "DistilBert",
                                            .prefix = "distilbert",
                                            .config = "DistilBertConfig",
                                            .width = "dim",
                                            .layers = "n_layers",
                                            .heads = "n_heads",
                                            .inner = "hidden_dim",
                                            .activation = "activation",
                                            .dropout = "dropout",
                                            .attention_dropout = "attention_dropout",
                                            .stack = "transformer.layer",
                                            .query = "attention.q_lin",
                                            .key = "attention.k_lin",
                                            .value = "attention.v_lin",
                                            .out = "attention.out_lin",
                                            .out_norm = "sa_layer_norm",
                                            .wide = "ffn.lin1",
                                            .narrow = "ffn.lin2",
                                            .narrow_norm = "output_layer_norm",
                                            .has_pooler = false,
                                            .has_types = false,
                                            .has_epsilon = false,
                                            .counts_positions = false,
                                            .drops_attention = false,
                                            .masked_dense = "vocab_transform",
                                            .masked_norm = "vocab_layer_norm",
                                            .masked_bias = "vocab_projector.bias",
                                            .masked_bias_copy = "",
                                            .masked_matrix = "vocab_projector",
                                            .masked_activation = nullptr,
                                            .classes_dense = "pre_classifier",
                                            .classes_out = "classifier",
                                            .classes_activation = relu,
                                            .drops_twice = false}};

/// What computes it.
struct BertConfig {
  /// Throws InvalidArgument for values that cannot be.
  BertConfig(const Json& json, const BertNames& names);
  /// Tokens that it can look at.
  int64_t longest() const { return names->counts_positions ? positions - padding - 1 : positions; }

  const BertNames* names;
  int64_t vocab_size, width = 768, layers, heads = 12, inner = 3072, positions = 512, types = 2, padding,
                      labels = 2;
  std::string activation = "gelu";
  double dropout = 0.1, attention_dropout = 0.1, epsilon = 1e-12, initializer_range = 0.02;
  double classes_dropout, tokens_dropout, answers_dropout = 0;
};

class BertEncoder {
 public:
  BertEncoder(const ModuleScope& scope, const BertConfig& config);

  struct Inputs {
    Tensor ids, mask;         ///< int32 (rows, tokens); bool (rows, 1, 1, tokens) or undefined
    Tensor types, positions;  ///< int32 (rows, tokens), or undefined
  };
  /// (rows, tokens, width)
  Tensor operator()(const Inputs& inputs, CallContext& context) const;
  const std::shared_ptr<TokenTable>& tokens() const { return tokens_; }

 private:
  struct Block {
    std::shared_ptr<Linear> query, key, value, out, wide, narrow;
    std::shared_ptr<Norm> out_norm, narrow_norm;
  };
  Tensor positions_of(const Tensor& ids) const;

  BertConfig config_;
  Activation activation_;
  std::shared_ptr<TokenTable> tokens_, places_, types_;
  std::shared_ptr<Norm> norm_;
  std::vector<Block> blocks_;
};

}  // namespace lamina::detail
