// Attention, AdditiveAttention.
#include "lamina/nn/layers/attention.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/dropout.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Json optional_json(const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); }

// Of every pair: (batch, queries, keys, dim).
Tensor pair_sums(const Tensor& query, const Tensor& key) { return expand_dims(query, -2) + expand_dims(key, -3); }

}  // namespace

AttentionLayer::AttentionLayer(const AttentionLayerOptions& options, bool use_scale)
    : Layer(options.name, options.trainable, options.dtype),
      options_(options),
      use_scale_(options.use_scale.value_or(use_scale)) {}

void AttentionLayer::check() const {
  if (!(options_.dropout >= 0 && options_.dropout < 1))
    fail("dropout must be at least 0 and below 1, received " + std::to_string(options_.dropout));
  if (options_.score_mode != "dot" && options_.score_mode != "concat")
    fail("score_mode must be 'dot' or 'concat', received '" + options_.score_mode + "'");
}

std::vector<std::string> AttentionLayer::call_arguments() const {
  return {"inputs", "mask", "return_attention_scores", "training", "use_causal_mask"};
}

TensorSpecs AttentionLayer::compute_output_specs(const TensorSpecs& inputs) const {
  std::string shapes;
  for (const TensorSpec& input : inputs) shapes += (shapes.empty() ? "" : ", ") + input.shape.str();
  if (inputs.size() < 2 || inputs.size() > 3)
    fail("expected query, value and perhaps key in a list, received " + std::to_string(inputs.size()) +
         " inputs: " + shapes);
  const Shape &query = inputs[0].shape, &value = inputs[1].shape, &key = inputs.back().shape;
  if (query.rank() != 3 || value.rank() != 3 || key.rank() != 3)
    fail("expected query (batch, queries, dim), value (batch, keys, values) and key (batch, keys, dim), received shapes " +
         shapes);
  const auto differ = [](int64_t a, int64_t b) { return a >= 0 && b >= 0 && a != b; };
  if (differ(query[2], key[2]) || differ(value[1], key[1]))
    fail("query and key must agree on their last axis, value and key on their keys, received shapes " + shapes);
  return {{{query[0], query[1], value[2]}, compute_dtype()}};
}

TensorSpecs AttentionLayer::call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const {
  TensorSpecs outputs = compute_output_specs(inputs);
  if (call.flag("return_attention_scores"))
    outputs.push_back({{inputs[0].shape[0], inputs[0].shape[1], inputs[1].shape[1]}, compute_dtype()});
  return outputs;
}

std::vector<Tensor> AttentionLayer::compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const {
  std::vector<Tensor> result{masks.empty() ? Tensor() : masks[0]};
  if (call.flag("return_attention_scores")) result.emplace_back();
  return result;
}

std::vector<Tensor> AttentionLayer::forward(const LayerCall& call, CallContext& context) const {
  const Tensor &query = call.inputs.at(0), &value = call.inputs.at(1), &key = call.inputs.back();
  const Tensor query_mask = call.mask(0), value_mask = call.mask(1);
  const auto require_places = [&](const char* what, const Tensor& mask, const Tensor& of) {
    if (mask.defined() && (mask.rank() != 2 || mask.shape()[1] != of.shape()[1]))
      fail(std::string("the mask of the ") + what + " should be (batch, " + std::to_string(of.shape()[1]) +
           "), received shape " + mask.shape().str());
  };
  require_places("query", query_mask, query);
  require_places("value", value_mask, value);
  Tensor all = scores(query, key, context);
  Tensor seen;
  if (value_mask.defined()) seen = expand_dims(cast(value_mask, DType::kBool), -2);
  if (call.flag("use_causal_mask")) {
    const int64_t queries = query.shape()[1], keys = value.shape()[1];
    const Tensor earlier =
        greater_equal(reshape(arange(queries), {1, queries, 1}), reshape(arange(keys), {1, 1, keys}));
    seen = seen.defined() ? logical_and(seen, earlier) : earlier;
  }
  // As in Keras a number is taken away, so that a query which may see nothing sees everything alike.
  if (seen.defined())
    all = all - cast(logical_not(seen), all.dtype()) * (all.dtype() == DType::kFloat16 ? 65504.0 : 1e9);
  const Tensor weights = Dropout(options_.dropout, {.seed = options_.seed}).call(softmax(all, -1), context);
  Tensor output = matmul(weights, value);
  if (query_mask.defined()) output = output * cast(expand_dims(query_mask, -1), output.dtype());
  if (call.flag("return_attention_scores")) return {output, weights};
  return {output};
}

