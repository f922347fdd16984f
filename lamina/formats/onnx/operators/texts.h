// What operators on texts of several formats share. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// Throws InvalidArgument for texts that are no UTF-8: they come from files and may be anything.
void require_utf8(const Call& call, const std::vector<std::string>& texts);

/// Upper case, character by character. `text`: UTF-8.
std::string upper(const std::string& text);

}  // namespace lamina::onnx
