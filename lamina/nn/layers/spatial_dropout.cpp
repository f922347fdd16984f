// Dropout with one draw for each channel of a sample.
#include "lamina/nn/layers/spatial_dropout.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/where.h"

namespace lamina {

SpatialDropout::SpatialDropout(int axes, double rate, const SpatialDropoutOptions& options)
    : Layer(options.name, options.trainable, options.dtype), axes_(axes), rate_(rate), seed_(options.seed) {}

void SpatialDropout::check() const {
  if (!(rate_ >= 0 && rate_ <= 1)) fail("rate must be between 0 and 1, received " + std::to_string(rate_));
}

Shape SpatialDropout::compute_output_shape(const Shape& input) const {
  constexpr const char* kLayouts[] = {"(batch, steps, channels)", "(batch, height, width, channels)",
                                      "(batch, depth, height, width, channels)"};
  require_rank(input, axes_ + 2, kLayouts[axes_ - 1]);
  return input;
}

Tensor SpatialDropout::call(const Tensor& x, CallContext& context) const {
  if (!context.training || rate_ == 0) return x;
  if (rate_ == 1) return zeros_like(x);
  Shape shape = x.shape();
  for (int axis = 1; axis <= axes_; ++axis) shape.set(axis, 1);
  const CallContext::Random random = context.random(seed_);
  return where(greater_equal(random_uniform(random.key, shape, random.stream), rate_), x * (1 / (1 - rate_)), 0.0);
}

Json SpatialDropout::serialize() const {
  Json json = Layer::serialize();
  Json config = own_config();
  Json ordered = Json::object({{"rate", config["rate"]},
                               {"seed", config["seed"]},
                               {"name", json["config"]["name"]},
                               {"dtype", lamina::name(variable_dtype())}});
  if (axes_ > 1) ordered["data_format"] = config["data_format"];
  json["config"] = std::move(ordered);
  return json;
}

Json SpatialDropout::own_config() const {
  Json config = Json::object({{"rate", rate_}, {"seed", seed_ ? Json(*seed_) : Json()}});
  if (axes_ > 1) config["data_format"] = "channels_last";
  return config;
}

SpatialDropout1D::SpatialDropout1D(double rate, const SpatialDropoutOptions& options)
    : KerasLayer<SpatialDropout1D, SpatialDropout>(1, rate, options) {
  check();
}
SpatialDropout2D::SpatialDropout2D(double rate, const SpatialDropoutOptions& options)
    : KerasLayer<SpatialDropout2D, SpatialDropout>(2, rate, options) {
  check();
}
SpatialDropout3D::SpatialDropout3D(double rate, const SpatialDropoutOptions& options)
    : KerasLayer<SpatialDropout3D, SpatialDropout>(3, rate, options) {
  check();
}

namespace {

template <class Layer_>
std::shared_ptr<Layer> read(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  SpatialDropoutOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const double rate = reader.number("rate");
  options.seed = reader.optional_integer("seed");
  reader.only_null({"noise_shape"});
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Layer_>(rate, options);
}

const bool registered1 = register_layer(
    "SpatialDropout1D", [](const Json& config) { return read<SpatialDropout1D>(config, "SpatialDropout1D"); });
const bool registered2 = register_layer(
    "SpatialDropout2D", [](const Json& config) { return read<SpatialDropout2D>(config, "SpatialDropout2D"); });
const bool registered3 = register_layer(
    "SpatialDropout3D", [](const Json& config) { return read<SpatialDropout3D>(config, "SpatialDropout3D"); });

}  // namespace

}  // namespace lamina
