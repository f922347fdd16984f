// A model of one layer that computes an imported graph. Internal header.
#pragma once

#include <memory>
#include <string>

#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/nn/model.h"

namespace lamina::onnx {

/// Inputs and outputs are called, and ordered, as in the graph. `name`: of the layer. Inputs that take texts take numbers,
/// and what makes these is part of what the model knows of its data (text_inputs.h). Throws Unsupported for
/// a graph without inputs, and for one that takes what is no tensor.
Model model_of(std::shared_ptr<ImportedGraph> graph, const std::string& name);

/// The key under which files say, as JSON, what their model knows of its data.
inline constexpr char kDataInfo[] = "lamina.data_info";
/// Model::set_data_info with what the graph's file says under that key, if anything. Throws FileError, calling the file
/// `path`.
void take_data_info(Model& model, const ImportedGraph& graph, const std::string& path);

}  // namespace lamina::onnx
