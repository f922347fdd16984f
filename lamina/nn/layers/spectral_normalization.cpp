// SpectralNormalization: power iteration on the kernel of the layer inside.
#include "lamina/nn/layers/spectral_normalization.h"

#include "lamina/core/grad.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/initializers/random.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Tensor direction(const Tensor& x) {  // as keras.utils.normalize
  return x * minimum(rsqrt(sum(square(x))), 1e7);
}

}  // namespace

SpectralNormalization::SpectralNormalization(const AnyLayer& layer,
                                             const SpectralNormalizationOptions& options)
    : KerasLayer<SpectralNormalization>(options.name, options.trainable, options.dtype),
      layer_(track("layer", layer.get())),
      power_iterations_(options.power_iterations) {
  if (power_iterations_ < 1)
    fail("power_iterations must be positive, received " + std::to_string(power_iterations_));
  if (!options.trainable) set_trainable(false);
}

TensorSpecs SpectralNormalization::compute_output_specs(const TensorSpecs& inputs) const {
  TensorSpecs outputs = layer_->compute_output_specs(require_inputs(inputs, 1));
  if (outputs.size() != 1)
    fail("the layer inside must give one output, but '" + layer_->name() + "' gives several");
  outputs[0].dtype = compute_dtype();
  return outputs;
}

void SpectralNormalization::create_weights_for(const TensorSpecs& inputs) {
  build_sublayer(*layer_, inputs);
  kernel_ = nullptr;
  for (const WeightPtr& weight : layer_->own_weights()) {
    if (!kernel_ && (weight->name == "kernel" || weight->name == "embeddings")) kernel_ = weight;
  }
  if (!kernel_) {
    fail("the layer inside must have a kernel or embeddings, but '" + layer_->name() + "' (" +
         layer_->class_name() + ") has none");
  }
  // Keras counts the kernel among the wrapper's weights, too, and so do its files.
  detail::LayerState& state = detail::LayerState::of(*this);
  if (state.creating) {
    state.weights.push_back(kernel_);
  } else {
    ++state.next_weight;
  }
  vector_u_ = add_weight("vector_u", {1, kernel_->type.shape[-1]}, TruncatedNormal({.stddev = 0.02}),
                         {.trainable = false, .dtype = kernel_->type.dtype});
}

void SpectralNormalization::normalize_kernel(CallContext& context) const {
  const Tensor kernel = context.value(kernel_), before = context.value(vector_u_);
  const Tensor matrix = reshape(kernel, {-1, kernel.shape()[-1]}), across = transpose(matrix);
  Tensor u = before, v;
  for (int64_t i = 0; i < power_iterations_; ++i) {
    v = direction(matmul(u, across));
    u = direction(matmul(v, matrix));
  }
  const Tensor sigma = reshape(matmul(matmul(v, matrix), transpose(u)), {});
  const Tensor empty = equal(max(abs(kernel)), 0.0);
  context.assign(vector_u_, stop_gradient(where(empty, before, u)));
  // Gradients are by the kernel as it is from here on: the quotient counts as given.
  const Tensor change = where(empty, 0.0, kernel / where(empty, 1.0, sigma) - kernel);
  context.assign(kernel_, kernel + stop_gradient(change));
}

std::vector<Tensor> SpectralNormalization::forward(const LayerCall& call, CallContext& context) const {
  if (context.training) normalize_kernel(context);
  return {cast((*layer_)(call.inputs.at(0), context), compute_dtype())};
}

Tensor SpectralNormalization::call(const Tensor& x, CallContext& context) const {
  return forward(LayerCall{{x}}, context).at(0);
}

Json SpectralNormalization::own_config() const {
  return Json::object({{"layer", layer_->serialize()}, {"power_iterations", power_iterations_}});
}

namespace {

const bool spectral_normalization_registered =
    register_layer("SpectralNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "SpectralNormalization");
      SpectralNormalizationOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
      const AnyLayer layer(reader.layer("layer"));
      options.power_iterations = reader.integer("power_iterations", 1);
      reader.done();
      return std::make_shared<SpectralNormalization>(layer, options);
    });

}  // namespace

}  // namespace lamina
