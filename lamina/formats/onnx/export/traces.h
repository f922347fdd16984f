// The traces of a model that its file is written from. Internal header.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/core/trace.h"
#include "lamina/formats/onnx/onnx_export.h"

namespace lamina::onnx {

struct ModelTraces {
  std::vector<std::string> input_names, output_names;
  std::vector<DType> input_dtypes, output_dtypes;
  /// Of each input the name of each axis that is open, "" for the others.
  std::vector<std::vector<std::string>> open;
  std::vector<detail::Trace> traces;             ///< of the same function, for other extents of the open axes
  std::vector<std::vector<Shape>> input_shapes;  ///< of each trace
  std::vector<std::string> places;               ///< of each node: "sequential/dense"
};

/// Traces a model that is built, without training, for inputs with the shapes and axes of `options`. Throws
/// InvalidArgument for a model that is not built, inputs that it does not have, and shapes and names of axes that do not
/// fit; Unsupported where what it computes is not the same for all extents or follows from numbers.
ModelTraces trace_model(const Model& model, const OnnxOptions& options);

}  // namespace lamina::onnx
