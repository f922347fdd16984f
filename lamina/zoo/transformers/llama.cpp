// Decoders of LLaMA's family (Touvron et al., 2023, arXiv 2302.13971) in the modules and names of Hugging
// Face's library: Llama, Mistral (a window), Qwen2 (biases), Qwen3 (normed queries and keys), each as
// ...Model, ...ForCausalLM and ...ForSequenceClassification.
#include "lamina/ops/binary.h"
#include "lamina/zoo/transformers/detail/activation.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/causal_attention.h"
#include "lamina/zoo/transformers/detail/class_scores.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/rotary.h"

namespace lamina {
namespace {

using namespace detail;

constexpr int64_t kMostPositions = int64_t{1} << 24;  // that float32 tells apart

/// What its members differ in, and what their configurations leave open.
struct Member {
  const char *type, *name;
  int64_t vocab_size, key_value_heads, head_dim;  ///< 0: as many heads as of queries; width / heads
  int64_t longest;
  bool bias, bias_out, has_bias_key, has_mlp_bias_key, norms_heads;
  bool windows, windows_by_layer;
};
constexpr Member kMembers[] = {
    {"llama", "Llama", 32000, 0, 0, 2048, false, false, true, true, false, false, false},
    {"mistral", "Mistral", 32000, 8, 0, 4096 * 32, false, false, false, false, false, true, false},
    {"qwen2", "Qwen2", 151936, 32, 0, 32768, true, false, false, false, false, true, true},
    {"qwen3", "Qwen3", 151936, 32, 128, 32768, false, false, true, false, true, true, true}};

struct Config {
  Config(const Json& json, const Member& member);
  int64_t window_of(int64_t layer) const {
    return windows.empty() ? 0 : windows.at(static_cast<size_t>(layer));
  }

