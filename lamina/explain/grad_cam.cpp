// The gradient by what a layer puts out, through the layers behind it.
#include "lamina/explain/grad_cam.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/explain/classification.h"
#include "lamina/image/resize.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

bool has_places(const Layer& layer) {
  if (!layer.built() || dynamic_cast<const Model*>(&layer)) return false;
  const Shape shape = layer.output_shape();
  return shape.rank() == 4 && shape[1] > 1 && shape[2] > 1;
}

// Of the layers the last with places; -1 where there is none. Pixels that are only scaled or moved are no features.
int64_t place_of_features(const Model& model) {
  const auto layers = model.layers();
  for (auto i = static_cast<int64_t>(layers.size()) - 1; i >= 0; --i) {
    const Layer& layer = *layers[static_cast<size_t>(i)];
    if (dynamic_cast<const Model*>(&layer)) return -1;
    if (has_places(layer)) return layer.output_shape()[3] > 4 ? i : -1;
  }
  return -1;
}

// How much the outputs speak for the classes, all together.
Tensor log_odds(const Tensor& outputs, const std::vector<int>& classes, OutputKind kind) {
  const bool binary = kind == OutputKind::kBinary || kind == OutputKind::kBinaryLogits;
  const int64_t width = binary ? 1 : outputs.shape()[-1];
  std::vector<float> signs(classes.size() * static_cast<size_t>(width));
  for (size_t i = 0; i < classes.size(); ++i) {
    const auto label = static_cast<size_t>(classes[i]);
    signs[i * static_cast<size_t>(width) + (binary ? 0 : label)] = binary && label == 0 ? -1.0F : 1.0F;
  }
  const Tensor chosen = Tensor::from(signs, Shape{static_cast<int64_t>(classes.size()), width});
  constexpr double kLeast = 1e-12, kLeastOfOthers = 1e-37;
  if (kind == OutputKind::kBinary)
    return sum((log(outputs + kLeast) - log(1.0 - outputs + kLeast)) * chosen);
  // Against the sum of the others: 1 - p of a class that is certain would be 0, and its gradient with it.
  if (kind == OutputKind::kClasses)
    return sum(log(sum(outputs * chosen, {1}) + kLeastOfOthers) -
               log(sum(outputs * (1.0 - chosen), {1}) + kLeastOfOthers));
  return sum(outputs * chosen);
}

void check_grad_cam(const Model& model, const Tensor& x, const std::vector<int>& classes, OutputKind kind) {
  const auto fail = [&](const std::string& what) { throw InvalidArgument("grad_cam: " + what); };
  if (kind == OutputKind::kValues) fail("model '" + model.name() + "' tells no classes apart");
  if (x.rank() != 4) fail("x must be (samples, height, width, channels), received " + x.shape().str());
  if (static_cast<int64_t>(classes.size()) != x.shape()[0])
    fail("expected a class for each of " + std::to_string(x.shape()[0]) + " samples, received " +
         std::to_string(classes.size()));
  const int64_t width = model.output_shape()[-1], count = width == 1 ? 2 : width;
  for (const int label : classes) {
    if (label < 0 || label >= count)
      fail("class " + std::to_string(label) + " is beyond the " + std::to_string(count) + " of the model");
  }
}

// From what the layer puts out to what the model says.
Model behind(const Model& model, const Layer& layer) {
  try {
    return Model({layer.output()}, {model.output()});
  } catch (const InvalidArgument&) {
    throw InvalidArgument("grad_cam: other ways than that through layer '" + layer.name() +
                          "' lead from the input to the output; name one behind which they have met");
  }
}

}  // namespace

std::string grad_cam_layer(const Model& model) {
  const int64_t place = model.built() ? place_of_features(model) : -1;
  return place < 0 ? "" : model.layers()[static_cast<size_t>(place)]->name();
}

Tensor grad_cam(const Model& model, const Tensor& x, const std::vector<int>& classes, const std::string& layer) {
  const OutputKind kind = output_kind(model);
  check_grad_cam(model, x, classes, kind);
  const std::string name = layer.empty() ? grad_cam_layer(model) : layer;
  if (name.empty())
    throw InvalidArgument("grad_cam: model '" + model.name() +
                          "' has no layer of its own whose output has a height and a width; name one");
  const auto layers = model.layers();
  const auto found = std::find_if(layers.begin(), layers.end(), [&](const auto& each) { return each->name() == name; });
  if (found == layers.end()) model.layer(name);  // which suggests the nearest
  if (!has_places(**found))
    throw InvalidArgument("grad_cam: the output of layer '" + name + "' has no height and width");
  Model head({model.input()}, {(*found)->output()});
  const Model tail = behind(model, **found);
  const Tensor features = head.predict(x, {.batch_size = 32});
  const auto value = [&](const std::vector<Tensor>& inputs) {
    return log_odds(tail(inputs[0], /*training=*/false), classes, kind);
  };
  const Tensor gradient = grad(value)({features})[0];
  const Tensor weighed = maximum(sum(features * mean(gradient, {1, 2}, true), {3}, true), 0.0);
  const Tensor most = max(weighed, {1, 2, 3}, true);
  const Tensor maps = weighed / maximum(most, 1e-12);
  const int64_t height = x.shape()[1], width = x.shape()[2];
  const Tensor large = image::resize(cast(maps, DType::kFloat32), {height, width});
  return reshape(large, {x.shape()[0], height, width}).eval();
}

Picture overlay(const Picture& picture, const Tensor& maps, int64_t index) {
  const Shape shape = maps.shape();
  if (shape.rank() != 3 || index < 0 || index >= shape[0] || shape[1] != picture.height || shape[2] != picture.width)
    throw InvalidArgument("overlay: map " + std::to_string(index) + " of " + shape.str() + " does not fit a picture of " +
                          std::to_string(picture.height) + "x" + std::to_string(picture.width));
  Picture result{.height = picture.height, .width = picture.width, .channels = 3, .pixels = {}};
  const auto places = static_cast<size_t>(picture.height) * static_cast<size_t>(picture.width);
  const auto channels = static_cast<size_t>(picture.channels);
  const std::vector<float> all = maps.to_vector<float>();
  for (size_t i = 0; i < places; ++i) {
    const uint8_t* pixel = picture.pixels.data() + i * channels;
    const double grey = channels < 3 ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    const double heat = std::clamp(all[static_cast<size_t>(index) * places + i], 0.0F, 1.0F);
    const double rest = grey * (1 - 0.6 * heat);
    result.pixels.push_back(static_cast<uint8_t>(std::lround(std::min(255.0, rest + 255 * 0.6 * heat))));
    result.pixels.push_back(static_cast<uint8_t>(std::lround(rest)));
    result.pixels.push_back(static_cast<uint8_t>(std::lround(rest)));
  }
  return result;
}

}  // namespace lamina
