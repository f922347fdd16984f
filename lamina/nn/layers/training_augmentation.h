// TrainingAugmentation: Keras's layers that change images at random while training alone, one class for all.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

namespace detail {
struct AugmentationKind;
struct AugmentationSettings;
}  // namespace detail

/// One of Keras's random augmentations of images (batch, height, width, channels): AugMix, CutMix, MixUp,
/// RandAugment, RandomColorDegeneration, RandomColorJitter, RandomElasticTransform, RandomErasing,
/// RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert, RandomPerspective, RandomPosterization,
/// RandomSaturation, RandomSharpness, RandomShear; or MaxNumBoundingBoxes, which leaves images alone. Outside
/// of training they are the identity. In training they draw from the same distributions as Keras, by the
/// model's key or their own seed, the same for any number of threads. As Keras given images alone, MixUp and
/// CutMix leave targets as they are. Where RandAugment chooses one change twice, it draws for it twice;
/// AugMix chooses anew at every step.
class TrainingAugmentation final : public KerasLayer<TrainingAugmentation> {
 public:
  /// `class_name` is Keras's, `config` its arguments as Keras writes them: {"factor": 0.5}. Throws
  /// InvalidArgument for a class that is none of them and for arguments that cannot be.
  explicit TrainingAugmentation(const std::string& class_name, const Json& config = Json::object());
  std::string class_name() const override { return class_name_; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

  /// The images changed by numbers that were drawn, under the names of Keras's get_random_transformation. For
  /// tests.
  Tensor transform(const Tensor& x, const std::map<std::string, Tensor>& drawn, CallContext& context) const;
  /// Those numbers for images of that shape. For tests.
  std::map<std::string, Tensor> draw(const Shape& images, CallContext& context) const;

 protected:
  Json own_config() const override { return arguments_; }

 private:
  std::string class_name_;
  Json arguments_;
  const detail::AugmentationKind* kind_ = nullptr;  ///< null: images stay
  std::shared_ptr<const detail::AugmentationSettings> settings_;
};

}  // namespace lamina
