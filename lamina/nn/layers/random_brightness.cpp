// RandomBrightness.
#include "lamina/nn/layers/random_brightness.h"

#include <utility>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"

namespace lamina {

RandomBrightness::RandomBrightness(const Factor& factor, const RandomColorOptions& options)
    : KerasLayer<RandomBrightness>(options.name, options.trainable, options.dtype),
      factor_(detail::bounds_of(factor, -1)),
      options_(options) {
  if (const std::string error = detail::loose_factor_error("factor", factor, -1); !error.empty()) fail(error);
  auto& [low, high] = options_.value_range;
  if (low > high) std::swap(low, high);
}

Shape RandomBrightness::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor RandomBrightness::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const auto [low, high] = options_.value_range;
  const int64_t batch = x.shape()[0];
  const Tensor drawn = detail::draw(context, options_.seed, batch, {factor_})[0] * (high - low);
  return clip(x + cast(reshape(drawn, {batch, 1, 1, 1}), x.dtype()), low, high);
}

Json RandomBrightness::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"factor", detail::bounds_json(factor_)},
                       {"value_range", detail::value_range_json(options_)},
                       {"seed", detail::seed_json(options_.seed)}});
}

namespace {

const bool random_brightness_registered = register_layer("RandomBrightness", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomBrightness");
  const Factor factor = detail::read_factor(reader, "factor");
  const RandomColorOptions options = detail::read_color_options(reader);
  reader.done();
  return std::make_shared<RandomBrightness>(factor, options);
});

}  // namespace

}  // namespace lamina