  int64_t vocab_size, hidden_size = 4096, intermediate_size, num_hidden_layers = 32, num_attention_heads = 32,
                      num_key_value_heads, head_dim, max_position_embeddings;
  std::string hidden_act = "silu";
  double initializer_range = 0.02, rms_norm_eps = 1e-6, attention_dropout = 0;
  bool bias, bias_out, mlp_bias = false, norms_heads;
  std::vector<int64_t> windows;  ///< of each layer; empty: none has one
};

/// Which layers see a window only.
void read_windows(const ConfigValues& values, const Member& member, Config& config) {
  int64_t window = 4096, first = 28;
  bool used = !member.windows_by_layer;
  if (member.windows_by_layer) values.flag("use_sliding_window", used);
  values.integer("max_window_layers", first);
  const Json* const types = member.windows_by_layer ? values.find("layer_types") : nullptr;
  // Mistral says null where there is no window; absent is its standard one.
  const Json* const stated = values.json().find("sliding_window");
  if (stated && stated->is_null()) used = false;
  values.size_or_null("sliding_window", window);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    bool slides = used && (!member.windows_by_layer || i >= first);
    if (types) {
      if (!types->is_list() || static_cast<int64_t>(types->size()) != config.num_hidden_layers)
        values.fail("layer_types", *types, "a list with an entry for each layer");
      const Json& type = types->at(static_cast<size_t>(i));
      slides = type == Json("sliding_attention");
      if (!slides && !(type == Json("full_attention")))
        values.fail("layer_types", type, "full_attention or sliding_attention");
      if (slides && !used)
        values.fail("layer_types", type, "full_attention, where use_sliding_window is false,");
    }
    config.windows.push_back(slides ? window : 0);
  }
}

Config::Config(const Json& json, const Member& member)
    : vocab_size(member.vocab_size),
      intermediate_size(std::string(member.type) == "mistral" ? 14336 : 11008),
      num_key_value_heads(member.key_value_heads),
      head_dim(member.head_dim),
      max_position_embeddings(member.longest),
      bias(member.bias),
      bias_out(member.bias_out),
      norms_heads(member.norms_heads) {
  const ConfigValues values = family_values(json, std::string(member.name) + "Config");
  values.size("vocab_size", vocab_size);
  values.size("hidden_size", hidden_size);
  values.size("intermediate_size", intermediate_size);
  values.layers("num_hidden_layers", num_hidden_layers);
  values.size("num_attention_heads", num_attention_heads);
  if (num_key_value_heads == 0) num_key_value_heads = num_attention_heads;
  values.size_or_null("num_key_value_heads", num_key_value_heads);
  if (num_attention_heads % num_key_value_heads != 0)
    values.fail("num_key_value_heads", num_key_value_heads, "a divisor of num_attention_heads");
  if (head_dim == 0) head_dim = hidden_size / num_attention_heads;
  values.size_or_null("head_dim", head_dim);
  values.size("max_position_embeddings", max_position_embeddings);
  values.text("hidden_act", hidden_act);
  values.number("initializer_range", initializer_range);
  values.number("rms_norm_eps", rms_norm_eps);
  values.rate("attention_dropout", attention_dropout);
  if (member.has_bias_key) {
    values.flag("attention_bias", bias);
    bias_out = bias;
  } else {
    values.only("attention_bias", member.bias);
  }
  if (member.has_mlp_bias_key) {
    values.flag("mlp_bias", mlp_bias);
  } else {
    values.only("mlp_bias", false);
  }
  values.only("pretraining_tp", 1);
  if (member.windows) {
    read_windows(values, member, *this);
  } else {
    values.only("sliding_window", nullptr);
  }
}

struct Block {
  Block(const ModuleScope& scope, const Config& config, int64_t number)
      : number(static_cast<size_t>(number)),
        width(config.head_dim),
        activation(pretrained_activation(config.hidden_act)) {
    const int64_t all = config.num_attention_heads * width, some = config.num_key_value_heads * width;
    const auto norm = [&](const ModuleScope& where, const char* name, int64_t size) {
      return where.norm(name, size, Norm::Kind::kRootMeanSquare, config.rms_norm_eps);
    };
    const ModuleScope attention = scope / "self_attn", mlp = scope / "mlp";
    q = attention.linear("q_proj", config.hidden_size, all, config.bias);
    k = attention.linear("k_proj", config.hidden_size, some, config.bias);
    v = attention.linear("v_proj", config.hidden_size, some, config.bias);
    o = attention.linear("o_proj", all, config.hidden_size, config.bias_out);
    if (config.norms_heads) {
      q_norm = norm(attention, "q_norm", width);
      k_norm = norm(attention, "k_norm", width);
    }
    gate = mlp.linear("gate_proj", config.hidden_size, config.intermediate_size, config.mlp_bias);
    up = mlp.linear("up_proj", config.hidden_size, config.intermediate_size, config.mlp_bias);
    down = mlp.linear("down_proj", config.intermediate_size, config.hidden_size, config.mlp_bias);
    before = norm(scope, "input_layernorm", config.hidden_size);
    between = norm(scope, "post_attention_layernorm", config.hidden_size);
    options.dropout = config.attention_dropout;
    options.window = config.window_of(number);
  }
  Tensor operator()(Tensor x, const Rotary::Turn& turn, const CausalAttention& seen,
                    CallContext& context) const {
    const Tensor normed = (*before)(x, context);
    Tensor query = heads_of((*q)(normed, context), width), key = heads_of((*k)(normed, context), width);
    if (q_norm) query = (*q_norm)(query, context), key = (*k_norm)(key, context);
    const Tensor value = heads_of((*v)(normed, context), width);
    const Tensor heads =
        seen(number, Rotary::turned(query, turn), Rotary::turned(key, turn), value, options, context);
    x = x + (*o)(joined_heads(heads), context);
    const Tensor inner = (*between)(x, context);
    return x + (*down)(activation((*gate)(inner, context)) * (*up)(inner, context), context);
  }

  size_t number;
  int64_t width;
  Activation activation;
  std::shared_ptr<Linear> q, k, v, o, gate, up, down;
  std::shared_ptr<Norm> q_norm, k_norm, before, between;
  CausalOptions options;
};

struct Parts {
  Parts(const ModuleScope& scope, const Json& json, const Config& config)
      : tokens(scope.table("embed_tokens", config.vocab_size, config.hidden_size)),
        rotary(json, config.head_dim, config.max_position_embeddings) {
    for (int64_t i = 0; i < config.num_hidden_layers; ++i)
      blocks.emplace_back(scope / ("layers." + std::to_string(i)), config, i);
    norm = scope.norm("norm", config.hidden_size, Norm::Kind::kRootMeanSquare, config.rms_norm_eps);
  }
  Tensor operator()(const Tensor& ids, const Tensor& positions, const CausalAttention& seen,
                    CallContext& context) const {
    const Rotary::Turn turn = rotary.at(positions, seen.lengths());
    Tensor x = (*tokens)(ids, context);
    for (const Block& block : blocks) {
      context.report("hidden_states", x);
      x = block(x, turn, seen, context);
    }
    x = (*norm)(x, context);
    context.report("hidden_states", x);
    return x;
  }

