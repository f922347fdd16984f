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

inline constexpr BertNames kBertNames[] = {{"bert",
                                            "Bert",
                                            "bert",
                                            "BertConfig",
                                            "hidden_size",
                                            "num_hidden_layers",
                                            "num_attention_heads",
                                            "intermediate_size",
                                            "hidden_act",
                                            "hidden_dropout_prob",
                                            "attention_probs_dropout_prob",
                                            "encoder.layer",
                                            "attention.self.query",
                                            "attention.self.key",
                                            "attention.self.value",
                                            "attention.output.dense",
                                            "attention.output.LayerNorm",
                                            "intermediate.dense",
                                            "output.dense",
                                            "output.LayerNorm",
                                            true,
                                            true,
                                            true,
                                            false,
                                            true,
                                            "cls.predictions.transform.dense",
                                            "cls.predictions.transform.LayerNorm",
                                            "cls.predictions.bias",
                                            "cls.predictions.decoder.bias",
                                            "cls.predictions.decoder",
                                            nullptr,
                                            nullptr,
                                            "classifier",
                                            nullptr,
                                            false},
                                           {"roberta",
                                            "Roberta",
                                            "roberta",
                                            "RobertaConfig",
                                            "hidden_size",
                                            "num_hidden_layers",
                                            "num_attention_heads",
                                            "intermediate_size",
                                            "hidden_act",
                                            "hidden_dropout_prob",
                                            "attention_probs_dropout_prob",
                                            "encoder.layer",
                                            "attention.self.query",
                                            "attention.self.key",
                                            "attention.self.value",
                                            "attention.output.dense",
                                            "attention.output.LayerNorm",
                                            "intermediate.dense",
                                            "output.dense",
                                            "output.LayerNorm",
                                            true,
                                            true,
                                            true,
                                            true,
                                            true,
                                            "lm_head.dense",
                                            "lm_head.layer_norm",
                                            "lm_head.bias",
                                            "lm_head.decoder.bias",
                                            "lm_head.decoder",
                                            "gelu",
                                            "classifier.dense",
                                            "classifier.out_proj",
                                            tanh,
                                            true},
                                           {"distilbert",
                                            "DistilBert",
                                            "distilbert",
                                            "DistilBertConfig",
                                            "dim",
                                            "n_layers",
                                            "n_heads",
                                            "hidden_dim",
                                            "activation",
                                            "dropout",
                                            "attention_dropout",
                                            "transformer.layer",
                                            "attention.q_lin",
                                            "attention.k_lin",
                                            "attention.v_lin",
                                            "attention.out_lin",
                                            "sa_layer_norm",
                                            "ffn.lin1",
                                            "ffn.lin2",
                                            "output_layer_norm",
                                            false,
                                            false,
                                            false,
                                            false,
                                            false,
                                            "vocab_transform",
                                            "vocab_layer_norm",
                                            "vocab_projector.bias",
                                            "",
                                            "vocab_projector",
                                            nullptr,
                                            "pre_classifier",
                                            "classifier",
                                            relu,
                                            false}};

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
