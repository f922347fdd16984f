// The same elements under another shape, wherever they lie. Internal header.
#pragma once

#include "lamina/formats/onnx/value.h"

namespace lamina::onnx {

/// Elements of `x` (no strings) as `shape`, which has as many. Axes that stay, are split, or are joined with their
/// neighbours stay where they lie; only axes that are joined and lie apart are moved, to be side by side.
Value reshaped_as_it_lies(const Value& x, const Shape& shape);

}  // namespace lamina::onnx
