// Marian's translators, OPUS-MT among them: the original Transformer (Vaswani et al., 2017, arXiv 1706.03762)
// in the modules and names of Hugging Face's library, MarianMTModel.
#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/zoo/transformers/detail/activation.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/causal_attention.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/sinusoids.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

using namespace detail;

/// What computes it, with the names and defaults of MarianConfig.
struct Config {
  explicit Config(const Json& json);
  int64_t target_size() const { return share ? vocab_size : decoder_vocab_size; }

  int64_t vocab_size = 58101, decoder_vocab_size, d_model = 1024, max_position_embeddings = 1024;
  int64_t layers[2] = {12, 12}, heads[2] = {16, 16}, inner[2] = {4096, 4096};  ///< of encoder and decoder
  std::string activation_function = "gelu";
  double dropout = 0.1, attention_dropout = 0, activation_dropout = 0, init_std = 0.02;
  bool scale_embedding = false, share = true;
};

Config::Config(const Json& json) {
  const ConfigValues values = family_values(json, "MarianConfig");
  values.size("vocab_size", vocab_size);
  decoder_vocab_size = vocab_size;
  values.size_or_null("decoder_vocab_size", decoder_vocab_size);
  values.size("d_model", d_model);
  values.size("max_position_embeddings", max_position_embeddings);
  for (size_t side = 0; side < 2; ++side) {
    const std::string name = side == 0 ? "encoder" : "decoder";
    values.layers((name + "_layers").c_str(), layers[side]);
    values.size((name + "_ffn_dim").c_str(), inner[side]);
    values.size((name + "_attention_heads").c_str(), heads[side]);
    if (d_model % heads[side] != 0)
      values.fail("d_model", d_model, ("a multiple of " + name + "_attention_heads").c_str());
    values.only((name + "_layerdrop").c_str(), 0.0);
  }
  values.text("activation_function", activation_function);
  values.rate("dropout", dropout);
  values.rate("attention_dropout", attention_dropout);
  values.rate("activation_dropout", activation_dropout);
  values.number("init_std", init_std);
  values.flag("scale_embedding", scale_embedding);
  values.flag("share_encoder_decoder_embeddings", share);
  values.only("is_decoder", false);
  // What the oldest files say of Marian's other kinds.
  values.only("normalize_before", false);
  values.only("normalize_embedding", false);
  values.only("static_position_embeddings", true);
  values.only("add_final_layer_norm", false);
}

struct Attention {
  Attention(const ModuleScope& scope, const Config& config, int64_t heads)
      : width(config.d_model / heads), dropout(config.attention_dropout) {
    const auto square = [&](const char* name) {
      return scope.linear(name, config.d_model, config.d_model, true);
    };
    k = square("k_proj");
    v = square("v_proj");
    q = square("q_proj");
    out = square("out_proj");
  }
  Tensor queries(const Tensor& x, CallContext& context) const { return heads_of((*q)(x, context), width); }
  Tensor keys(const Tensor& x, CallContext& context) const { return heads_of((*k)(x, context), width); }
  Tensor values(const Tensor& x, CallContext& context) const { return heads_of((*v)(x, context), width); }
  Tensor joined(const Tensor& heads, CallContext& context) const {
    return (*out)(joined_heads(heads), context);
  }
  /// What the queries of x see in keys and values; `name`: under which the weights are reported.
  Tensor operator()(const Tensor& x, const Tensor& key, const Tensor& value, const Tensor& mask,
                    const char* name, CallContext& context) const {
    return joined(attend(queries(x, context), key, value, {{}, mask}, dropout, name, context), context);
  }

  int64_t width;
  double dropout;
  std::shared_ptr<Linear> k, v, q, out;
};

struct Block {
  Block(const ModuleScope& scope, const Config& config, size_t side)
      : self(scope / "self_attn", config, config.heads[side]),
        self_norm(norm(scope, "self_attn_layer_norm", config)) {
    if (side == 1) {
      cross.emplace(scope / "encoder_attn", config, config.heads[side]);
      cross_norm = norm(scope, "encoder_attn_layer_norm", config);
    }
    wide = scope.linear("fc1", config.d_model, config.inner[side], true);
    narrow = scope.linear("fc2", config.inner[side], config.d_model, true);
    final_norm = norm(scope, "final_layer_norm", config);
  }
  static std::shared_ptr<Norm> norm(const ModuleScope& scope, const char* name, const Config& config) {
    return scope.norm(name, config.d_model, Norm::Kind::kLayer, 1e-5);
  }

