// T5 in the modules and names of Hugging Face's library.
#include "lamina/zoo/transformers/t5.h"

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/zoo/transformers/detail/activation.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/feed_forward_kind.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/relative_positions.h"
#include "lamina/zoo/transformers/detail/token_cache.h"

namespace lamina {

using detail::Linear;
using detail::ModuleScope;
using detail::Norm;
using detail::RelativePositions;
using detail::TokenTable;

namespace {

/// First values are drawn so that sums of `terms` products keep the size of their terms.
double deviation_of(const T5Config& config, int64_t terms) {
  return config.initializer_factor / std::sqrt(static_cast<double>(terms));
}

/// What attention looks at besides its queries.
struct Seen {
  AttentionOptions options;
  Tensor key, value;      ///< of all tokens, heads apart
  const char* name = "";  ///< under which the weights are reported
};

struct Attention {
  Attention(const ModuleScope& scope, const T5Config& config, bool has_bias)
      : width(config.d_kv), dropout(config.dropout_rate) {
    const int64_t inner = config.num_heads * config.d_kv;
    const ModuleScope wide = scope.drawn(deviation_of(config, config.d_model));
    // Scores are not divided by sqrt(d_kv): the queries are smaller instead.
    q = scope.drawn(deviation_of(config, config.d_model * config.d_kv))
            .linear("q", config.d_model, inner, false);
    k = wide.linear("k", config.d_model, inner, false);
    v = wide.linear("v", config.d_model, inner, false);
    o = scope.drawn(deviation_of(config, inner)).linear("o", inner, config.d_model, false);
    if (has_bias)
      bias = wide.table("relative_attention_bias", config.relative_attention_num_buckets, config.num_heads);
  }
  Tensor keys(const Tensor& x, CallContext& context) const {
    return detail::heads_of((*k)(x, context), width);
  }
  Tensor values(const Tensor& x, CallContext& context) const {
    return detail::heads_of((*v)(x, context), width);
  }
  Tensor operator()(const Tensor& x, const Seen& seen, CallContext& context) const {
    const Tensor query = detail::heads_of((*q)(x, context), width);
    return (*o)(detail::joined_heads(
                    detail::attend(query, seen.key, seen.value, seen.options, dropout, seen.name, context)),
                context);
  }
  /// (rows, heads, queries, keys) for buckets (rows, queries, keys).
  Tensor bias_of(const Tensor& buckets, CallContext& context) const {
    return transpose((*bias)(buckets, context), {0, 3, 1, 2});
  }

  int64_t width;
  double dropout;
  std::shared_ptr<Linear> q, k, v, o;
  std::shared_ptr<TokenTable> bias;
};

struct FeedForward {
  FeedForward(const ModuleScope& scope, const T5Config& config) : dropout(config.dropout_rate) {
    const detail::FeedForwardKind kind(config.feed_forward_proj);
    gated = kind.gated;
    activation = detail::pretrained_activation(kind.activation);
    const ModuleScope wide = scope.drawn(deviation_of(config, config.d_model));
    in = wide.linear(gated ? "wi_0" : "wi", config.d_model, config.d_ff, false);
    if (gated) gate = wide.linear("wi_1", config.d_model, config.d_ff, false);
    out = scope.drawn(deviation_of(config, config.d_ff)).linear("wo", config.d_ff, config.d_model, false);
  }
  Tensor operator()(const Tensor& x, CallContext& context) const {
    Tensor inner = activation((*in)(x, context));
    if (gated) inner = inner * (*gate)(x, context);
    return (*out)(detail::drop(inner, dropout, context), context);
  }

