// Embedding: a lookup with checked ids.
#include "lamina/nn/layers/embedding.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/take.h"
#include "lamina/ops/to_index.h"

namespace lamina {
namespace {

// The values that the user gave.
class GivenValues final : public Initializer {
 public:
  explicit GivenValues(Tensor values) : values_(std::move(values)) {}
  std::string class_name() const override { return "Constant"; }
  Json config() const override { return Json::object({{"value", nullptr}}); }
  Tensor operator()(const TensorType& type, uint64_t, int) const override {
    return cast(values_, type.dtype);
  }

 private:
  Tensor values_;
};

}  // namespace

Embedding::Embedding(int64_t input_dim, int64_t output_dim, const EmbeddingOptions& options)
    : KerasLayer<Embedding>(options.name, options.trainable, options.dtype),
      input_dim_(input_dim),
      output_dim_(output_dim),
      options_(options) {
  if (input_dim < 1) fail("input_dim must be positive, received " + std::to_string(input_dim));
  if (output_dim < 1) fail("output_dim must be positive, received " + std::to_string(output_dim));
  require_initializer("embeddings_initializer", options.embeddings_initializer);
  if (options.weights.defined() && options.weights.shape() != Shape{input_dim, output_dim}) {
    fail("weights must have shape " + Shape{input_dim, output_dim}.str() + ", (input_dim, output_dim), " +
         "received " + options.weights.shape().str());
  }
  set_activity_regularizer(options.activity_regularizer);
}

DType Embedding::input_dtype(DType given) const { return given; }

Shape Embedding::compute_output_shape(const Shape& input) const {
  Shape output = input;
  output.push_back(output_dim_);
  return output;
}

TensorSpecs Embedding::compute_output_specs(const TensorSpecs& inputs) const {
  return {{compute_output_shape(require_inputs(inputs, 1)[0].shape), compute_dtype()}};
}

void Embedding::create_weights(const Shape&) {
  Choice<Initializer> first = options_.embeddings_initializer;
  if (options_.weights.defined()) first = GivenValues(options_.weights);
  embeddings_ = add_weight(
      "embeddings", {input_dim_, output_dim_}, first,
      {.regularizer = options_.embeddings_regularizer, .constraint = options_.embeddings_constraint});
}

Tensor Embedding::call(const Tensor& ids, CallContext& context) const {
  return embedding_lookup(context.value(embeddings_, compute_dtype()),
                          is_floating(ids.dtype()) ? to_index(ids) : ids);
}

std::vector<Tensor> Embedding::compute_mask(const LayerCall& call, const std::vector<Tensor>&) const {
  if (!options_.mask_zero) return {};
  return {not_equal(call.inputs.at(0), 0.0)};
}

Json Embedding::own_config() const {
  const auto json = [](const auto& choice) { return choice.given() ? choice.get()->serialize() : Json(); };
  return Json::object({{"input_dim", input_dim_},
                       {"output_dim", output_dim_},
                       {"embeddings_initializer", json(options_.embeddings_initializer)},
                       {"embeddings_regularizer", json(options_.embeddings_regularizer)},
                       {"activity_regularizer", nullptr},
                       {"embeddings_constraint", json(options_.embeddings_constraint)},
                       {"mask_zero", options_.mask_zero},
                       {"quantization_config", nullptr}});
}

namespace {

const bool embedding_registered = register_layer("Embedding", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Embedding");
  EmbeddingOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t input_dim = reader.integer("input_dim");
  const int64_t output_dim = reader.integer("output_dim");
  options.embeddings_initializer = reader.initializer("embeddings_initializer", "uniform");
  options.embeddings_regularizer = reader.regularizer("embeddings_regularizer");
  options.embeddings_constraint = reader.constraint("embeddings_constraint");
  options.mask_zero = reader.boolean("mask_zero", false);
  reader.only_null({"weights", "quantization_config"});
  detail::allow_lora(reader);
  reader.allow("input_length");  // of Keras 2; what is fed says it
  reader.done();
  return std::make_shared<Embedding>(input_dim, output_dim, options);
});

}  // namespace

}  // namespace lamina
