// GPT-2 (Radford et al., 2019) in the modules and names of Hugging Face's library: GPT2Model,
// GPT2LMHeadModel and GPT2ForSequenceClassification.
#include "lamina/ops/binary.h"
#include "lamina/ops/split.h"
#include "lamina/zoo/transformers/detail/activation.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/causal_attention.h"
#include "lamina/zoo/transformers/detail/class_scores.h"
#include "lamina/zoo/transformers/detail/config_values.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/detail/modules.h"

namespace lamina {
namespace {

using namespace detail;

/// What computes it, with the names and defaults of GPT2Config.
struct Config {
  explicit Config(const Json& json);

  int64_t vocab_size = 50257, n_positions = 1024, n_embd = 768, n_layer = 12, n_head = 12, n_inner = 0;
  std::string activation_function = "gelu_new";
  double resid_pdrop = 0.1, embd_pdrop = 0.1, attn_pdrop = 0.1, layer_norm_epsilon = 1e-5,
         initializer_range = 0.02;
  bool scale_attn_weights = true, scale_attn_by_inverse_layer_idx = false;
};

Config::Config(const Json& json) {
  const ConfigValues values = family_values(json, "GPT2Config");
  values.size("vocab_size", vocab_size);
  values.size("n_positions", n_positions);
  values.size("n_embd", n_embd);
  values.layers("n_layer", n_layer);
  values.size("n_head", n_head);
  if (n_embd % n_head != 0) values.fail("n_embd", n_embd, "a multiple of n_head");
  n_inner = 4 * n_embd;
  values.size_or_null("n_inner", n_inner);
  values.text("activation_function", activation_function);
  values.rate("resid_pdrop", resid_pdrop);
  values.rate("embd_pdrop", embd_pdrop);
  values.rate("attn_pdrop", attn_pdrop);
  values.number("layer_norm_epsilon", layer_norm_epsilon);
  values.number("initializer_range", initializer_range);
  values.flag("scale_attn_weights", scale_attn_weights);
  values.flag("scale_attn_by_inverse_layer_idx", scale_attn_by_inverse_layer_idx);
  values.only("add_cross_attention", false);
}

struct Block {
  Block(const ModuleScope& scope, const Config& config, int64_t number)
      : number(static_cast<size_t>(number)),
        width(config.n_embd / config.n_head),
        norm_1(scope.norm("ln_1", config.n_embd, Norm::Kind::kLayer, config.layer_norm_epsilon)),
        attention(scope.input_major_linear("attn.c_attn", config.n_embd, 3 * config.n_embd)),
        out(scope.input_major_linear("attn.c_proj", config.n_embd, config.n_embd)),
        norm_2(scope.norm("ln_2", config.n_embd, Norm::Kind::kLayer, config.layer_norm_epsilon)),
        inner(scope.input_major_linear("mlp.c_fc", config.n_embd, config.n_inner)),
        outer(scope.input_major_linear("mlp.c_proj", config.n_inner, config.n_embd)),
        activation(pretrained_activation(config.activation_function)),
        dropout(config.resid_pdrop) {
    double scale = config.scale_attn_weights ? 1 / std::sqrt(static_cast<double>(width)) : 1;
    if (config.scale_attn_by_inverse_layer_idx) scale /= static_cast<double>(number + 1);
    options.scale = scale;
    options.dropout = config.attn_pdrop;
  }
  Tensor operator()(Tensor x, const CausalAttention& seen, CallContext& context) const {
    const std::vector<Tensor> qkv = split_evenly((*attention)((*norm_1)(x, context), context), 3, -1);
    const Tensor heads = seen(number, heads_of(qkv[0], width), heads_of(qkv[1], width),
                              heads_of(qkv[2], width), options, context);
    x = x + drop((*out)(joined_heads(heads), context), dropout, context);
    const Tensor wide = activation((*inner)((*norm_2)(x, context), context));
    return x + drop((*outer)(wide, context), dropout, context);
  }