  double dropout;
  bool gated;
  detail::Activation activation;
  std::shared_ptr<Linear> in, gate, out;
};

struct Block {
  Block(const ModuleScope& scope, const T5Config& config, bool decoder, bool first)
      : attention(scope / "layer.0.SelfAttention", config, first), norm(norm_of(scope / "layer.0", config)) {
    if (decoder) {
      cross.emplace(scope / "layer.1.EncDecAttention", config, false);
      cross_norm = norm_of(scope / "layer.1", config);
    }
    const ModuleScope last = scope / (decoder ? "layer.2" : "layer.1");
    feed_forward.emplace(last / "DenseReluDense", config);
    feed_forward_norm = norm_of(last, config);
  }
  static std::shared_ptr<Norm> norm_of(const ModuleScope& scope, const T5Config& config) {
    return scope.norm("layer_norm", config.d_model, Norm::Kind::kRootMeanSquare, config.layer_norm_epsilon);
  }

  Attention attention;
  std::shared_ptr<Norm> norm;
  std::optional<Attention> cross;
  std::shared_ptr<Norm> cross_norm;
  std::optional<FeedForward> feed_forward;
  std::shared_ptr<Norm> feed_forward_norm;
};

/// The blocks of encoder or decoder.
class Stack {
 public:
  Stack(const ModuleScope& scope, const T5Config& config, bool decoder, const char* states)
      : dropout_(config.dropout_rate), states_(states) {
    const int64_t count = decoder ? config.num_decoder_layers.value_or(config.num_layers) : config.num_layers;
    for (int64_t i = 0; i < count; ++i)
      blocks_.emplace_back(scope / ("block." + std::to_string(i)), config, decoder, i == 0);
    final_ = scope.norm("final_layer_norm", config.d_model, Norm::Kind::kRootMeanSquare,
                        config.layer_norm_epsilon);
  }
  const std::vector<Block>& blocks() const { return blocks_; }
  const Attention& first() const { return blocks_.at(0).attention; }

  /// self(block number, normed x) and cross(block number) say what a block looks at.
  Tensor operator()(Tensor x, const auto& self, const auto& cross, CallContext& context) const {
    const auto dropped = [&](const Tensor& y) { return detail::drop(y, dropout_, context); };
    x = dropped(x);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      context.report(states_, x);
      const Block& block = blocks_[i];
      const Tensor normed = (*block.norm)(x, context);
      x = x + dropped(block.attention(normed, self(i, normed), context));
      if (block.cross) x = x + dropped((*block.cross)((*block.cross_norm)(x, context), cross(i), context));
      x = x + dropped((*block.feed_forward)((*block.feed_forward_norm)(x, context), context));
    }
    x = dropped((*final_)(x, context));
    context.report(states_, x);
    return x;
  }

 private:
  double dropout_;
  const char* states_;
  std::vector<Block> blocks_;
  std::shared_ptr<Norm> final_;
};

}  // namespace

namespace {

/// The table of tokens and the encoder.
struct Source {
  /// `attentions` and `states`: under which these are reported.
  Source(const ModuleScope& scope, const T5Config& config, const char* attentions, const char* states)
      : shared(scope.table("shared", config.vocab_size, config.d_model)),
        encoder(scope / "encoder", config, false, states),
        name(attentions),
        buckets{config.relative_attention_num_buckets, config.relative_attention_max_distance, true} {}

  /// (batch, source, d_model); `mask`: bool (batch, 1, 1, source), or undefined.
  Tensor encoded(const Tensor& ids, const Tensor& mask, CallContext& context) const {
    const int64_t length = ids.shape()[1];
    const AttentionOptions options{encoder.first().bias_of(buckets.of(length, length), context), mask, 1.0};
    const auto self = [&](size_t i, const Tensor& x) {
      const Attention& attention = encoder.blocks()[i].attention;
      return Seen{options, attention.keys(x, context), attention.values(x, context), name};
    };
    return encoder((*shared)(ids, context), self, [](size_t) { return Seen(); }, context);
  }

  std::shared_ptr<TokenTable> shared;
  Stack encoder;
  const char* name;
  RelativePositions buckets;
};

bool is_copy_of_table(const std::string& name) {
  return name == "encoder.embed_tokens.weight" || name == "decoder.embed_tokens.weight";
}

}  // namespace

