// Finding where the head of a model begins, and what its file says of pictures.
#include "lamina/zoo/without_head.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/nn/detail/input_path.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/zoo/detail/named.h"

namespace lamina {
namespace {

bool weighs(const Layer& layer) {
  const std::vector<WeightPtr> weights = layer.weights();
  return std::any_of(weights.begin(), weights.end(),
                     [](const WeightPtr& weight) { return weight->trainable && weight->type.shape.rank() >= 2; });
}

// What the last layer that weighs is given, drawn on from `input`; undefined where none weighs.
struct Place {
  Tensor features;
  std::string name;
};

Place last_weighed(const Model& model) {
  const std::shared_ptr<const detail::LayerGraph> graph = detail::ModelImpl::of(model).graph;
  if (!graph) return {};
  const auto& steps = graph->steps();
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Layer& layer = *step->node->layer;
    if (!weighs(layer)) continue;
    const std::vector<Tensor>& inputs = step->node->call.inputs;
    if (inputs.empty()) continue;
    if (const auto* inner = dynamic_cast<const Model*>(&layer); inner && inputs.size() == 1) {
      const Place place = last_weighed(*inner);
      if (place.features.defined() && !inner->inputs().empty()) {
        const Model part({inner->input()}, {place.features});
        return {part(inputs[0]), place.name};
      }
    }
    return {inputs[0], detail::origin(inputs[0]).node->layer->name()};
  }
  return {};
}

// What the model says of pictures.
void read_scale(const Model& model, Features& result) {
  if (const std::optional<PixelScale>& said = model.data_info().scale) {
    result.scale = picture_scale(name(*said));
    result.said_by = "what it knows of its data";
    return;
  }
  for (const Layer* layer : detail::first_to_compute(model, 0)) {
    if (!layer->rescales()) continue;
    result.scale = picture_scale("none");
    result.said_by = "its layer '" + layer->name() + "', which scales them";
    return;
  }
}

// ONNX: the properties of models of images.
void read_scale(const OnnxFeatures& onnx, Features& result) {
  const auto property = [&](const char* name) -> std::string {
    for (const auto& [key, value] : onnx.metadata) {
      if (key == name) return value;
    }
    return "";
  };
  const std::string range = property("Image.NominalPixelRange"), order = property("Image.BitmapPixelFormat");
  const char* const known = range == "NominalRange_0_255" ? "none"
                            : range == "Normalized_0_1"   ? "0..1"
                            : range == "Normalized_1_1"   ? "-1..1"
                            : onnx.scales                 ? "none"
                                                          : nullptr;
  if (!known) return;
  result.scale = picture_scale(known);
  result.scale->bgr = order == "Bgr8" || order == "Bgra8";
  result.said_by = range.empty() ? "its first node, which scales them" : "its metadata";
}

}  // namespace

const std::vector<PictureScale>& picture_scales() {
  // Means and deviations of the colours of ImageNet, as torchvision's and Caffe's models were trained with.
  static const std::vector<double> mean{0.485, 0.456, 0.406}, deviation{0.229, 0.224, 0.225};
  static const std::vector<PictureScale> all = [] {
    std::vector<double> scale, offset;
    for (size_t i = 0; i < mean.size(); ++i) {
      scale.push_back(1 / (255 * deviation[i]));
      offset.push_back(-mean[i] / deviation[i]);
    }
    return std::vector<PictureScale>{
        {"none", "bytes as they are, 0..255", {1}, {0}},
        {"0..1", "divided by 255", {1 / 255.0}, {0}},
        {"-1..1", "divided by 127.5, less 1", {1 / 127.5}, {-1}},
        {"imagenet", "divided by 255, less the mean and divided by the deviation of ImageNet's colours", scale, offset},
        {"caffe", "blue first, less the mean of ImageNet's colours", {1}, {-103.939, -116.779, -123.68}, true}};
  }();
  return all;
}

const PictureScale& picture_scale(const std::string& name) { return detail::named(picture_scales(), name, "scale of pictures"); }

Features without_head(const Model& model, const std::string& features) {
  if (model.input_names().size() != 1) {
    throw InvalidArgument("model '" + model.name() + "' takes " + std::to_string(model.input_names().size()) +
                          " inputs; features are taken from models of one");
  }
  Place place;
  const Tensor input = model.input();
  if (features.empty()) {
    place = last_weighed(model);
  } else {
    const Layer& layer = model.layer(features);
    place = {layer.output(), layer.name()};
  }
  if (!place.features.defined())
    throw InvalidArgument("no layer of model '" + model.name() +
                          "' has a matrix or kernel that is trained, so that nobody can say where its head begins: name "
                          "the layer that gives the features");
  if (place.features.node() == input.node())
    throw InvalidArgument("the first layer of model '" + model.name() +
                          "' with a matrix or kernel is its last: there are no features before it");
  Features result{Model({input}, {place.features}), place.name, false, std::nullopt, ""};
  read_scale(model, result);
  return result;
}

Features load_without_head(const std::string& path, const std::string& features) {
  if (find_model_format(path).extension == ".onnx") {
    OnnxFeatures onnx = load_onnx_features(path, features);
    Features result{onnx.model, onnx.features, true, std::nullopt, ""};
    read_scale(onnx, result);
    return result;
  }
  const Model model = load_model(path, {.compile = false});
  return detail::reading(path, [&] { return without_head(model, features); });
}

}  // namespace lamina