  Attention self;
  std::shared_ptr<Norm> self_norm;
  std::optional<Attention> cross;
  std::shared_ptr<Norm> cross_norm;
  std::shared_ptr<Linear> wide, narrow;
  std::shared_ptr<Norm> final_norm;
};

/// The blocks of encoder or decoder.
struct Stack {
  Stack(const ModuleScope& scope, const Config& config, size_t side)
      : config(config),
        activation(pretrained_activation(config.activation_function)),
        states(side == 0 ? "encoder_hidden_states" : "decoder_hidden_states") {
    for (int64_t i = 0; i < config.layers[side]; ++i)
      blocks.emplace_back(scope / ("layers." + std::to_string(i)), config, side);
  }
  /// self(block number, x) and cross(block number, x) give what attention adds.
  /// @param places  what positions add: (1 or rows, tokens, d_model)
  Tensor operator()(const Tensor& embedded, const Tensor& places, const auto& self, const auto& cross,
                    CallContext& context) const {
    const auto dropped = [&](const Tensor& y) { return drop(y, config.dropout, context); };
    Tensor x = config.scale_embedding ? embedded * std::sqrt(static_cast<double>(config.d_model)) : embedded;
    x = dropped(x + cast(places, x.dtype()));
    context.report(states, x);
    for (size_t i = 0; i < blocks.size(); ++i) {
      const Block& block = blocks[i];
      x = (*block.self_norm)(x + dropped(self(i, x)), context);
      if (block.cross) x = (*block.cross_norm)(x + dropped(cross(i, x)), context);
      const Tensor inner = drop(activation((*block.wide)(x, context)), config.activation_dropout, context);
      x = (*block.final_norm)(x + dropped((*block.narrow)(inner, context)), context);
      context.report(states, x);
    }
    return x;
  }

  Config config;
  Activation activation;
  const char* states;  ///< under which its states are reported
  std::vector<Block> blocks;
};

struct Parts {
  Parts(const ModuleScope& top, const Config& config, bool tied)
      : config(config),
        source(config.share ? top.table("model.shared", config.vocab_size, config.d_model)
                            : top.table("model.encoder.embed_tokens", config.vocab_size, config.d_model)),
        target(config.share
                   ? source
                   : top.table("model.decoder.embed_tokens", config.decoder_vocab_size, config.d_model)),
        encoder(top / "model.encoder", config, 0),
        decoder(top / "model.decoder", config, 1),
        bias(top.bias("final_logits_bias", {1, config.target_size()})),
        head{target, nullptr} {
    if (!tied) head.matrix = top.linear("lm_head", config.d_model, config.target_size(), false);
  }

  /// (rows, source, d_model); `mask`: bool (rows, 1, 1, source), or undefined.
  Tensor encoded(const Tensor& ids, const Tensor& mask, CallContext& context) const {
    const auto self = [&](size_t i, const Tensor& x) {
      const Attention& attention = encoder.blocks[i].self;
      return attention(x, attention.keys(x, context), attention.values(x, context), mask,
                       "encoder_attentions", context);
    };
    require_short(ids);
    return encoder((*source)(ids, context), places(ids.shape()[1]), self,
                   [](size_t, const Tensor& x) { return x; }, context);
  }
  /// Throws InvalidArgument for texts beyond the positions that there are.
  void require_short(const Tensor& ids) const {
    if (ids.shape()[1] > config.max_position_embeddings)
      throw InvalidArgument("MarianMTModel: a text has " + std::to_string(ids.shape()[1]) + " tokens, more than the " +
                            std::to_string(config.max_position_embeddings) + " that the model can look at");
  }
  /// (rows, target, d_model); cross(block number, x) gives what the target sees of the source.
  Tensor decoded(const Tensor& ids, const CausalAttention& seen, const auto& cross,
                 CallContext& context) const {
    const CausalOptions options{.dropout = config.attention_dropout, .name = "decoder_attentions"};
    const auto self = [&](size_t i, const Tensor& x) {
      const Attention& own = decoder.blocks[i].self;
      return own.joined(
          seen(i, own.queries(x, context), own.keys(x, context), own.values(x, context), options, context),
          context);
    };
    return decoder((*target)(ids, context), take(places(seen.keys()), seen.positions(), 0), self, cross, context);
  }
  /// float32 (count, d_model), cut from one table: files for other run times hold that, and no length.
  Tensor places(int64_t count) const {
    constexpr int64_t kMost = 8192;
    std::call_once(table_made, [&] {
      table = sinusoids(std::min(config.max_position_embeddings, kMost), config.d_model);
    });
    if (count > table.shape()[0]) return sinusoids(count, config.d_model);
    return slice(table, {0, 0}, {count, config.d_model});
  }
  Tensor scores(const Tensor& x, CallContext& context) const { return head(x, context) + (*bias)(context); }

