// Constants that hold the same. Internal header.
#pragma once

#include "lamina/formats/onnx/value.h"

namespace lamina::onnx {

enum class Same {
  kNo,
  kYes,
  kTransposed,  ///< of two axes
};

/// Whether `b` holds what `a` does, or its transpose: large tensors alone, others are kNo.
Same same_constants(const Value& a, const Value& b);

}  // namespace lamina::onnx
