// Elements of another type. Internal header.
#pragma once

#include "lamina/formats/onnx/value.h"

namespace lamina::onnx {

/// x with elements of `type`, as operator Cast makes them: floats towards zero, integers by their lowest bits, strings
/// by the number that they say. `saturate` is for small floats: see rounded().
Value cast_to(const Value& x, ElementType type, bool saturate = true);

}  // namespace lamina::onnx
