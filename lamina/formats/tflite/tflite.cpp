// Loading TFLite files as models.
#include "lamina/formats/tflite/tflite.h"

#include <memory>

#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/tflite/graph.h"
#include "lamina/formats/tflite/tflite_export.h"

namespace lamina {

Model load_tflite(const std::string& path) {
  return detail::reading(path, [&] {
    auto graph = std::make_shared<onnx::ImportedGraph>(tflite::parse(read_file(path), path));
    Model model = onnx::model_of(graph, "tflite_graph");
    detail::warn_of_nan(model, path);
    onnx::take_data_info(model, *graph, path);
    return model;
  });
}

namespace {

[[maybe_unused]] const bool kTfliteRegistered = register_model_format(
    {".tflite", [](const Model& model, const std::string& path) { export_tflite(model, path); },
     [](const std::string& path, const LoadOptions&) { return load_tflite(path); }});

}  // namespace

}  // namespace lamina
