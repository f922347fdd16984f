// Texts: the steps of a plan as nodes. Internal header.
#pragma once

#include <string>

#include "lamina/formats/onnx/export/builder.h"
#include "lamina/formats/onnx/export/text_plan.h"

namespace lamina::onnx {

/// The name of what the model takes for the texts: `dtype` (batch, length), or (batch, columns) of counts.
/// @param texts   strings (batch, 1)
/// @param length  of rows of numbers, where it is known; -1: that of the longest
std::string write_texts(Builder& builder, const TextPlan& plan, const std::string& texts, int64_t length, DType dtype);

}  // namespace lamina::onnx
