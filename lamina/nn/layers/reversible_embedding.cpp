// ReversibleEmbedding: a lookup, and a product with the same table.
#include "lamina/nn/layers/reversible_embedding.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/take.h"
#include "lamina/ops/to_index.h"
#include "lamina/ops/unary.h"

namespace lamina {

ReversibleEmbedding::ReversibleEmbedding(int64_t input_dim, int64_t output_dim,
                                         const ReversibleEmbeddingOptions& options)
    : KerasLayer<ReversibleEmbedding>(options.name, options.trainable, options.dtype),
      input_dim_(input_dim),
      output_dim_(output_dim),
      options_(options) {
  if (input_dim < 1) fail("input_dim must be positive, received " + std::to_string(input_dim));
  if (output_dim < 1) fail("output_dim must be positive, received " + std::to_string(output_dim));
  if (options.logit_soft_cap && *options.logit_soft_cap == 0) fail("logit_soft_cap must not be 0");
  require_initializer("embeddings_initializer", options.embeddings_initializer);
  reverse_dtype();
  set_activity_regularizer(options.activity_regularizer);
}

DType ReversibleEmbedding::reverse_dtype() const {
  if (options_.reverse_dtype.empty()) return compute_dtype();
  const DType dtype = dtype_from_name(options_.reverse_dtype);
  if (!is_floating(dtype)) fail("reverse_dtype must be a floating one, received '" + options_.reverse_dtype + "'");
  return dtype;
}

TensorSpecs ReversibleEmbedding::compute_output_specs(const TensorSpecs& inputs) const {
  Shape output = require_inputs(inputs, 1)[0].shape;
  output.push_back(output_dim_);
  return {{output, compute_dtype()}};
}

TensorSpecs ReversibleEmbedding::call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const {
  if (!call.flag("reverse")) return compute_output_specs(inputs);
  const Shape& given = require_inputs(inputs, 1)[0].shape;
  if (given.rank() < 1 || (given[-1] >= 0 && given[-1] != output_dim_)) {
    fail("the way back takes vectors of output_dim, " + std::to_string(output_dim_) +
         ", numbers; received an input of shape " + given.str());
  }
  Shape output(std::vector<int64_t>(given.begin(), given.end() - 1));
  output.push_back(input_dim_);
  return {{output, reverse_dtype()}};
}

void ReversibleEmbedding::create_weights_for(const TensorSpecs&) {
  embeddings_ = add_weight(
      "embeddings", {input_dim_, output_dim_}, options_.embeddings_initializer,
      {.regularizer = options_.embeddings_regularizer, .constraint = options_.embeddings_constraint});
  if (!options_.tie_weights)
    reverse_embeddings_ =
        add_weight("reverse_embeddings", {output_dim_, input_dim_}, options_.embeddings_initializer);
}

Tensor ReversibleEmbedding::call(const Tensor& ids, CallContext& context) const {
  return embedding_lookup(context.value(embeddings_, compute_dtype()),
                          is_floating(ids.dtype()) ? to_index(ids) : ids);
}

std::vector<Tensor> ReversibleEmbedding::forward(const LayerCall& call, CallContext& context) const {
  const Tensor& x = call.inputs.at(0);
  if (!call.flag("reverse")) return {this->call(x, context)};
  call_output_specs(call, {{x.shape(), x.dtype()}});
  const DType dtype = reverse_dtype();
  const Tensor states = cast(x, dtype);
  Tensor scores = options_.tie_weights
                      ? matmul(states, cast(context.value(embeddings_, compute_dtype()), dtype), false, true)
                      : matmul(states, cast(context.value(reverse_embeddings_, compute_dtype()), dtype));
  if (options_.logit_soft_cap)
    scores = tanh(scores / *options_.logit_soft_cap) * *options_.logit_soft_cap;
  return {scores};
}

std::vector<Tensor> ReversibleEmbedding::compute_mask(const LayerCall& call,
                                                      const std::vector<Tensor>&) const {
  if (!options_.mask_zero || call.flag("reverse")) return {};
  return {not_equal(call.inputs.at(0), 0.0)};
}

Json ReversibleEmbedding::own_config() const {
  return Json::object({{"input_dim", input_dim_},
                       {"output_dim", output_dim_},
                       {"embeddings_initializer", detail::choice_json(options_.embeddings_initializer)},
                       {"embeddings_regularizer", detail::choice_json(options_.embeddings_regularizer)},
                       {"activity_regularizer", nullptr},
                       {"embeddings_constraint", detail::choice_json(options_.embeddings_constraint)},
                       {"mask_zero", options_.mask_zero},
                       {"quantization_config", nullptr},
                       {"tie_weights", options_.tie_weights},
                       {"reverse_dtype", options_.reverse_dtype.empty() ? Json() : Json(options_.reverse_dtype)},
                       {"logit_soft_cap", options_.logit_soft_cap ? Json(*options_.logit_soft_cap) : Json()}});
}

namespace {

const bool reversible_embedding_registered =
    register_layer("ReversibleEmbedding", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "ReversibleEmbedding");
      ReversibleEmbeddingOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
      const int64_t input_dim = reader.integer("input_dim");
      const int64_t output_dim = reader.integer("output_dim");
      options.tie_weights = reader.boolean("tie_weights", true);
      options.embeddings_initializer = reader.initializer("embeddings_initializer", "uniform");
      options.embeddings_regularizer = reader.regularizer("embeddings_regularizer");
      options.embeddings_constraint = reader.constraint("embeddings_constraint");
      options.mask_zero = reader.boolean("mask_zero", false);
      options.reverse_dtype = reader.string("reverse_dtype", "");
      options.logit_soft_cap = reader.optional_number("logit_soft_cap");
      reader.only_null({"weights", "quantization_config"});
      detail::allow_lora(reader);
      reader.allow("input_length");
      reader.done();
      return std::make_shared<ReversibleEmbedding>(input_dim, output_dim, options);
    });

}  // namespace

}  // namespace lamina
