// Loading ONNX files as models.
#include "lamina/formats/onnx/onnx.h"

#include <filesystem>
#include <memory>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/onnx/onnx_export.h"

namespace lamina {

Model load_onnx(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(read_file(path), path, folder));
    Model model = onnx::model_of(graph, "");
    if (const std::string info = graph->metadata("lamina.data_info"); !info.empty())
      model.set_data_info(DataInfo::from_json(Json::parse(info, path), path));
    return model;
  });
}

namespace {

[[maybe_unused]] const bool kRegistered =
    register_model_format({".onnx",
                           [](const Model& model, const std::string& path) { export_onnx(model, path); },
                           [](const std::string& path, const LoadOptions&) { return load_onnx(path); }});

}  // namespace

}  // namespace lamina
