// Loading ONNX files as models.
#include "lamina/formats/onnx/onnx.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/graph_layer.h"
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

}  // namespace

Model onnx::model_of_graph(std::shared_ptr<const ImportedGraph> graph) {
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

Model load_onnx(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    const detail::ValuesFollow values_follow;
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(read_file(path), path, folder));
    Model model = onnx::model_of_graph(graph);
    graph->forget_weights();
    return model;
  });
}

namespace {

[[maybe_unused]] const bool kRegistered =
    register_model_format({".onnx",
                           [](const Model&, const std::string& path) {
                             throw Unsupported("'" + path + "': models cannot be written as ONNX yet");
                           },
                           [](const std::string& path, const LoadOptions&) { return load_onnx(path); }});

}  // namespace

}  // namespace lamina
