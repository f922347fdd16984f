// Elements of another type. Internal header.
#pragma once

#include <string>

#include "lamina/formats/onnx/value.h"

namespace lamina::onnx {

/// x with elements of `type`, as operator Cast makes them: floats towards zero, integers by their lowest bits, strings
/// by the number that they say. `saturate` and `mode` are for small floats: see rounded().
Value cast_to(const Value& x, ElementType type, bool saturate = true, const std::string& mode = "up");

}  // namespace lamina::onnx
