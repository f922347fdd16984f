// GaussianNoise, GaussianDropout, AlphaDropout.
#include "lamina/nn/layers/noise.h"

#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/nn/detail/noise_shape.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/random.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Tensor normal_like(const Tensor& x, const CallContext::Random& random) {
  return cast(random_normal(random.key, x.shape(), random.stream), x.dtype());
}

std::string rate_error(double rate) {
  return rate >= 0 && rate < 1 ? "" : "rate must be from 0 to below 1, received " + std::to_string(rate);
}

}  // namespace

Noise::Noise(const NoiseOptions& options)
    : Layer(options.name, options.trainable, options.dtype), seed_(options.seed) {}

GaussianNoise::GaussianNoise(double stddev, const NoiseOptions& options)
    : KerasLayer<GaussianNoise, Noise>(options), stddev_(stddev) {
  if (!(stddev >= 0)) fail("stddev must not be negative, received " + std::to_string(stddev));
}

Tensor GaussianNoise::call(const Tensor& x, CallContext& context) const {
  if (!context.training || stddev_ == 0) return x;
  return x + normal_like(x, context.random(seed_)) * stddev_;
}

Json GaussianNoise::own_config() const { return Json::object({{"stddev", stddev_}, {"seed", seed_json()}}); }

GaussianDropout::GaussianDropout(double rate, const NoiseOptions& options)
    : KerasLayer<GaussianDropout, Noise>(options), rate_(rate) {
  if (const std::string error = rate_error(rate); !error.empty()) fail(error);
}

Tensor GaussianDropout::call(const Tensor& x, CallContext& context) const {
  if (!context.training || rate_ == 0) return x;
  return x * (normal_like(x, context.random(seed_)) * std::sqrt(rate_ / (1 - rate_)) + 1.0);
}

Json GaussianDropout::own_config() const { return Json::object({{"rate", rate_}, {"seed", seed_json()}}); }

AlphaDropout::AlphaDropout(double rate, const NoiseOptions& options)
    : KerasLayer<AlphaDropout, Noise>(options), rate_(rate), noise_shape_(options.noise_shape) {
  if (const std::string error = rate_error(rate); !error.empty()) fail(error);
}

Tensor AlphaDropout::call(const Tensor& x, CallContext& context) const {
  if (!context.training || rate_ == 0) return x;
  // SELU's: -alpha * scale is what it goes to.
  const double lowest = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946;
  const double a = 1 / std::sqrt((1 - rate_) * (1 + rate_ * lowest * lowest)), b = -a * lowest * rate_;
  const CallContext::Random random = context.random(seed_);
  const Shape noise = detail::noise_shape_for(x.shape(), noise_shape_);
  const Tensor kept = greater_equal(random_uniform(random.key, noise, random.stream), rate_);
  return where(kept, x, lowest) * a + b;
}

Json AlphaDropout::own_config() const {
  return Json::object(
      {{"rate", rate_}, {"seed", seed_json()}, {"noise_shape", detail::noise_shape_json(noise_shape_)}});
}

namespace {

template <class Layer_>
std::shared_ptr<Layer> read(const Json& config, const char* class_name, const char* amount) {
  ConfigReader reader(config, class_name);
  NoiseOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const double number = reader.number(amount);
  options.seed = reader.optional_integer("seed");
  if constexpr (std::is_same_v<Layer_, AlphaDropout>) {
    options.noise_shape = detail::read_noise_shape(reader);
  } else {
    reader.only_null({"noise_shape"});
  }
  reader.done();
  return std::make_shared<Layer_>(number, options);
}

const bool noise_registered = register_layer("GaussianNoise", [](const Json& config) {
  return read<GaussianNoise>(config, "GaussianNoise", "stddev");
});
const bool gaussian_registered = register_layer("GaussianDropout", [](const Json& config) {
  return read<GaussianDropout>(config, "GaussianDropout", "rate");
});
const bool alpha_registered = register_layer(
    "AlphaDropout", [](const Json& config) { return read<AlphaDropout>(config, "AlphaDropout", "rate"); });

}  // namespace

}  // namespace lamina
