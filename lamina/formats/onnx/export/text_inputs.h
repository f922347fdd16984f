// Which inputs of a model take texts in its file. Internal header.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lamina/formats/onnx/export/text_plan.h"
#include "lamina/formats/onnx/export/traces.h"

namespace lamina::onnx {

struct TextInputs {
  std::map<size_t, TextPlan> plans = {};    ///< by the input's place
  std::vector<std::string> outside = {};  ///< of each other input that stands for texts, what it takes and why
  /// Of those with plans; 0 without any.
  int oldest_opset() const;
};

/// By what `info` knows of the model's texts.
/// @param opset  the operator set that the file must be written in; nothing: one that has what it takes.
TextInputs text_inputs(const DataInfo& info, const ModelTraces& traces, std::optional<int> opset);

}  // namespace lamina::onnx
