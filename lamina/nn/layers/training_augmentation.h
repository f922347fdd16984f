// TrainingAugmentation: layers of Keras that change images while training alone, for models that have them
// and predict.
#pragma once

#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// One of Keras's random augmentations of images that are read from files and written back, but not computed:
/// CutMix, MixUp, RandAugment, AugMix, RandomHue, RandomErasing and others. Outside of training they are the
/// identity, in Keras as here. In training a call throws Unsupported, but for MaxNumBoundingBoxes, which
/// leaves images alone.
class TrainingAugmentation final : public KerasLayer<TrainingAugmentation> {
 public:
  /// `class_name` is Keras's, `config` the configuration as Keras writes it. Throws InvalidArgument for a
  /// class that is none of them.
  TrainingAugmentation(const std::string& class_name, const Json& config);
  std::string class_name() const override { return class_name_; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override { return arguments_; }

 private:
  std::string class_name_;
  Json arguments_;
};

}  // namespace lamina
