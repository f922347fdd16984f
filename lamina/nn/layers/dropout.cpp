// Dropout.
#include "lamina/nn/layers/dropout.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/dropped.h"
#include "lamina/nn/detail/noise_shape.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/where.h"

namespace lamina {

Dropout::Dropout(double rate, const DropoutOptions& options)
    : KerasLayer<Dropout>(options.name, true),
      rate_(rate),
      seed_(options.seed),
      noise_shape_(options.noise_shape) {
  if (!(rate >= 0 && rate <= 1)) fail("rate must be between 0 and 1, received " + std::to_string(rate));
}

Tensor Dropout::call(const Tensor& x, CallContext& context) const {
  if (!context.training || rate_ == 0) return x;
  if (rate_ == 1) return zeros_like(x);
  return detail::dropped(x, rate_, context.random(seed_), detail::noise_shape_for(x.shape(), noise_shape_));
}

Tensor detail::dropped(const Tensor& x, double rate, const CallContext::Random& random, const Shape& noise) {
  const Tensor keep = greater_equal(random_uniform(random.key, noise, random.stream), rate);
  return where(keep, x * (1 / (1 - rate)), 0.0);
}

Json Dropout::own_config() const {
  return Json::object({{"rate", rate_},
                       {"seed", seed_ ? Json(*seed_) : Json()},
                       {"noise_shape", detail::noise_shape_json(noise_shape_)}});
}

namespace {

const bool dropout_registered = register_layer("Dropout", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Dropout");
  DropoutOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  const double rate = reader.number("rate");
  options.seed = reader.optional_integer("seed");
  options.noise_shape = detail::read_noise_shape(reader);
  reader.done();
  const auto layer = std::make_shared<Dropout>(rate, options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
