// TrainingAugmentation: the identity under many names.
#include "lamina/nn/layers/training_augmentation.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"

namespace lamina {
namespace {

struct Kind {
  const char* class_name;
  bool leaves_images = false;  ///< whether training, too, leaves images as they are
};

constexpr Kind kKinds[] = {
    {"AugMix"},
    {"CutMix"},
    {"MaxNumBoundingBoxes", true},
    {"MixUp"},
    {"RandAugment"},
    {"RandomColorDegeneration"},
    {"RandomColorJitter"},
    {"RandomElasticTransform"},
    {"RandomErasing"},
    {"RandomGaussianBlur"},
    {"RandomGrayscale"},
    {"RandomHue"},
    {"RandomInvert"},
    {"RandomPerspective"},
    {"RandomPosterization"},
    {"RandomSaturation"},
    {"RandomSharpness"},
    {"RandomShear"},
};

const Kind* find(const std::string& class_name) {
  const auto* const found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                         [&](const Kind& kind) { return class_name == kind.class_name; });
  return found == std::end(kKinds) ? nullptr : found;
}

// What every layer has; the rest goes back into files as it came.
struct Common {
  std::string name;
  bool trainable = true;
  std::string dtype;
};

Common common_of(const std::string& class_name, const Json& config) {
  ConfigReader reader(config, class_name);
  Common common;
  reader.layer_arguments(common.name, common.trainable, &common.dtype);
  reader.only("data_format", "channels_last");
  return common;
}

}  // namespace

TrainingAugmentation::TrainingAugmentation(const std::string& class_name, const Json& config)
    : KerasLayer<TrainingAugmentation>(common_of(class_name, config).name,
                                       common_of(class_name, config).trainable,
                                       common_of(class_name, config).dtype),
      class_name_(class_name),
      arguments_(Json::object()) {
  if (!find(class_name)) fail("there is no augmentation of that name");
  for (const auto& [key, value] : config.as_object()) {
    if (key != "name" && key != "trainable" && key != "dtype") arguments_[key] = value;
  }
}

Shape TrainingAugmentation::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor TrainingAugmentation::call(const Tensor& x, CallContext& context) const {
  if (context.training && !find(class_name_)->leaves_images) {
    throw Unsupported(
        "layer '" + name() + "' (" + class_name_ +
        "): it changes images at random while training, which is not available; predict with this "
        "model, or train one without the layer");
  }
  return x;
}

namespace {

template <size_t... places>
bool add_all(std::index_sequence<places...>) {
  return (register_layer(kKinds[places].class_name,
                         [](const Json& config) -> std::shared_ptr<Layer> {
                           return std::make_shared<TrainingAugmentation>(kKinds[places].class_name, config);
                         }) &&
          ...);
}

const bool training_augmentation_registered = add_all(std::make_index_sequence<std::size(kKinds)>());

}  // namespace

}  // namespace lamina
