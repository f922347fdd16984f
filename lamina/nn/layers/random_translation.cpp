// RandomTranslation.
#include "lamina/nn/layers/random_translation.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {

RandomTranslation::RandomTranslation(const Factor& height_factor, const Factor& width_factor,
                                     const RandomAffineOptions& options)
    : KerasLayer<RandomTranslation>(options.name, options.trainable, options.dtype),
      height_factor_(height_factor),
      width_factor_(width_factor),
      options_(options) {
  for (const std::string& error :
       {detail::factor_error("height_factor", height_factor),
        detail::factor_error("width_factor", width_factor), detail::affine_options_error(options)}) {
    if (!error.empty()) fail(error);
  }
}

Shape RandomTranslation::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor RandomTranslation::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const std::vector<Tensor> moved =
      detail::draw(context, options_.seed, x.shape()[0],
                   {detail::bounds_of(height_factor_, -1), detail::bounds_of(width_factor_, -1)});
  const Tensor down = moved[0] * static_cast<double>(x.shape()[1]);
  const Tensor right = moved[1] * static_cast<double>(x.shape()[2]);
  const Tensor one = ones_like(down);
  return detail::transformed(x, {one, {}, -right, {}, one, -down, {}, {}}, options_);
}

Json RandomTranslation::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"height_factor", detail::factor_json(height_factor_)},
                       {"width_factor", detail::factor_json(width_factor_)},
                       {"fill_mode", options_.fill_mode},
                       {"interpolation", options_.interpolation},
                       {"seed", detail::seed_json(options_.seed)},
                       {"fill_value", options_.fill_value}});
}

namespace {

const bool random_translation_registered = register_layer("RandomTranslation", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomTranslation");
  const Factor height = detail::read_factor(reader, "height_factor");
  const Factor width = detail::read_factor(reader, "width_factor");
  const RandomAffineOptions options = detail::read_affine_options(reader);
  reader.done();
  return std::make_shared<RandomTranslation>(height, width, options);
});

}  // namespace

}  // namespace lamina
