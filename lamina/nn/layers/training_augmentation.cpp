// TrainingAugmentation: arguments, and numbers drawn in training.
#include "lamina/nn/layers/training_augmentation.h"

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentations/kinds.h"

namespace lamina {
namespace {

constexpr char kOfBoxes[] = "MaxNumBoundingBoxes";

// What every layer has; the rest goes back into files as it came.
struct AugmentationCommon {
  std::string name;
  bool trainable = true;
  std::string dtype;
};

AugmentationCommon common_of(const std::string& class_name, const Json& config) {
  ConfigReader reader(config, class_name);
  AugmentationCommon common;
  reader.layer_arguments(common.name, common.trainable, &common.dtype);
  reader.only("data_format", "channels_last");
  return common;
}

detail::AugmentationSettings settings_of(const detail::AugmentationKind& kind, const Json& config) {
  ConfigReader reader(config, kind.class_name);
  std::string name, dtype;
  bool trainable = true;
  reader.layer_arguments(name, trainable, &dtype);
  reader.only("data_format", "channels_last");
  reader.allow("bounding_box_format");  // of boxes, which tensors of images are without
  detail::AugmentationSettings settings = kind.read(reader);
  reader.done();
  return settings;
}

}  // namespace

TrainingAugmentation::TrainingAugmentation(const std::string& class_name, const Json& config)
    : KerasLayer<TrainingAugmentation>(common_of(class_name, config).name,
                                       common_of(class_name, config).trainable,
                                       common_of(class_name, config).dtype),
      class_name_(class_name),
      arguments_(Json::object()),
      kind_(detail::find_augmentation(class_name)) {
  if (!kind_ && class_name != kOfBoxes) fail("there is no augmentation of that name");
  if (kind_) settings_ = std::make_shared<detail::AugmentationSettings>(settings_of(*kind_, config));
  for (const auto& [key, value] : config.as_object()) {
    if (key != "name" && key != "trainable" && key != "dtype") arguments_[key] = value;
  }
}

Shape TrainingAugmentation::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor TrainingAugmentation::call(const Tensor& x, CallContext& context) const {
  if (!context.training || !kind_) return x;
  detail::Dice dice(context, settings_->seed);
  return kind_->apply(*settings_, x, kind_->draw(*settings_, x.shape(), dice), dice);
}

Tensor TrainingAugmentation::transform(const Tensor& x, const std::map<std::string, Tensor>& drawn,
                                       CallContext& context) const {
  if (!kind_) return x;
  detail::Dice dice(context, settings_->seed);
  return kind_->apply(*settings_, x, drawn, dice);
}

std::map<std::string, Tensor> TrainingAugmentation::draw(const Shape& images, CallContext& context) const {
  if (!kind_) return {};
  detail::Dice dice(context, settings_->seed);
  return kind_->draw(*settings_, images, dice);
}

namespace {

constexpr const char* kAugmentationClasses[] = {"AugMix",
                                                "CutMix",
                                                "MaxNumBoundingBoxes",
                                                "MixUp",
                                                "RandAugment",
                                                "RandomColorJitter",
                                                "RandomErasing",
                                                "RandomColorDegeneration",
                                                "RandomGrayscale",
                                                "RandomGaussianBlur",
                                                "RandomHue",
                                                "RandomElasticTransform",
                                                "RandomInvert",
                                                "RandomPerspective",
                                                "RandomPosterization",
                                                "RandomSaturation",
                                                "RandomSharpness",
                                                "RandomShear"};

template <size_t... places>
bool add_all(std::index_sequence<places...>) {
  return (register_layer(kAugmentationClasses[places],
                         [](const Json& config) -> std::shared_ptr<Layer> {
                           return std::make_shared<TrainingAugmentation>(kAugmentationClasses[places],
                                                                         config);
                         }) &&
          ...);
}

const bool training_augmentation_registered =
    add_all(std::make_index_sequence<std::size(kAugmentationClasses)>());

}  // namespace

}  // namespace lamina