  Config config;
  std::shared_ptr<TokenTable> source, target;
  Stack encoder, decoder;
  std::shared_ptr<Bias> bias;
  TokenScores head;
  mutable std::once_flag table_made;
  mutable Tensor table;  ///< of places
};

class Marian final : public LayerOf<Marian, PretrainedModel> {
 public:
  Marian(const Json& json, bool tied, const ModelOptions& options)
      : LayerOf<Marian, PretrainedModel>(json, options), config_(json) {
    if (config_.share && !tied)
      throw InvalidArgument(
          "MarianConfig: share_encoder_decoder_embeddings is true and the scores have a matrix of their own, "
          "which Lamina does not compute; one table for all, or two and tie_word_embeddings true or false, "
          "was "
          "expected");
    parts_ = std::make_shared<Parts>(scope(config_.init_std), config_, tied);
  }
  std::string class_name() const override { return "MarianMTModel"; }
  std::vector<ModelInput> takes() const override {
    const int64_t longest = config_.max_position_embeddings;
    return {{"input_ids", config_.vocab_size, true, "", longest},
            {"attention_mask", 2, false, "input_ids"},
            {"decoder_input_ids", config_.target_size(), true, "", longest},
            {"decoder_attention_mask", 2, false, "decoder_input_ids", 0, false}};
  }
  std::vector<std::string> gives() const override { return {"logits"}; }
  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override {
    const Tensor mask = mask_of_keys(inputs[1]), source = parts_->encoded(inputs[0], mask, context);
    parts_->require_short(inputs[2]);
    const CausalAttention seen(inputs[2].shape()[1], mask_of_keys(inputs[3]));
    const auto cross = [&](size_t i, const Tensor& x) {
      const Attention& attention = *parts_->decoder.blocks[i].cross;
      return attention(x, attention.keys(source, context), attention.values(source, context), mask,
                       "cross_attentions", context);
    };
    return {parts_->scores(parts_->decoded(inputs[2], seen, cross, context), context)};
  }

  bool is_encoder_decoder() const override { return true; }
  int64_t context_length() const override { return config_.max_position_embeddings; }
  int64_t vocab_size() const override { return config_.target_size(); }
  std::vector<TensorType> cache_types(int64_t rows, int64_t length) const override {
    return causal_cache(parts_->decoder.blocks.size(), compute_dtype(),
                        {rows, length, config_.heads[1], config_.d_model / config_.heads[1]});
  }
  // The mask, and then keys and values for each block of the decoder.
  std::vector<Tensor> encode(const Tensor& ids, const Tensor& mask, CallContext& context) const override {
    const Tensor wide = mask_of_keys(mask), source = parts_->encoded(ids, wide, context);
    std::vector<Tensor> memory{wide};
    for (const Block& block : parts_->decoder.blocks) {
      memory.push_back(block.cross->keys(source, context));
      memory.push_back(block.cross->values(source, context));
    }
    return memory;
  }
  Tensor decode(const DecodeInputs& inputs, TokenCache& cache, CallContext& context) const override {
    const CausalAttention seen(inputs, cache);
    const auto cross = [&](size_t i, const Tensor& x) {
      return (*parts_->decoder.blocks[i].cross)(x, inputs.memory[1 + 2 * i], inputs.memory[2 + 2 * i],
                                                inputs.memory[0], "cross_attentions", context);
    };
    return parts_->scores(asked_tokens(parts_->decoded(inputs.ids, seen, cross, context), inputs), context);
  }

 protected:
  bool ignores(const std::string& name) const override {
    // Positions, which are computed, and copies of the table.
    return ends_with(name, ".embed_positions.weight") ||
           (config_.share && ends_with(name, ".embed_tokens.weight"));
  }

 private:
  Config config_;
  std::shared_ptr<Parts> parts_;
};

std::shared_ptr<PretrainedModel> make(const Json& json, bool tied, const ModelOptions& options) {
  return std::make_shared<Marian>(json, tied, options);
}

const bool marian_registered = register_architecture({"marian",
                                               "MarianMTModel",
                                               make,
                                               "lm_head.weight",
                                               {"model.shared.weight", "model.decoder.embed_tokens.weight"}});

}  // namespace
}  // namespace lamina
