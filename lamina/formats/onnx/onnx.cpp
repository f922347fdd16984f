// Loading ONNX files as models.
#include "lamina/formats/onnx/onnx.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/graph_layer.h"
#include "lamina/nn/detail/model_content.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina {
namespace {

Tensor symbolic_input(const onnx::Declared& input) {
  if (!input.tensor()) {
    throw Unsupported("input '" + printable(input.name) + "' is no tensor; a model takes tensors only");
  }
  if (!input.shape) {
    throw Unsupported("the file does not say how many axes its input '" + printable(input.name) + "' has");
  }
  InputOptions options;
  options.dtype = input.type == onnx::ElementType::kUndefined ? DType::kFloat32 : onnx::storage(input.type);
  options.name = input.name;  // of the layer; the model has the file's
  std::replace(options.name.begin(), options.name.end(), '/', '_');
  return InputLayer(*input.shape, options).symbolic_output();
}

Model model_of(std::shared_ptr<const onnx::ImportedGraph> graph) {
  if (graph->inputs().empty()) throw Unsupported("its graph takes no inputs: there is nothing to ask of it");
  std::vector<Tensor> inputs;
  for (const onnx::Declared& input : graph->inputs()) inputs.push_back(symbolic_input(input));
  const onnx::OnnxGraph layer(graph);
  const std::vector<Tensor> outputs = layer.outputs(Tensors(inputs));
  std::vector<std::pair<std::string, Tensor>> named_inputs;
  for (size_t i = 0; i < inputs.size(); ++i) named_inputs.emplace_back(graph->inputs()[i].name, inputs[i]);
  Model model{Tensors(named_inputs), Tensors(outputs)};
  // By the names and in the order of the file; a dictionary of Keras's would be ordered by name.
  detail::ModelImpl& impl = detail::ModelImpl::of(model);
  impl.named_outputs = true;
  for (size_t i = 0; i < outputs.size(); ++i) impl.output_names[i] = graph->outputs()[i].name;
  return model;
}

}  // namespace

Model load_onnx(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    const detail::ValuesFollow values_follow;
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(read_file(path), path, folder));
    Model model = model_of(graph);
    graph->forget_weights();
    return model;
  });
}

namespace {

// Whether a graph that was made for one sample gives for two at once what it gives for each.
bool same_at_once(Model& each, Model& at_once) {
  Shape shape = each.input_shape();
  shape.set(0, 2);
  for (const int64_t extent : shape) {
    if (extent < 0) return false;
  }
  std::mt19937 draw(1);
  std::vector<float> values;
  for (int64_t i = 0; i < shape.size(); ++i) values.push_back(static_cast<float>(draw()) / 4294967296.f);
  const Tensor x = Tensor::from(values, shape);
  try {
    const std::vector<float> a = each.predict_on_batch(x).to_vector<float>();
    const Tensor answer = at_once.predict_on_batch(x);
    const std::vector<float> b = answer.to_vector<float>();
    if (a.size() != b.size() || answer.rank() == 0 || answer.shape()[0] != 2) return false;
    float most = 0, off = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      most = std::max(most, std::abs(a[i]));
      off = std::max(off, std::abs(a[i] - b[i]));
    }
    return off <= 1e-3f * most;  // false for NaN
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

OnnxFeatures load_onnx_features(const std::string& path, const std::string& features) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    const detail::ValuesFollow values_follow;
    const std::string bytes = read_file(path);
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(bytes, path, folder));
    if (graph->inputs().size() != 1) {
      throw Unsupported("it takes " + std::to_string(graph->inputs().size()) +
                        " inputs; features are taken from models of one");
    }
    std::string chosen = graph->cut(features);
    const bool scales = graph->scales_input();
    auto metadata = graph->metadata();
    Model model = model_of(graph);
    auto open = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(bytes, path, folder));
    open->cut(features);
    if (open->open_batch()) {
      Model at_once = model_of(open);
      if (same_at_once(model, at_once)) {
        open->forget_weights();
        return OnnxFeatures{std::move(at_once), std::move(chosen), std::move(metadata), scales};
      }
    }
    graph->forget_weights();
    return OnnxFeatures{std::move(model), std::move(chosen), std::move(metadata), scales};
  });
}

namespace {

// ONNX has no signature. A file begins with its version (field 1), up to 31, and one of the fields that follow it.
bool begins_as_onnx(std::string_view start) {
  constexpr std::string_view kNext("\x12\x1a\x22\x28\x32\x3a\x42");
  return start.size() > 3 && start[0] == 8 && start[1] >= 3 && start[1] < 32 && kNext.find(start[2]) != kNext.npos;
}

[[maybe_unused]] const bool kKnown = detail::register_model_content(".onnx", begins_as_onnx);

[[maybe_unused]] const bool kRegistered =
    register_model_format({".onnx",
                           [](const Model&, const std::string& path) {
                             throw Unsupported("'" + path + "': models cannot be written as ONNX yet");
                           },
                           [](const std::string& path, const LoadOptions&) { return load_onnx(path); }});

}  // namespace

}  // namespace lamina
