// RandomRotation.
#include "lamina/nn/layers/random_rotation.h"

#include <numbers>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {

RandomRotation::RandomRotation(const Factor& factor, const RandomAffineOptions& options)
    : KerasLayer<RandomRotation>(options.name, options.trainable, options.dtype),
      factor_(detail::bounds_of(factor, -1)),
      options_(options) {
  for (const std::string& error :
       {detail::loose_factor_error("factor", factor, -1), detail::affine_options_error(options)}) {
    if (!error.empty()) fail(error);
  }
}

Shape RandomRotation::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor RandomRotation::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const Tensor degrees =
      detail::draw(context, options_.seed, x.shape()[0], {{factor_.lower * 360, factor_.upper * 360}})[0];
  const Tensor angle = degrees * (std::numbers::pi / 180);
  const double centre_x = static_cast<double>(x.shape()[2] - 1) / 2;
  const double centre_y = static_cast<double>(x.shape()[1] - 1) / 2;
  const Tensor cosine = cos(angle), sine = sin(angle);
  return detail::transformed(x,
                             {cosine,
                              -sine,
                              centre_x - centre_x * cosine + centre_y * sine,
                              sine,
                              cosine,
                              centre_y - centre_x * sine - centre_y * cosine,
                              {},
                              {}},
                             options_);
}

Json RandomRotation::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"factor", detail::bounds_json(factor_)},
                       {"fill_mode", options_.fill_mode},
                       {"fill_value", options_.fill_value},
                       {"interpolation", options_.interpolation},
                       {"seed", detail::seed_json(options_.seed)}});
}

namespace {

const bool random_rotation_registered = register_layer("RandomRotation", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomRotation");
  const Factor factor = detail::read_factor(reader, "factor");
  const RandomAffineOptions options = detail::read_affine_options(reader);
  reader.done();
  return std::make_shared<RandomRotation>(factor, options);
});

}  // namespace

}  // namespace lamina
