// Loading ONNX files as models.
#include "lamina/formats/onnx/onnx.h"

#include <filesystem>
#include <memory>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/graph_model.h"

namespace lamina {

Model load_onnx(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(read_file(path), path, folder));
    return onnx::model_of(graph, "");
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
