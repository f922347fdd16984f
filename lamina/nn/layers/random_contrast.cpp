// RandomContrast.
#include "lamina/nn/layers/random_contrast.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina {

RandomContrast::RandomContrast(const Factor& factor, const RandomColorOptions& options)
    : KerasLayer<RandomContrast>(options.name, options.trainable, options.dtype),
      factor_(detail::bounds_of(factor, 0)),
      options_(options) {
  if (const std::string error = detail::loose_factor_error("factor", factor, 0); !error.empty()) fail(error);
}

Shape RandomContrast::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor RandomContrast::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const int64_t batch = x.shape()[0];
  const Tensor drawn =
      detail::draw(context, options_.seed, batch, {{1 - factor_.lower, 1 + factor_.upper}})[0];
  const Tensor contrast = cast(reshape(drawn, {batch, 1, 1, 1}), x.dtype());
  const Tensor middle = mean(x, {1, 2}, /*keepdims=*/true);
  return clip((x - middle) * contrast + middle, options_.value_range.first, options_.value_range.second);
}

Json RandomContrast::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"factor", detail::bounds_json(factor_)},
                       {"value_range", detail::value_range_json(options_)},
                       {"seed", detail::seed_json(options_.seed)}});
}

namespace {

const bool random_contrast_registered = register_layer("RandomContrast", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomContrast");
  const Factor factor = detail::read_factor(reader, "factor");
  const RandomColorOptions options = detail::read_color_options(reader);
  reader.done();
  return std::make_shared<RandomContrast>(factor, options);
});

}  // namespace

}  // namespace lamina