struct T5ForConditionalGeneration::Parts {
  Parts(const ModuleScope& scope, const T5Config& config)
      : config(config),
        source(scope, config, "encoder_attentions", "encoder_hidden_states"),
        decoder(scope / "decoder", config, true, "decoder_hidden_states"),
        buckets{config.relative_attention_num_buckets, config.relative_attention_max_distance, false},
        head{source.shared, nullptr} {
    if (!config.tie_word_embeddings)
      head.matrix = scope.linear("lm_head", config.d_model, config.vocab_size, false);
  }

  Tensor scores(Tensor x, CallContext& context) const {
    if (config.scale_decoder_outputs.value_or(config.tie_word_embeddings))
      x = x * (1 / std::sqrt(static_cast<double>(config.d_model)));
    return head(x, context);
  }

  T5Config config;
  Source source;
  Stack decoder;
  RelativePositions buckets;
  detail::TokenScores head;
};

T5ForConditionalGeneration::T5ForConditionalGeneration(const T5Config& config, const ModelOptions& options)
    : T5ForConditionalGeneration(config, config.to_json(), options) {}

T5ForConditionalGeneration::T5ForConditionalGeneration(const T5Config& config, const Json& json,
                                                       const ModelOptions& options)
    : LayerOf<T5ForConditionalGeneration, PretrainedModel>(json, options), config_(config) {
  parts_ = std::make_shared<Parts>(scope(config.initializer_factor), config);
}

std::string T5ForConditionalGeneration::class_name() const {
  return model_type() == "mt5" ? "MT5ForConditionalGeneration" : "T5ForConditionalGeneration";
}

bool T5ForConditionalGeneration::ignores(const std::string& name) const {
  // Copies of the table, and a matrix that old checkpoints have and nobody reads.
  return is_copy_of_table(name) ||
         name == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";
}

std::vector<ModelInput> T5ForConditionalGeneration::takes() const {
  return {{"input_ids", config_.vocab_size},
          {"attention_mask", 2, false, "input_ids"},
          {"decoder_input_ids", config_.vocab_size},
          {"decoder_attention_mask", 2, false, "decoder_input_ids", 0, false}};
}

std::vector<Tensor> T5ForConditionalGeneration::compute(const std::vector<Tensor>& inputs,
                                                        CallContext& context) const {
  const Tensor& target = inputs[2];
  const Tensor mask = detail::mask_of_keys(inputs[1]);
  const Tensor source = parts_->source.encoded(inputs[0], mask, context);
  const int64_t length = target.shape()[1];
  AttentionOptions own{parts_->decoder.first().bias_of(parts_->buckets.of(length, length), context),
                       detail::mask_of_keys(inputs[3]), 1.0};
  own.is_causal = true;
  const auto& blocks = parts_->decoder.blocks();
  const auto self = [&](size_t i, const Tensor& x) {
    return Seen{own, blocks[i].attention.keys(x, context), blocks[i].attention.values(x, context),
                "decoder_attentions"};
  };
  const auto cross = [&](size_t i) {
    return Seen{{{}, mask, 1.0},
                blocks[i].cross->keys(source, context),
                blocks[i].cross->values(source, context),
                "cross_attentions"};
  };
  return {parts_->scores(parts_->decoder((*parts_->source.shared)(target, context), self, cross, context),
                         context)};
}

std::vector<TensorType> T5ForConditionalGeneration::cache_types(int64_t rows, int64_t length) const {
  const TensorType one{compute_dtype(), {rows, length, config_.num_heads, config_.d_kv}};
  return std::vector<TensorType>(2 * parts_->decoder.blocks().size(), one);
}

