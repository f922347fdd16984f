// Cropping2D.
#include "lamina/nn/layers/cropping2d.h"

#include "lamina/nn/config.h"
#include "lamina/ops/slice.h"

namespace lamina {

Cropping2D::Cropping2D(Margins2D cropping, const Cropping2DOptions& options)
    : KerasLayer<Cropping2D>(options.name, options.trainable, options.dtype), cropping_(cropping) {
  if (const std::string error = detail::margins_error("cropping", cropping); !error.empty()) fail(error);
}

Shape Cropping2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  const auto cut = [&](int axis, int64_t less) -> int64_t {
    if (input[axis] < 0) return -1;
    if (input[axis] > less) return input[axis] - less;
    fail("cropping = " + detail::margins_json(cropping_).dump() + " leaves nothing of input of shape " +
         input.str());
  };
  return {input[0], cut(1, cropping_.top + cropping_.bottom), cut(2, cropping_.left + cropping_.right),
          input[3]};
}

Tensor Cropping2D::call(const Tensor& x, CallContext&) const {
  return slice(x, {0, cropping_.top, cropping_.left},
               {x.shape()[0], x.shape()[1] - cropping_.bottom, x.shape()[2] - cropping_.right});
}

Json Cropping2D::own_config() const {
  return Json::object({{"cropping", detail::margins_json(cropping_)}, {"data_format", "channels_last"}});
}

namespace {

const bool cropping2d_registered = register_layer("Cropping2D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Cropping2D");
  Cropping2DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Margins2D cropping = detail::read_margins(reader, "cropping", {});
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Cropping2D>(cropping, options);
});

}  // namespace

}  // namespace lamina
