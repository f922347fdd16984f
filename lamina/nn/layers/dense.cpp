// Dense: one product, one sum, one activation; the engine fuses them.
#include "lamina/nn/layers/dense.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/config.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/matmul.h"

namespace lamina {

Dense::Dense(int64_t units, const DenseOptions& options)
    : KerasLayer<Dense>(options.name, options.trainable, options.dtype), units_(units), options_(options) {
  if (units < 1) fail("units must be positive, received " + std::to_string(units));
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

Shape Dense::compute_output_shape(const Shape& input) const {
  if (input.rank() < 2) {
    fail("expected input of rank 2 or more, (batch, ..., features), received shape " + input.str());
  }
  if (input[-1] < 0) fail("the last axis of the input must be known, received shape " + input.str());
  if (kernel_ && input[-1] != kernel_->type.shape[0]) {
    fail("expected " + std::to_string(kernel_->type.shape[0]) + " features, received shape " + input.str());
  }
  Shape output = input;
  output.set(-1, units_);
  return output;
}

void Dense::create_weights(const Shape& input) {
  kernel_ = add_weight("kernel", {input[-1], units_}, options_.kernel_initializer,
                       detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (options_.use_bias) {
    bias_ = add_weight("bias", {units_}, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor Dense::call(const Tensor& x, CallContext& context) const {
  Tensor y = matmul(x, context.value(kernel_, compute_dtype()));
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json Dense::own_config() const {
  return Json::object({{"units", units_},
                       {"activation", options_.activation},
                       {"use_bias", options_.use_bias},
                       {"kernel_initializer", detail::choice_json(options_.kernel_initializer)},
                       {"bias_initializer", detail::choice_json(options_.bias_initializer)},
                       {"kernel_regularizer", detail::choice_json(options_.kernel_regularizer)},
                       {"bias_regularizer", detail::choice_json(options_.bias_regularizer)},
                       {"kernel_constraint", detail::choice_json(options_.kernel_constraint)},
                       {"bias_constraint", detail::choice_json(options_.bias_constraint)},
                       {"quantization_config", nullptr}});
}

namespace {

const bool dense_registered = register_layer("Dense", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Dense");
  DenseOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t units = reader.integer("units");
  detail::read_kernel_arguments(reader, options);
  reader.only_null({"quantization_config"});
  detail::allow_lora(reader);
  reader.done();
  return std::make_shared<Dense>(units, options);
});

}  // namespace

}  // namespace lamina