  size_t number;
  int64_t width;
  std::shared_ptr<Norm> norm_1;
  std::shared_ptr<InputMajorLinear> attention, out;
  std::shared_ptr<Norm> norm_2;
  std::shared_ptr<InputMajorLinear> inner, outer;
  Activation activation;
  double dropout;
  CausalOptions options;
};

struct Parts {
  Parts(const ModuleScope& scope, const Config& config)
      : tokens(scope.table("wte", config.vocab_size, config.n_embd)),
        places(scope.table("wpe", config.n_positions, config.n_embd)),
        dropout(config.embd_pdrop) {
    for (int64_t i = 0; i < config.n_layer; ++i)
      blocks.emplace_back(scope / ("h." + std::to_string(i)), config, i);
    norm = scope.norm("ln_f", config.n_embd, Norm::Kind::kLayer, config.layer_norm_epsilon);
  }
  Tensor operator()(const Tensor& ids, const Tensor& positions, const CausalAttention& seen,
                    CallContext& context) const {
    Tensor x = drop((*tokens)(ids, context) + (*places)(positions, context), dropout, context);
    for (const Block& block : blocks) {
      context.report("hidden_states", x);
      x = block(x, seen, context);
    }
    x = (*norm)(x, context);
    context.report("hidden_states", x);
    return x;
  }

  std::shared_ptr<TokenTable> tokens, places;
  std::vector<Block> blocks;
  std::shared_ptr<Norm> norm;
  double dropout;
};

class GPT2 final : public LayerOf<GPT2, PretrainedModel> {
 public:
  GPT2(const Json& json, CausalTask task, bool tied, const ModelOptions& options)
      : LayerOf<GPT2, PretrainedModel>(json, options),
        config_(json),
        task_(task),
        has_head_(task == CausalTask::kTokens) {
    const ModuleScope top = scope(config_.initializer_range);
    parts_ = std::make_shared<Parts>(task == CausalTask::kNone ? top : top / "transformer", config_);
    if (task == CausalTask::kClasses) classes_ = ClassScores(top, json, "GPT2Config", config_.n_embd);
    head_.table = parts_->tokens;
    if (has_head_ && !tied) head_.matrix = top.linear("lm_head", config_.n_embd, config_.vocab_size, false);
  }
  std::string class_name() const override {
    return classes_ ? "GPT2ForSequenceClassification" : has_head_ ? "GPT2LMHeadModel" : "GPT2Model";
  }
  std::vector<ModelInput> takes() const override {
    return {{"input_ids", config_.vocab_size, true, "", config_.n_positions},
            {"attention_mask", 2, false, "input_ids"},
            {"position_ids", config_.n_positions, false, "input_ids", 0, false}};
  }
  std::vector<std::string> gives() const override {
    return {has_head_ || classes_ ? "logits" : "last_hidden_state"};
  }
  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override {
    const CausalAttention seen(inputs[0].shape()[1], mask_of_keys(inputs[1]));
    const Tensor x = (*parts_)(inputs[0], inputs[2].defined() ? inputs[2] : seen.positions(), seen, context);
    if (classes_) return {(*classes_)(x, inputs[0], context)};
    return {has_head_ ? head_(x, context) : x};
  }

  int64_t context_length() const override { return config_.n_positions; }
  std::vector<TensorType> cache_types(int64_t rows, int64_t length) const override {
    if (!has_head_) return PretrainedModel::cache_types(rows, length);
    return causal_cache(parts_->blocks.size(), compute_dtype(),
                        {rows, length, config_.n_head, config_.n_embd / config_.n_head});
  }
  Tensor decode(const DecodeInputs& inputs, TokenCache& cache, CallContext& context) const override {
    const CausalAttention seen(inputs, cache);
    return head_(asked_tokens((*parts_)(inputs.ids, seen.positions(), seen, context), inputs), context);
  }

 protected:
  bool ignores(const std::string& name) const override {
    // Masks that old files hold.
    return ends_with(name, ".attn.bias") || ends_with(name, ".attn.masked_bias");
  }
  bool is_of_head(const std::string& name) const override {
    return task_ != CausalTask::kNone && name.rfind("transformer.", 0) != 0;
  }
  std::vector<std::string> names_in_files(const std::string& name) const override {
    return with_and_without("transformer.", name);
  }

 private:
  Config config_;
  CausalTask task_;
  bool has_head_;
  std::shared_ptr<Parts> parts_;
  TokenScores head_;
  std::optional<ClassScores> classes_;
};

template <CausalTask task>
std::shared_ptr<PretrainedModel> make(const Json& json, bool tied, const ModelOptions& options) {
  return std::make_shared<GPT2>(json, task, tied, options);
}

const bool gpt2_registered =
    register_architecture({"gpt2",
                           "GPT2LMHeadModel",
                           make<CausalTask::kTokens>,
                           "lm_head.weight",
                           {"transformer.wte.weight", "wte.weight"}}) &&
    register_architecture({"gpt2", "GPT2Model", make<CausalTask::kNone>}) &&
    register_architecture({"gpt2", "GPT2ForSequenceClassification", make<CausalTask::kClasses>});

}  // namespace
}  // namespace lamina
