// RandomZoom.
#include "lamina/nn/layers/random_zoom.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"

namespace lamina {

RandomZoom::RandomZoom(const Factor& height_factor, const std::optional<Factor>& width_factor,
                       const RandomAffineOptions& options)
    : KerasLayer<RandomZoom>(options.name, options.trainable, options.dtype),
      height_factor_(height_factor),
      width_factor_(width_factor),
      options_(options) {
  for (const std::string& error :
       {detail::factor_error("height_factor", height_factor, /*open=*/true),
        detail::factor_error("width_factor", width_factor.value_or(0.0), /*open=*/true),
        detail::affine_options_error(options)}) {
    if (!error.empty()) fail(error);
  }
}

Shape RandomZoom::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor RandomZoom::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const auto shown = [](const Factor& factor) {
    const detail::Bounds bounds = detail::bounds_of(factor, -1);
    return detail::Bounds{1 + bounds.lower, 1 + bounds.upper};
  };
  std::vector<detail::Bounds> bounds = {shown(height_factor_)};
  if (width_factor_) bounds.push_back(shown(*width_factor_));
  const std::vector<Tensor> drawn = detail::draw(context, options_.seed, x.shape()[0], bounds);
  const Tensor &height = drawn.front(), &width = drawn.back();
  // The centre stays where it is.
  const auto offset = [&](const Tensor& zoom, int axis) {
    return (1.0 - zoom) * (static_cast<double>(x.shape()[axis] - 1) / 2);
  };
  return detail::transformed(x, {width, {}, offset(width, 2), {}, height, offset(height, 1), {}, {}},
                             options_);
}

Json RandomZoom::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"height_factor", detail::factor_json(height_factor_)},
                       {"width_factor", width_factor_ ? detail::factor_json(*width_factor_) : Json()},
                       {"fill_mode", options_.fill_mode},
                       {"interpolation", options_.interpolation},
                       {"seed", detail::seed_json(options_.seed)},
                       {"fill_value", options_.fill_value}});
}

namespace {

const bool random_zoom_registered = register_layer("RandomZoom", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomZoom");
  const Factor height = detail::read_factor(reader, "height_factor");
  std::optional<Factor> width;
  if (!reader.json("width_factor").is_null()) width = detail::read_factor(reader, "width_factor");
  const RandomAffineOptions options = detail::read_affine_options(reader);
  reader.done();
  return std::make_shared<RandomZoom>(height, width, options);
});

}  // namespace

}  // namespace lamina
