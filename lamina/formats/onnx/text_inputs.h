// Inputs of imported graphs that take texts. Tensors hold none: a model begins behind what turns them into numbers, which
// becomes part of what the model knows of its data. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/formats/onnx/imported_graph.h"

namespace lamina::onnx {

/// What turns the texts of one input into the numbers that stand there instead.
struct TextInput {
  std::string name;  ///< of the input
  Json encoder;      ///< for TextInfo: {"class_name": "TextGraph", "config": {"graph": ...}}
};

/// Cuts the graph at each input of strings: where its numbers begin, that is at the first value that all that follows from
/// the texts goes through, and that is a tensor with a row for each text. `graph` becomes the part behind, whose input of
/// that name takes these numbers. Throws Unsupported for several texts a sample, and where there is no such value.
std::vector<TextInput> take_text_inputs(std::shared_ptr<ImportedGraph>& graph);

}  // namespace lamina::onnx
