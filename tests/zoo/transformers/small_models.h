// Small models of each family, for tests. Internal header.
#pragma once

#include <memory>
#include <string>

#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::test {

inline Json small_gpt2() {
  return Json::object({{"model_type", "gpt2"},
                       {"vocab_size", 20},
                       {"n_positions", 24},
                       {"n_embd", 8},
                       {"n_layer", 1},
                       {"n_head", 2},
                       {"initializer_range", 0.5},
                       {"pad_token_id", 0}});
}

inline Json small_llama() {
  return Json::object({{"model_type", "llama"},
                       {"vocab_size", 20},
                       {"hidden_size", 8},
                       {"intermediate_size", 12},
                       {"num_hidden_layers", 2},
                       {"num_attention_heads", 2},
                       {"num_key_value_heads", 1},
                       {"max_position_embeddings", 64},
                       {"initializer_range", 0.5},
                       {"pad_token_id", 0}});
}

inline Json small_lstm() {
  return Json::object({{"model_type", "lstm"},
                       {"vocab_size", 20},
                       {"hidden_size", 8},
                       {"num_hidden_layers", 2},
                       {"initializer_range", 0.5},
                       {"pad_token_id", 0}});
}

inline Json small_lstm_encoder_decoder() {
  return Json::object({{"model_type", "lstm_encoder_decoder"},
                       {"is_encoder_decoder", true},
                       {"vocab_size", 20},
                       {"hidden_size", 8},
                       {"num_hidden_layers", 2},
                       {"initializer_range", 0.5},
                       {"pad_token_id", 0},
                       {"eos_token_id", 1},
                       {"decoder_start_token_id", 0}});
}

inline Json small_bert() {
  return Json::object({{"architectures", Json::list({"BertForSequenceClassification"})},
                       {"model_type", "bert"},
                       {"vocab_size", 20},
                       {"hidden_size", 8},
                       {"num_hidden_layers", 1},
                       {"num_attention_heads", 2},
                       {"intermediate_size", 12},
                       {"max_position_embeddings", 12}});
}

inline Json small_marian() {
  return Json::object({{"model_type", "marian"},
                       {"vocab_size", 20},
                       {"d_model", 8},
                       {"encoder_layers", 1},
                       {"decoder_layers", 1},
                       {"encoder_attention_heads", 2},
                       {"decoder_attention_heads", 2},
                       {"encoder_ffn_dim", 12},
                       {"decoder_ffn_dim", 12},
                       {"max_position_embeddings", 32},
                       {"init_std", 0.5},
                       {"pad_token_id", 19},
                       {"eos_token_id", 0},
                       {"decoder_start_token_id", 19}});
}

inline Json small_t5() {
  return Json::object({{"model_type", "t5"},
                       {"vocab_size", 20},
                       {"d_model", 8},
                       {"d_kv", 4},
                       {"d_ff", 12},
                       {"num_layers", 1},
                       {"num_heads", 2},
                       {"pad_token_id", 0},
                       {"eos_token_id", 1},
                       {"decoder_start_token_id", 0}});
}

inline Json with(Json config, const std::string& key, const Json& value) {
  config[key] = value;
  return config;
}

inline std::shared_ptr<PretrainedModel> small(const Json& config, uint64_t seed = 3) {
  return AutoModel::from_config(config, {.seed = seed});
}

}  // namespace lamina::test
