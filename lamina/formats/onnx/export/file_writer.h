// Writing ONNX files. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/formats/onnx/value.h"
#include <onnx.pb.h>

namespace lamina::onnx {

using NamedConstants = std::vector<std::pair<std::string, Value>>;

/// Writes the model with its constants as initializers, which lie in a file beside it from so many bytes on. Each file is
/// replaced at once or not at all. Gives the files.
std::vector<std::string> write_model_file(lamina_onnx_file::ModelProto proto, const NamedConstants& constants, const std::string& path,
                                          uint64_t weights_beside);

}  // namespace lamina::onnx
