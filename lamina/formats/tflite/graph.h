// Reading TFLite files into graphs that can be run. Internal header.
#pragma once

#include <string>
#include <string_view>

#include "lamina/formats/onnx/imported_graph.h"

namespace lamina::tflite {

/// `name`: what to call the bytes in messages. Throws FileError as load_tflite does.
onnx::ImportedGraph parse(std::string_view bytes, const std::string& name);

}  // namespace lamina::tflite