// The mask, and then keys and values for each block of the decoder.
std::vector<Tensor> T5ForConditionalGeneration::encode(const Tensor& ids, const Tensor& mask,
                                                       CallContext& context) const {
  const Tensor wide = reshape(mask, {mask.shape()[0], 1, 1, mask.shape()[1]});
  const Tensor source = parts_->source.encoded(ids, wide, context);
  std::vector<Tensor> memory{wide};
  for (const Block& block : parts_->decoder.blocks()) {
    memory.push_back(block.cross->keys(source, context));
    memory.push_back(block.cross->values(source, context));
  }
  return memory;
}

Tensor T5ForConditionalGeneration::decode(const DecodeInputs& inputs, detail::TokenCache& cache,
                                          CallContext& context) const {
  const auto& blocks = parts_->decoder.blocks();
  const Tensor buckets = parts_->buckets.from(detail::places_of(inputs), cache.length());
  const AttentionOptions own{parts_->decoder.first().bias_of(buckets, context),
                             detail::keys_so_far(inputs, cache.length()), 1.0};
  const auto self = [&](size_t i, const Tensor& x) {
    return Seen{own, cache.with(2 * i, blocks[i].attention.keys(x, context)),
                cache.with(2 * i + 1, blocks[i].attention.values(x, context))};
  };
  const auto cross = [&](size_t i) {
    return Seen{{{}, inputs.memory[0], 1.0}, inputs.memory[1 + 2 * i], inputs.memory[2 + 2 * i]};
  };
  const Tensor x = parts_->decoder((*parts_->source.shared)(inputs.ids, context), self, cross, context);
  return parts_->scores(detail::asked_tokens(x, inputs), context);
}

struct T5EncoderModel::Parts : Source {
  using Source::Source;
};

T5EncoderModel::T5EncoderModel(const T5Config& config, const ModelOptions& options)
    : T5EncoderModel(
          config,
          [&] {
            Json json = config.to_json();
            json["architectures"] = Json::list({"T5EncoderModel"});
            json["is_encoder_decoder"] = false;
            return json;
          }(),
          options) {}

T5EncoderModel::T5EncoderModel(const T5Config& config, const Json& json, const ModelOptions& options)
    : LayerOf<T5EncoderModel, PretrainedModel>(json, options), config_(config) {
  parts_ = std::make_shared<Parts>(scope(config.initializer_factor), config, "attentions", "hidden_states");
}

std::string T5EncoderModel::class_name() const {
  return model_type() == "mt5" ? "MT5EncoderModel" : "T5EncoderModel";
}

bool T5EncoderModel::ignores(const std::string& name) const {
  return is_copy_of_table(name) || name.rfind("decoder.", 0) == 0 || name == "lm_head.weight";
}

std::vector<ModelInput> T5EncoderModel::takes() const {
  return {{"input_ids", config_.vocab_size}, {"attention_mask", 2, false, "input_ids"}};
}

std::vector<Tensor> T5EncoderModel::compute(const std::vector<Tensor>& inputs, CallContext& context) const {
  return {parts_->encoded(inputs[0], detail::mask_of_keys(inputs[1]), context)};
}

namespace {

std::shared_ptr<PretrainedModel> make(const Json& json, bool tied, const ModelOptions& options) {
  T5Config config = T5Config::from_json(json);
  config.tie_word_embeddings = tied;
  return std::make_shared<T5ForConditionalGeneration>(config, json, options);
}

std::shared_ptr<PretrainedModel> make_encoder(const Json& json, bool, const ModelOptions& options) {
  return std::make_shared<T5EncoderModel>(T5Config::from_json(json), json, options);
}

const bool t5_registered =
    register_architecture({"t5", "T5ForConditionalGeneration", make, "lm_head.weight", {"shared.weight"}}) &&
    register_architecture(
        {"mt5", "MT5ForConditionalGeneration", make, "lm_head.weight", {"shared.weight"}}) &&
    register_architecture({"t5", "T5EncoderModel", make_encoder}) &&
    register_architecture({"mt5", "MT5EncoderModel", make_encoder});

}  // namespace
}  // namespace lamina
