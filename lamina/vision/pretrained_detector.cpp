// From NanoDet's six outputs to one of logits.
#include "lamina/vision/pretrained_detector.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina::vision {
namespace {

constexpr const char* kChoice = "classes";
// Scores of the detector are no closer to 0 and 1 than this, so that their logits are numbers.
constexpr double kLeast = 1e-6;
// What a class that is like none begins with: a score of a hundredth.
const float kUnknown = -std::log(99.0f);

Tensor logits_of(const Tensor& scores) {
  const Tensor bounded = minimum(maximum(scores, kLeast), 1 - kLeast);
  return log(bounded) - log(1.0 - bounded);
}

// Of each level one Dense over the detector's classes, the same for all.
struct Choices {
  std::vector<float> kernel, bias;
};

Choices choices_of(const Detector& from, const std::vector<std::string>& class_names,
                   const std::map<std::string, std::string>& like) {
  const auto& known = from.class_names();
  Choices choices{std::vector<float>(known.size() * class_names.size()),
                  std::vector<float>(class_names.size())};
  for (size_t i = 0; i < class_names.size(); ++i) {
    const auto other = like.find(class_names[i]);
    const std::string& name = other == like.end() ? class_names[i] : other->second;
    const auto place = std::find(known.begin(), known.end(), name);
    if (place == known.end()) {
      if (other != like.end())
        throw InvalidArgument("the detector knows no class '" + name + "'" + suggest(name, known));
      warn("the detector knows no class '" + name + "': it is learned from nothing");
      choices.bias[i] = kUnknown;
      continue;
    }
    choices.kernel[static_cast<size_t>(place - known.begin()) * class_names.size() + i] = 1;
  }
  return choices;
}

}  // namespace

Model pretrained_detector(const Detector& from, const std::vector<std::string>& class_names,
                          const std::map<std::string, std::string>& like, uint64_t seed) {
  const DetectorInfo& old = from.info();
  if (old.head != "nanodet")
    throw InvalidArgument("a detector of the head 'nanodet' was expected to go on from, and this one's is '" +
                          old.head + "'");
  if (class_names.empty()) throw InvalidArgument("there are no classes to learn");
  const Choices choices = choices_of(from, class_names, like);
  const auto classes = static_cast<int64_t>(class_names.size());

  const Tensor pictures = Input({old.height, old.width, 3}, {.name = "pictures"});
  Tensor x = pictures;
  if (old.bgr)
    x = Concatenate()({x[{ellipsis, Slice{2, 3}}], x[{ellipsis, Slice{1, 2}}], x[{ellipsis, Slice{0, 1}}]});
  PerChannel scale(1.0), offset(0.0);
  scale.list = offset.list = true;
  scale.values.clear();
  offset.values.clear();
  for (size_t c = 0; c < 3; ++c) {
    scale.values.push_back(1 / old.deviation[c]);
    offset.values.push_back(-old.mean[c] / old.deviation[c]);
  }
  x = Rescaling(scale, {.offset = offset})(x);
  if (old.channels_first) x = Permute({3, 1, 2})(x);
  // The graph itself, which is the only layer behind the input of a model that was an ONNX file.
  const auto layers = from.model().layers();
  const std::vector<Tensor> said = layers.size() == 2
                                       ? layers.back()->outputs(Tensors(x))
                                       : static_cast<const Layer&>(from.model()).outputs(Tensors(x));
  const Dense choose(classes, {.name = kChoice});
  std::vector<Tensor> levels;
  for (size_t i = 0; i < old.strides.size(); ++i)
    levels.push_back(Concatenate()({choose(logits_of(said[i])), said[old.strides.size() + i]}));
  Model model({pictures}, {Concatenate({.axis = 1, .name = "places"})(levels)},
              {.name = "detector", .seed = seed});
  const std::string layer = std::string(kChoice) + "/";
  model.weight(layer + "kernel")
      ->assign(Tensor::from(choices.kernel, {static_cast<int64_t>(from.class_names().size()), classes}));
  model.weight(layer + "bias")->assign(Tensor::from(choices.bias, {classes}));
  set_detector_info(model,
                    {.head = "dense",
                     .height = old.height,
                     .width = old.width,
                     .letterbox = old.letterbox,
                     .fill = old.fill,
                     .strides = old.strides,
                     .bins = old.bins},
                    class_names);
  return model;
}

}  // namespace lamina::vision
