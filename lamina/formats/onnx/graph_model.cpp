// Models of imported graphs.
#include "lamina/formats/onnx/graph_model.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/graph_layer.h"
#include "lamina/formats/onnx/text_inputs.h"
#include "lamina/formats/text_tensors.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/text/text_preprocessing.h"

namespace lamina::onnx {
namespace {

Tensor symbolic_input(const Declared& input) {
  if (!input.tensor()) {
    throw Unsupported("input '" + printable(input.name) + "' is no tensor; a model takes tensors only");
  }
  const std::optional<Shape> shape = input.tensor_shape();
  if (!shape) {
    throw Unsupported("the file does not say how many axes its input '" + printable(input.name) + "' has");
  }
  InputOptions options;
  options.dtype = input.dtype();
  options.name = input.name;  // of the layer; the model has the file's
  std::replace(options.name.begin(), options.name.end(), '/', '_');
  return InputLayer(*shape, options).symbolic_output();
}

// What takes texts begins behind what makes numbers of them, where there is such a place. Elsewhere (several texts a
// sample, names for names) texts are tensors to the operators of ONNX; those of other formats compute with numbers.
std::vector<TextInput> encoders_of_texts(std::shared_ptr<ImportedGraph>& graph) {
  try {
    return take_text_inputs(graph);
  } catch (const Unsupported&) {
    if (!graph->of_onnx()) throw;
    return {};
  }
}

void know_texts(Model& model, const std::vector<TextInput>& texts) {
  if (texts.empty()) return;
  DataInfo info = model.data_info();
  if (model.input_names().size() == 1) {
    info.text = TextInfo{.encoder = texts[0].encoder};
  } else {
    Json inputs = Json::object();
    for (const TextInput& each : texts) inputs[each.name] = each.encoder;
    info.sections[kTextInputs] = std::move(inputs);
  }
  model.set_data_info(std::move(info));
}

}  // namespace

Model model_of(std::shared_ptr<ImportedGraph> graph, const std::string& name) {
  const lamina::detail::ValuesFollow values_follow;
  const std::vector<TextInput> encoders = encoders_of_texts(graph);
  if (graph->inputs().empty()) throw Unsupported("its graph takes no inputs: there is nothing to ask of it");
  std::vector<Tensor> inputs;
  for (const Declared& input : graph->inputs()) inputs.push_back(symbolic_input(input));
  const OnnxGraph layer(graph, {.name = name});
  const std::vector<Tensor> outputs = layer.outputs(Tensors(inputs));
  std::vector<std::pair<std::string, Tensor>> named_inputs;
  for (size_t i = 0; i < inputs.size(); ++i) named_inputs.emplace_back(graph->inputs()[i].name, inputs[i]);
  std::vector<std::pair<std::string, Tensor>> named_outputs;
  for (size_t i = 0; i < outputs.size(); ++i) named_outputs.emplace_back(graph->outputs()[i].name, outputs[i]);
  Model model = lamina::detail::model_with_outputs(Tensors(named_inputs), named_outputs, {});
  graph->forget_weights();
  know_texts(model, encoders);
  TextTensors texts;
  for (const Declared& input : graph->inputs()) {
    if (input.texts()) texts.inputs.push_back(input.name);
  }
  for (const Declared& output : graph->outputs()) {
    if (output.texts()) texts.outputs.push_back(output.name);
  }
  if (!texts.inputs.empty() || !texts.outputs.empty()) set_text_tensors(model, texts);
  return model;
}

void take_data_info(Model& model, const ImportedGraph& graph, const std::string& path) {
  const std::string info = graph.metadata(kDataInfo);
  if (info.empty()) return;
  const TextTensors texts = text_tensors(model);  // of the graph, which knows better than any metadata
  model.set_data_info(DataInfo::from_json(Json::parse(info, path), path));
  if (!texts.inputs.empty() || !texts.outputs.empty()) set_text_tensors(model, texts);
}

}  // namespace lamina::onnx