Json AttentionLayer::build_config() const {
  Json shapes = Json::list();
  for (const TensorSpec& input : input_specs()) {
    Json shape = Json::list();
    for (const int64_t extent : input.shape) shape.push_back(extent < 0 ? Json() : Json(extent));
    shapes.push_back(std::move(shape));
  }
  return Json::object({{"input_shape", shapes}});
}

Attention::Attention(const AttentionLayerOptions& options) : KerasLayer<Attention, AttentionLayer>(options, false) {
  check();
}

void Attention::create_weights_for(const TensorSpecs&) {
  if (use_scale_) scale_ = add_weight("scale", Shape{}, "ones");
  if (options_.score_mode == "concat") concat_ = add_weight("concat_score_weight", Shape{}, "ones");
}

Tensor Attention::scores(const Tensor& query, const Tensor& key, CallContext& context) const {
  const DType dtype = compute_dtype();
  if (!concat_) {
    const Tensor products = matmul(query, transpose(key, {0, 2, 1}));
    return scale_ ? products * context.value(scale_, dtype) : products;
  }
  const Tensor sums = pair_sums(query, key);
  const Tensor scaled = scale_ ? sums * context.value(scale_, dtype) : sums;
  return sum(tanh(scaled), {-1}) * context.value(concat_, dtype);
}

Json Attention::own_config() const {
  return Json::object({{"use_scale", use_scale_},
                       {"score_mode", options_.score_mode},
                       {"dropout", options_.dropout},
                       {"seed", optional_json(options_.seed)}});
}

AdditiveAttention::AdditiveAttention(const AttentionLayerOptions& options)
    : KerasLayer<AdditiveAttention, AttentionLayer>(options, true) {
  check();
}

void AdditiveAttention::create_weights_for(const TensorSpecs& inputs) {
  if (use_scale_) scale_ = add_weight("scale", {inputs[0].shape[2]}, "glorot_uniform");
}

Tensor AdditiveAttention::scores(const Tensor& query, const Tensor& key, CallContext& context) const {
  const Tensor pairs = tanh(pair_sums(query, key));
  return sum(scale_ ? pairs * context.value(scale_, compute_dtype()) : pairs, {-1});
}

Json AdditiveAttention::own_config() const {
  return Json::object(
      {{"use_scale", use_scale_}, {"dropout", options_.dropout}, {"seed", optional_json(options_.seed)}});
}

namespace {

const bool dot_registered = register_layer("Attention", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Attention");
  AttentionLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.use_scale = reader.boolean("use_scale", false);
  options.score_mode = reader.string("score_mode", "dot");
  options.dropout = reader.number("dropout", 0.0);
  options.seed = reader.optional_integer("seed");
  reader.done();
  return std::make_shared<Attention>(options);
});

const bool additive_registered = register_layer("AdditiveAttention", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "AdditiveAttention");
  AttentionLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.use_scale = reader.boolean("use_scale", true);
  options.dropout = reader.number("dropout", 0.0);
  options.seed = reader.optional_integer("seed");
  reader.only("score_mode", "dot");  // which Keras writes here, too, in some versions
  reader.done();
  return std::make_shared<AdditiveAttention>(options);
});

}  // namespace

}  // namespace lamina
