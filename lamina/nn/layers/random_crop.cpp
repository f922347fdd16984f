// RandomCrop.
#include "lamina/nn/layers/random_crop.h"

#include <algorithm>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentation.h"
#include "lamina/nn/layers/image_windows.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/take.h"

namespace lamina {

RandomCrop::RandomCrop(int64_t height, int64_t width, const RandomCropOptions& options)
    : KerasLayer<RandomCrop>(options.name, options.trainable, options.dtype),
      size_(height, width),
      seed_(options.seed) {
  if (const std::string error = detail::size_error(size_); !error.empty()) fail(error);
}

Shape RandomCrop::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return detail::resized_shape(input, size_);
}

Tensor RandomCrop::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return detail::smart_resize(x, size_);
  const int64_t height = x.shape()[1], width = x.shape()[2];
  if (height > size_.height && width > size_.width) {
    // One draw for the batch and each axis: a whole number from 0 to what is left.
    const int64_t below = height - size_.height, beside = width - size_.width;
    const std::vector<Tensor> drawn = detail::draw(
        context, seed_, 1, {{0, static_cast<double>(below + 1)}, {0, static_cast<double>(beside + 1)}});
    const auto places = [&](size_t axis, int64_t left, int64_t extent) {
      return minimum(cast(drawn[axis], DType::kInt32), static_cast<double>(left)) + arange(extent);
    };
    return take(take(x, places(0, below, size_.height), 1), places(1, beside, size_.width), 2);
  }
  const auto middle = [](int64_t whole, int64_t other, int64_t wanted, int64_t other_wanted) {
    const double part = static_cast<double>(other * wanted) / static_cast<double>(other_wanted);
    return (whole - std::max<int64_t>(std::min(whole, static_cast<int64_t>(part)), 1)) / 2;
  };
  const Tensor cut = detail::window(x, middle(height, width, size_.height, size_.width),
                                    middle(width, height, size_.width, size_.height), size_);
  if (cut.shape()[1] == size_.height && cut.shape()[2] == size_.width) return cut;
  return resize2d(cut, size_.height, size_.width);
}

Json RandomCrop::own_config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"height", size_.height},
                       {"width", size_.width},
                       {"seed", detail::seed_json(seed_)}});
}

namespace {

const bool random_crop_registered = register_layer("RandomCrop", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomCrop");
  RandomCropOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t height = reader.integer("height"), width = reader.integer("width");
  options.seed = reader.optional_integer("seed");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<RandomCrop>(height, width, options);
});

}  // namespace

}  // namespace lamina
