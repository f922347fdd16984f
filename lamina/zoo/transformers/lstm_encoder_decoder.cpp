// An encoder-decoder of LSTMs with attention: LSTMForConditionalGeneration. Layers of both directions read
// the source (Bahdanau et al., 2015, arXiv 1409.0473). The first layer of the decoder asks for what matters
// of it, by scaled products (Luong et al., 2015, arXiv 1508.04025, "general"), and the layers above, which
// begin with the states in which those of the encoder end, are told (Wu et al., 2016, arXiv 1609.08144). So
// no layer waits for another at each token, and a training computes all tokens of a layer in one go. Hugging
// Face's library has none such; folder, training and generate() are those of the others.
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
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
    const ConfigValues values = family_values(json, "LSTMEncoderDecoderConfig");
    values.size("vocab_size", vocab_size);
    values.size("hidden_size", hidden_size);
    values.layers("num_hidden_layers", num_hidden_layers);
    values.rate("dropout", dropout);
    values.number("initializer_range", initializer_range);
    values.only("is_encoder_decoder", true);
    if (hidden_size % 2 != 0)
      values.fail("hidden_size", hidden_size, "an even number: each direction of the encoder has half of it");
  }

  int64_t vocab_size = 256, hidden_size = 256;
  int64_t num_hidden_layers = 2;  ///< of the encoder, and of the decoder
  double dropout = 0;             ///< of the input of each layer, and of what the scores are made of
  double initializer_range = 0.1;
};

/// Both directions of a layer that reads the source, side by side.
struct EncoderLayer {
  EncoderLayer(const ModuleScope& scope, int64_t width)
      : forward(scope.add<LstmModule>("forward", width, width / 2)),
        backward(scope.add<LstmModule>("backward", width, width / 2)) {}
  /// output (rows, source, width); h and c (rows, width) after the last token of each direction.
  RecurrentResult operator()(const Tensor& x, const Tensor& mask, const CallContext& context) const {
    const RecurrentResult one = forward->from_zeros(x, mask, context);
    const RecurrentResult other = backward->from_zeros(x, mask, context, true);
    return {concatenate({one.output, other.output}, -1), concatenate({one.h, other.h}, -1),
            concatenate({one.c, other.c}, -1)};
  }

  std::shared_ptr<LstmModule> forward, backward;
};

/// What the decoder needs of the source: what attention compares with, what it takes, and which of them
/// count; h and c of each layer.
struct Read {
  Tensor keys, values;  ///< (rows, source, 1, width)
  Tensor mask;          ///< bool (rows, 1, 1, source), or undefined
  std::vector<Tensor> states;
};

class LstmEncoderDecoder final : public LayerOf<LstmEncoderDecoder, PretrainedModel> {
 public:
  LstmEncoderDecoder(const Json& json, bool tied, const ModelOptions& options)
      : LayerOf<LstmEncoderDecoder, PretrainedModel>(json, options), config_(json) {
    const ModuleScope top = scope(config_.initializer_range);
    const int64_t width = config_.hidden_size;
    head_.table = top.table("shared", config_.vocab_size, width);
    for (int64_t i = 0; i < config_.num_hidden_layers; ++i) {
      const std::string number = std::to_string(i);
      encoder_.emplace_back(top / ("encoder.layers." + number), width);
      decoder_.push_back((top / "decoder.layers").add<LstmModule>(number, i == 0 ? width : 2 * width, width));
    }
    query_ = top.linear("decoder.attention.query", width, width, false);
    joined_ = top.linear("decoder.attention.joined", 2 * width, width, true);
    if (!tied) head_.matrix = top.linear("lm_head", width, config_.vocab_size, false);
  }
  std::string class_name() const override { return "LSTMForConditionalGeneration"; }
  bool is_encoder_decoder() const override { return true; }
  std::vector<ModelInput> takes() const override {
    return {{"input_ids", config_.vocab_size},
            {"attention_mask", 2, false, "input_ids"},
            {"decoder_input_ids", config_.vocab_size}};
  }
  std::vector<std::string> gives() const override { return {"logits"}; }

  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override {
    Read source = read(inputs[0], inputs[1].defined() ? not_equal(inputs[1], 0.0) : Tensor(), context);
    return {head_(through(inputs[2], {}, source, source.states, context), context)};
  }

