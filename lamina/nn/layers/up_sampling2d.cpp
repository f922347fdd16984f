// UpSampling2D.
#include "lamina/nn/layers/up_sampling2d.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/resize.h"

namespace lamina {

UpSampling2D::UpSampling2D(Size2 size, const UpSampling2DOptions& options)
    : KerasLayer<UpSampling2D>(options.name, options.trainable, options.dtype),
      size_(size),
      interpolation_(options.interpolation) {
  if (const std::string error = detail::window_error("size", size); !error.empty()) fail(error);
  if (interpolation_ != "nearest" && interpolation_ != "bilinear" && interpolation_ != "bicubic") {
    fail("interpolation must be 'nearest', 'bilinear' or 'bicubic', received '" + interpolation_ + "'");
  }
}

Shape UpSampling2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  const auto times = [](int64_t extent, int64_t factor) { return extent < 0 ? -1 : extent * factor; };
  return {input[0], times(input[1], size_.height), times(input[2], size_.width), input[3]};
}

Tensor UpSampling2D::call(const Tensor& x, CallContext&) const {
  return upsampling2d(x, size_.height, size_.width, interpolation_);
}

Json UpSampling2D::own_config() const {
  return Json::object({{"size", detail::pair_json(size_)},
                       {"data_format", "channels_last"},
                       {"interpolation", interpolation_}});
}

namespace {

const bool up_sampling2d_registered = register_layer("UpSampling2D", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "UpSampling2D");
  UpSampling2DOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const Size2 size = reader.size2("size", {2, 2});
  options.interpolation = reader.string("interpolation", "nearest");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<UpSampling2D>(size, options);
});

}  // namespace

}  // namespace lamina
