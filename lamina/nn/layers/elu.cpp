// ELU.
#include "lamina/nn/layers/elu.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {

ELU::ELU(const ELUOptions& options)
    : KerasLayer<ELU>(options.name, options.trainable, options.dtype), alpha_(options.alpha) {}

Tensor ELU::call(const Tensor& x, CallContext&) const {
  const Tensor above = greater(x, 0.0);
  // Where it is not used, the exponential must not become infinite: its gradient would be NaN.
  return where(above, x, expm1(where(above, 0.0, x)) * alpha_);
}

Json ELU::serialize() const {
  Json json = Layer::serialize();
  Json ordered = Json::object({{"name", json["config"]["name"]}, {"alpha", alpha_}});
  for (const auto& [key, value] : json["config"].as_object()) {
    if (!ordered.contains(key)) ordered[key] = value;
  }
  json["config"] = std::move(ordered);
  return json;
}

Json ELU::own_config() const { return Json::object({{"alpha", alpha_}}); }

namespace {

const bool elu_registered = register_layer("ELU", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ELU");
  ELUOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.alpha = reader.number("alpha", 1.0);
  reader.done();
  return std::make_shared<ELU>(options);
});

}  // namespace

}  // namespace lamina
