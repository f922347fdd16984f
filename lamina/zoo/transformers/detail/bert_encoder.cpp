// Post-norm blocks: what is added is normalised afterwards.
#include "lamina/zoo/transformers/detail/bert_encoder.h"

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/family.h"

namespace lamina::detail {

BertConfig::BertConfig(const Json& json, const BertNames& its_names)
    : names(&its_names),
      vocab_size(its_names.counts_positions ? 50265 : 30522),
      layers(its_names.has_pooler ? 12 : 6),
      padding(its_names.counts_positions ? 1 : 0) {
  const ConfigValues values = family_values(json, its_names.config);
  values.size("vocab_size", vocab_size);
  values.size(names->width, width);
  values.layers(names->layers, layers);
  values.size(names->heads, heads);
  if (width % heads != 0)
    values.fail(names->width, width, (std::string("a multiple of ") + names->heads).c_str());
  values.size(names->inner, inner);
  values.size("max_position_embeddings", positions);
  values.text(names->activation, activation);
  values.rate(names->dropout, dropout);
  values.rate(names->attention_dropout, attention_dropout);
  values.number("initializer_range", initializer_range);
  if (names->has_epsilon) values.number("layer_norm_eps", epsilon);
  if (names->has_types) {
    values.size("type_vocab_size", types);
  } else {
    types = 0;
  }
  values.integer("pad_token_id", padding);
  if (names->counts_positions && (padding < 0 || padding + 1 >= positions))
    values.fail("pad_token_id", padding, "a token below max_position_embeddings - 1");
  labels = number_of_labels(values);
  if (names->has_pooler) {
    classes_dropout = dropout;
    values.rate("classifier_dropout", classes_dropout);
    tokens_dropout = classes_dropout;
  } else {
    classes_dropout = 0.2;
    values.rate("seq_classif_dropout", classes_dropout);
    tokens_dropout = dropout;
    answers_dropout = 0.1;
    values.rate("qa_dropout", answers_dropout);
  }
  values.only("position_embedding_type", "absolute");
  values.only("is_decoder", false);
  values.only("add_cross_attention", false);
}

BertEncoder::BertEncoder(const ModuleScope& scope, const BertConfig& config)
    : config_(config), activation_(pretrained_activation(config.activation)) {
  const BertNames& names = *config.names;
  const ModuleScope embeddings = scope / "embeddings";
  const auto norm = [&](const ModuleScope& where, const char* name) {
    return where.norm(name, config.width, Norm::Kind::kLayer, config.epsilon);
  };
  tokens_ = embeddings.table("word_embeddings", config.vocab_size, config.width);
  places_ = embeddings.table("position_embeddings", config.positions, config.width);
  if (names.has_types) types_ = embeddings.table("token_type_embeddings", config.types, config.width);
  norm_ = norm(embeddings, "LayerNorm");
  for (int64_t i = 0; i < config.layers; ++i) {
    const ModuleScope layer = scope / (std::string(names.stack) + "." + std::to_string(i));
    const auto square = [&](const char* name) {
      return layer.linear(name, config.width, config.width, true);
    };
    Block& block = blocks_.emplace_back();
    block.query = square(names.query);
    block.key = square(names.key);
    block.value = square(names.value);
    block.out = square(names.out);
    block.out_norm = norm(layer, names.out_norm);
    block.wide = layer.linear(names.wide, config.width, config.inner, true);
    block.narrow = layer.linear(names.narrow, config.inner, config.width, true);
    block.narrow_norm = norm(layer, names.narrow_norm);
  }
}

// RoBERTa counts the tokens that are no padding, from the one behind the padding token's number on.
Tensor BertEncoder::positions_of(const Tensor& ids) const {
  const Shape& s = ids.shape();
  if (!config_.names->counts_positions) return reshape(arange(s[1], DType::kInt32), {1, s[1]});
  const auto padding = static_cast<int32_t>(config_.padding);
  const Tensor is_text = cast(not_equal(ids, padding), DType::kInt32);
  return cumsum(is_text, 1) * is_text + padding;
}

Tensor BertEncoder::operator()(const Inputs& inputs, CallContext& context) const {
  const auto dropped = [&](const Tensor& y) { return drop(y, config_.dropout, context); };
  Tensor x = (*tokens_)(inputs.ids, context);
  if (types_) {
    const Tensor types = inputs.types.defined() ? inputs.types : zeros({1, 1}, DType::kInt32);
    x = x + (*types_)(types, context);
  }
  x = x + (*places_)(inputs.positions.defined() ? inputs.positions : positions_of(inputs.ids), context);
  x = dropped((*norm_)(x, context));
  const int64_t width = config_.width / config_.heads;
  context.report("hidden_states", x);
  for (const Block& block : blocks_) {
    const auto heads = [&](const Linear& part) { return heads_of(part(x, context), width); };
    const Tensor seen =
        joined_heads(attend(heads(*block.query), heads(*block.key), heads(*block.value), {{}, inputs.mask},
                            config_.attention_dropout, "attentions", context));
    const Tensor out = (*block.out)(seen, context);
    x = (*block.out_norm)((config_.names->drops_attention ? dropped(out) : out) + x, context);
    const Tensor inner = activation_((*block.wide)(x, context));
    x = (*block.narrow_norm)(dropped((*block.narrow)(inner, context)) + x, context);
    context.report("hidden_states", x);
  }
  return x;
}

}  // namespace lamina::detail
