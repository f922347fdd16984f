// CenterCrop.
#include "lamina/nn/layers/center_crop.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/image_windows.h"

namespace lamina {

CenterCrop::CenterCrop(int64_t height, int64_t width, const CenterCropOptions& options)
    : KerasLayer<CenterCrop>(options.name, options.trainable, options.dtype), size_(height, width) {
  if (const std::string error = detail::size_error(size_); !error.empty()) fail(error);
}

Shape CenterCrop::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return detail::resized_shape(input, size_);
}

Tensor CenterCrop::call(const Tensor& x, CallContext&) const {
  const int64_t below = x.shape()[1] - size_.height, beside = x.shape()[2] - size_.width;
  if (below < 0 || beside < 0) return detail::smart_resize(x, size_);
  return detail::window(x, below / 2, beside / 2, size_);
}

Json CenterCrop::own_config() const {
  return Json::object({{"data_format", "channels_last"}, {"height", size_.height}, {"width", size_.width}});
}

namespace {

const bool center_crop_registered = register_layer("CenterCrop", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "CenterCrop");
  CenterCropOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t height = reader.integer("height"), width = reader.integer("width");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<CenterCrop>(height, width, options);
});

}  // namespace

}  // namespace lamina
