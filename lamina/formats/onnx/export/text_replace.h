// Replacing within texts: a function of the files that are written, for ONNX has no operator for it. Internal header.
#pragma once

#include <string>

#include "lamina/formats/onnx/export/builder.h"

namespace lamina::onnx {

/// Each occurrence of `from`, which is not empty, in texts (batch,) becomes `to`. A node of a function that the file
/// holds once.
std::string replaced(Builder& builder, const std::string& texts, const std::string& from, const std::string& to);

}  // namespace lamina::onnx
