// Loading ONNX files as models.
#include "lamina/formats/onnx/onnx.h"

#include <filesystem>
#include <memory>
#include <string_view>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "lamina/nn/detail/model_content.h"

namespace lamina {

Model load_onnx(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  return detail::reading(path, [&] {
    detail::refuse_pipe(path);
    const auto bytes = detail::ByteSource::of_file(path);
    auto graph = std::make_shared<onnx::ImportedGraph>(onnx::ImportedGraph::parse(bytes, path, folder));
    Model model = onnx::model_of(graph, "");
    detail::warn_of_nan(model, path);
    onnx::take_data_info(model, *graph, path);
    return model;
  });
}

namespace {

// ONNX has no signature. A file begins with its version (field 1), up to 31, and one of the fields that follow it.
bool begins_as_onnx(std::string_view start) {
  constexpr std::string_view kNext("\x12\x1a\x22\x28\x32\x3a\x42");
  return start.size() > 3 && start[0] == 8 && start[1] >= 3 && start[1] < 32 && kNext.find(start[2]) != kNext.npos;
}

[[maybe_unused]] const bool kOnnxKnown = detail::register_model_content(".onnx", begins_as_onnx);

[[maybe_unused]] const bool kOnnxRegistered =
    register_model_format({".onnx",
                           [](const Model& model, const std::string& path) {
                             for (const std::string& one : export_onnx(model, path).outside)
                               warn("'" + printable(path) + "': " + one);
                           },
                           [](const std::string& path, const LoadOptions&) { return load_onnx(path); }});

}  // namespace

}  // namespace lamina
