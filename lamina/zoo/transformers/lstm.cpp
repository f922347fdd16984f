// A language model of LSTMs (Hochreiter and Schmidhuber, 1997; for text: Graves, 2013, arXiv 1308.0850):
// LSTMForCausalLM. Hugging Face's library has none; folder, training and generate() are those of the others.
// What it keeps of earlier tokens are the two states of each layer, whatever the length of the text.
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/detail/lstm_module.h"
#include "lamina/zoo/transformers/detail/token_cache.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

using namespace detail;

/// What computes it. Absent members have the values that stand here.
struct Config {
  explicit Config(const Json& json) {
    const ConfigValues values = family_values(json, "LSTMConfig");
    values.size("vocab_size", vocab_size);
    values.size("hidden_size", hidden_size);
    values.layers("num_hidden_layers", num_hidden_layers);
    values.rate("dropout", dropout);
    values.number("initializer_range", initializer_range);
  }

  int64_t vocab_size = 256, hidden_size = 256, num_hidden_layers = 2;
  double dropout = 0;  ///< of the input of each layer, and of what the scores are made of
  double initializer_range = 0.1;
};

class LstmModel final : public LayerOf<LstmModel, PretrainedModel> {
 public:
  LstmModel(const Json& json, bool tied, const ModelOptions& options)
      : LayerOf<LstmModel, PretrainedModel>(json, options), config_(json) {
    const ModuleScope top = scope(config_.initializer_range);
    head_.table = top.table("model.embed_tokens", config_.vocab_size, config_.hidden_size);
    for (int64_t i = 0; i < config_.num_hidden_layers; ++i)
      layers_.push_back((top / "model.layers")
                            .add<LstmModule>(std::to_string(i), config_.hidden_size, config_.hidden_size));
    if (!tied) head_.matrix = top.linear("lm_head", config_.hidden_size, config_.vocab_size, false);
  }
  std::string class_name() const override { return "LSTMForCausalLM"; }
  std::vector<ModelInput> takes() const override { return {{"input_ids", config_.vocab_size}}; }
  std::vector<std::string> gives() const override { return {"logits"}; }

  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override {
    std::vector<Tensor> states;
    for (const TensorType& type : cache_types(inputs[0].shape()[0], 0))
      states.push_back(zeros(type.shape, type.dtype));
    return {head_(through(inputs[0], {}, states, context), context)};
  }

  std::vector<TensorType> cache_types(int64_t rows, int64_t) const override {
    return std::vector<TensorType>(2 * layers_.size(), {compute_dtype(), {rows, config_.hidden_size}});
  }
  Tensor decode(const DecodeInputs& inputs, TokenCache& cache, CallContext& context) const override {
    std::vector<Tensor> states;
    for (size_t i = 0; i < 2 * layers_.size(); ++i) states.push_back(cache.state(i));
    const Tensor x = through(inputs.ids, own_tokens(inputs), states, context);
    for (size_t i = 0; i < states.size(); ++i) cache.state(i) = states[i];
    return head_(asked_tokens(x, inputs), context);
  }

 private:
  /// What the last layer says of each token; `states` (h and c of each layer) go in and out.
  Tensor through(const Tensor& ids, const Tensor& mask, std::vector<Tensor>& states,
                 CallContext& context) const {
    Tensor x = drop((*head_.table)(ids, context), config_.dropout, context);
    for (size_t i = 0; i < layers_.size(); ++i) {
      context.report("hidden_states", x);
      const RecurrentResult result = (*layers_[i])(x, states.at(2 * i), states.at(2 * i + 1), mask, context);
      states[2 * i] = result.h;
      states[2 * i + 1] = result.c;
      x = drop(result.output, config_.dropout, context);
    }
    context.report("hidden_states", x);
    return x;
  }

  Config config_;
  std::vector<std::shared_ptr<LstmModule>> layers_;
  TokenScores head_;
};

const bool lstm_registered = register_architecture(
    {"lstm",
     "LSTMForCausalLM",
     [](const Json& json, bool tied, const ModelOptions& options) -> std::shared_ptr<PretrainedModel> {
       return std::make_shared<LstmModel>(json, tied, options);
     },
     "lm_head.weight",
     {"model.embed_tokens.weight"}});

}  // namespace
}  // namespace lamina