  std::shared_ptr<TokenTable> tokens;
  Rotary rotary;
  std::vector<Block> blocks;
  std::shared_ptr<Norm> norm;
};

class Llama final : public LayerOf<Llama, PretrainedModel> {
 public:
  Llama(const Json& json, const Member& member, CausalTask task, bool tied, const ModelOptions& options)
      : LayerOf<Llama, PretrainedModel>(json, options),
        member_(member),
        config_(json, member),
        task_(task),
        has_head_(task == CausalTask::kTokens) {
    const ModuleScope top = scope(config_.initializer_range);
    parts_ = std::make_shared<Parts>(task == CausalTask::kNone ? top : top / "model", json, config_);
    if (task == CausalTask::kClasses)
      classes_ = ClassScores(top, json, std::string(member.name) + "Config", config_.hidden_size);
    head_.table = parts_->tokens;
    if (has_head_ && !tied)
      head_.matrix = top.linear("lm_head", config_.hidden_size, config_.vocab_size, false);
  }
  std::string class_name() const override {
    return std::string(member_.name) + (classes_    ? "ForSequenceClassification"
                                        : has_head_ ? "ForCausalLM"
                                                    : "Model");
  }
  std::vector<ModelInput> takes() const override {
    const int64_t longest = context_length();
    return {{"input_ids", config_.vocab_size, true, "", longest},
            {"attention_mask", 2, false, "input_ids"},
            {"position_ids", longest > 0 ? longest : kMostPositions, false, "input_ids", 0, false}};
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

  int64_t context_length() const override { return parts_->rotary.longest(); }
  int64_t steady_length() const override { return parts_->rotary.steady(); }
  std::vector<TensorType> cache_types(int64_t rows, int64_t length) const override {
    if (!has_head_) return PretrainedModel::cache_types(rows, length);
    return causal_cache(parts_->blocks.size(), compute_dtype(),
                        {rows, length, config_.num_key_value_heads, config_.head_dim});
  }
  Tensor decode(const DecodeInputs& inputs, TokenCache& cache, CallContext& context) const override {
    const CausalAttention seen(inputs, cache);
    return head_(asked_tokens((*parts_)(inputs.ids, seen.positions(), seen, context), inputs), context);
  }

 protected:
  bool ignores(const std::string& name) const override {
    return ends_with(name, ".rotary_emb.inv_freq");  // of old files
  }
  bool is_of_head(const std::string& name) const override {
    return task_ != CausalTask::kNone && name.rfind("model.", 0) != 0;
  }
  std::vector<std::string> names_in_files(const std::string& name) const override {
    return with_and_without("model.", name);
  }

 private:
  const Member& member_;
  Config config_;
  CausalTask task_;
  bool has_head_;
  std::shared_ptr<Parts> parts_;
  TokenScores head_;
  std::optional<ClassScores> classes_;
};

template <size_t member, CausalTask task>
std::shared_ptr<PretrainedModel> make(const Json& json, bool tied, const ModelOptions& options) {
  return std::make_shared<Llama>(json, kMembers[member], task, tied, options);
}

template <size_t member>
bool add() {
  const std::string type = kMembers[member].type, name = kMembers[member].name;
  return register_architecture({type,
                                name + "ForCausalLM",
                                make<member, CausalTask::kTokens>,
                                "lm_head.weight",
                                {"model.embed_tokens.weight", "embed_tokens.weight"},
                                false}) &&
         register_architecture({type, name + "Model", make<member, CausalTask::kNone>}) &&
         register_architecture(
             {type, name + "ForSequenceClassification", make<member, CausalTask::kClasses>});
}

const bool llama_registered = add<0>() && add<1>() && add<2>() && add<3>();

}  // namespace
}  // namespace lamina
