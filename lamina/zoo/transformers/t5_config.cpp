// T5's configuration, in and out; mT5 has other defaults.
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/detail/feed_forward_kind.h"
#include "lamina/zoo/transformers/t5.h"

namespace lamina {

T5Config T5Config::from_json(const Json& json) {
  const Json* const type = json.find("model_type");
  const bool multilingual = type && *type == Json("mt5");
  const detail::ConfigValues values = detail::family_values(json, multilingual ? "MT5Config" : "T5Config");
  T5Config config;
  if (multilingual) {
    config.vocab_size = 250112;
    config.d_ff = 1024;
    config.num_layers = 8;
    config.num_heads = 6;
    config.feed_forward_proj = "gated-gelu";
  }
  values.size("vocab_size", config.vocab_size);
  values.size("d_model", config.d_model);
  values.size("d_kv", config.d_kv);
  values.size("d_ff", config.d_ff);
  values.layers("num_layers", config.num_layers);
  if (values.find("num_decoder_layers"))
    values.layers("num_decoder_layers", config.num_decoder_layers.emplace(config.num_layers));
  values.size("num_heads", config.num_heads);
  values.size("relative_attention_num_buckets", config.relative_attention_num_buckets);
  values.size("relative_attention_max_distance", config.relative_attention_max_distance);
  // Near distances have half of the buckets, of each direction in the encoder; the others reach further.
  if (config.relative_attention_num_buckets < 4)
    values.fail("relative_attention_num_buckets", config.relative_attention_num_buckets,
                "a number from 4 on");
  if (config.relative_attention_max_distance <= config.relative_attention_num_buckets / 2)
    values.fail("relative_attention_max_distance", config.relative_attention_max_distance,
                "more than half of relative_attention_num_buckets");
  values.rate("dropout_rate", config.dropout_rate);
  values.number("layer_norm_epsilon", config.layer_norm_epsilon);
  values.number("initializer_factor", config.initializer_factor);
  values.text("feed_forward_proj", config.feed_forward_proj);
  values.flag("tie_word_embeddings", config.tie_word_embeddings);
  bool scale = config.tie_word_embeddings;
  values.flag("scale_decoder_outputs", scale);
  if (multilingual) scale = false;
  // What is derived of feed_forward_proj is written, too.
  const detail::FeedForwardKind kind(config.feed_forward_proj);
  values.only("is_gated_act", kind.gated);
  values.only("dense_act_fn", kind.activation);
  values.only("is_decoder", false);
  config.scale_decoder_outputs = scale;
  values.integer("pad_token_id", config.pad_token_id);
  values.integer("decoder_start_token_id", config.decoder_start_token_id);
  return config;
}

Json T5Config::to_json() const {
  return Json::object({{"architectures", Json::list({"T5ForConditionalGeneration"})},
                       {"model_type", "t5"},
                       {"is_encoder_decoder", true},
                       {"vocab_size", vocab_size},
                       {"d_model", d_model},
                       {"d_kv", d_kv},
                       {"d_ff", d_ff},
                       {"num_layers", num_layers},
                       {"num_decoder_layers", num_decoder_layers.value_or(num_layers)},
                       {"num_heads", num_heads},
                       {"relative_attention_num_buckets", relative_attention_num_buckets},
                       {"relative_attention_max_distance", relative_attention_max_distance},
                       {"dropout_rate", dropout_rate},
                       {"layer_norm_epsilon", layer_norm_epsilon},
                       {"initializer_factor", initializer_factor},
                       {"feed_forward_proj", feed_forward_proj},
                       {"tie_word_embeddings", tie_word_embeddings},
                       {"scale_decoder_outputs", scale_decoder_outputs.value_or(tie_word_embeddings)},
                       {"pad_token_id", pad_token_id},
                       {"eos_token_id", eos_token_id},
                       {"decoder_start_token_id", decoder_start_token_id}});
}

}  // namespace lamina
