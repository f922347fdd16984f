// Options of lamina convert for ONNX files. Internal header.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "convert_shapes.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

struct OnnxChoices {
  std::optional<int> opset;
  bool without_texts = false;
};

bool is_onnx(const std::string& path);
void add_onnx_choices(Command& command, OnnxChoices& choices);
/// Throws UsageError for choices that do not go with that file.
void check_onnx_choices(const OnnxChoices& choices, const std::string& out);
/// @param axes  names of the inputs' axes, as OnnxOptions::axes
OnnxReport write_onnx(const Model& model, const std::string& out, const OnnxChoices& choices, InputShapes shapes,
                std::vector<std::pair<std::string, std::vector<std::string>>> axes);

}  // namespace lamina::cli