  std::vector<TensorType> cache_types(int64_t rows, int64_t) const override {
    return std::vector<TensorType>(2 * decoder_.size(), {compute_dtype(), {rows, config_.hidden_size}});
  }
  // Mask, keys and values, and the states that the decoder begins with.
  std::vector<Tensor> encode(const Tensor& ids, const Tensor& mask, CallContext& context) const override {
    Read source = read(ids, mask, context);
    std::vector<Tensor> memory{source.mask, source.keys, source.values};
    memory.insert(memory.end(), source.states.begin(), source.states.end());
    return memory;
  }
  Tensor decode(const DecodeInputs& inputs, TokenCache& cache, CallContext& context) const override {
    const std::vector<Tensor>& memory = inputs.memory;
    const Tensor begins = equal(reshape(inputs.positions, {-1, 1}), 0.0);
    std::vector<Tensor> states;
    for (size_t i = 0; i < 2 * decoder_.size(); ++i)
      states.push_back(where(begins, memory.at(3 + i), cache.state(i)));
    const Read source{memory.at(1), memory.at(2), memory.at(0), {}};
    const Tensor x = through(inputs.ids, own_tokens(inputs), source, states, context);
    for (size_t i = 0; i < states.size(); ++i) cache.state(i) = states[i];
    return head_(asked_tokens(x, inputs), context);
  }

 private:
  /// @param mask  bool (rows, source), or undefined
  Read read(const Tensor& ids, const Tensor& mask, CallContext& context) const {
    Read source;
    Tensor x = drop((*head_.table)(ids, context), config_.dropout, context);
    context.report("encoder_hidden_states", x);
    for (const EncoderLayer& layer : encoder_) {
      const RecurrentResult result = layer(x, mask, context);
      source.states.push_back(result.h);
      source.states.push_back(result.c);
      x = drop(result.output, config_.dropout, context);
      context.report("encoder_hidden_states", x);
    }
    source.keys = source.values = heads_of(x, config_.hidden_size);
    if (mask.defined()) source.mask = reshape(mask, {mask.shape()[0], 1, 1, mask.shape()[1]});
    return source;
  }

  /// What the scores of each token are made of; `states` (h and c of each layer) go in and out.
  Tensor through(const Tensor& ids, const Tensor& mask, const Read& source, std::vector<Tensor>& states,
                 CallContext& context) const {
    Tensor x = drop((*head_.table)(ids, context), config_.dropout, context), seen;
    context.report("decoder_hidden_states", x);
    for (size_t i = 0; i < decoder_.size(); ++i) {
      const RecurrentResult result = (*decoder_[i])(i == 0 ? x : concatenate({x, seen}, -1), states.at(2 * i),
                                                    states.at(2 * i + 1), mask, context);
      states[2 * i] = result.h;
      states[2 * i + 1] = result.c;
      x = drop(result.output, config_.dropout, context);
      context.report("decoder_hidden_states", x);
      if (i > 0) continue;
      const Tensor query = heads_of((*query_)(x, context), config_.hidden_size);
      seen = joined_heads(
          attend(query, source.keys, source.values, {{}, source.mask}, 0, "cross_attentions", context));
    }
    return drop(tanh((*joined_)(concatenate({x, seen}, -1), context)), config_.dropout, context);
  }

  Config config_;
  std::vector<EncoderLayer> encoder_;
  std::vector<std::shared_ptr<LstmModule>> decoder_;
  std::shared_ptr<Linear> query_, joined_;
  TokenScores head_;
};

const bool lstm_encoder_decoder_registered = register_architecture(
    {"lstm_encoder_decoder",
     "LSTMForConditionalGeneration",
     [](const Json& json, bool tied, const ModelOptions& options) -> std::shared_ptr<PretrainedModel> {
       return std::make_shared<LstmEncoderDecoder>(json, tied, options);
     },
     "lm_head.weight",
     {"shared.weight"}});

}  // namespace
}  // namespace lamina
