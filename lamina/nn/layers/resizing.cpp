// Resizing.
#include "lamina/nn/layers/resizing.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/layers/image_windows.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/unary.h"

namespace lamina {

Resizing::Resizing(int64_t height, int64_t width, const ResizingOptions& options)
    : KerasLayer<Resizing>(options.name, options.trainable, options.dtype),
      size_(height, width),
      options_(options) {
  if (const std::string error = detail::size_error(size_); !error.empty()) fail(error);
  const std::string& by = options.interpolation;
  const std::vector<std::string> known = {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"};
  if (std::find(known.begin(), known.end(), by) == known.end()) {
    fail("interpolation must be 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5', received '" + by +
         "'" + suggest(by, known));
  }
  if (options.crop_to_aspect_ratio && options.pad_to_aspect_ratio) {
    fail("only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be true");
  }
}

Shape Resizing::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return detail::resized_shape(input, size_);
}

Tensor Resizing::proportioned(const Tensor& x) const {
  if (!options_.crop_to_aspect_ratio && !options_.pad_to_aspect_ratio) return x;
  const int64_t height = x.shape()[1], width = x.shape()[2];
  // In float32, as Keras divides here.
  const auto wanted = [](int64_t other, int64_t own_size, int64_t other_size) {
    return static_cast<int64_t>(static_cast<float>(other * own_size) / static_cast<float>(other_size));
  };
  const int64_t rows = wanted(width, size_.height, size_.width);
  const int64_t columns = wanted(height, size_.width, size_.height);
  if (options_.crop_to_aspect_ratio) {
    const Size2 part(std::max<int64_t>(std::min(height, rows), 1),
                     std::max<int64_t>(std::min(width, columns), 1));
    return detail::window(x, (height - part.height) / 2, (width - part.width) / 2, part);
  }
  const int64_t above = (std::max(height, rows) - height) / 2,
                before = (std::max(width, columns) - width) / 2;
  return pad(x, {{0, 0}, {above, above}, {before, before}, {0, 0}}, options_.fill_value);
}

Tensor Resizing::call(const Tensor& x, CallContext&) const {
  const bool floats = is_floating(x.dtype());
  // double holds integers of 32 bits.
  const Tensor images = floats ? x : cast(x, DType::kFloat64);
  const Tensor y =
      resize2d(proportioned(images), size_.height, size_.width, options_.interpolation, options_.antialias);
  return floats ? y : cast(round(y), x.dtype());
}

Json Resizing::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"height", size_.height},
                       {"width", size_.width},
                       {"interpolation", options_.interpolation},
                       {"crop_to_aspect_ratio", options_.crop_to_aspect_ratio},
                       {"pad_to_aspect_ratio", options_.pad_to_aspect_ratio},
                       {"fill_mode", "constant"},
                       {"fill_value", options_.fill_value},
                       {"antialias", options_.antialias}});
}

namespace {

const bool resizing_registered = register_layer("Resizing", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Resizing");
  ResizingOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t height = reader.integer("height"), width = reader.integer("width");
  options.interpolation = reader.string("interpolation", "bilinear");
  options.crop_to_aspect_ratio = reader.boolean("crop_to_aspect_ratio", false);
  options.pad_to_aspect_ratio = reader.boolean("pad_to_aspect_ratio", false);
  options.fill_value = reader.number("fill_value", 0);
  reader.only("fill_mode", "constant");
  options.antialias = reader.boolean("antialias", false);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<Resizing>(height, width, options);
});

}  // namespace

}  // namespace lamina
