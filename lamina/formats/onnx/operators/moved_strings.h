// Strings that are moved as the same operator moves numbers. Internal header.
#pragma once

#include "lamina/formats/onnx/value.h"

namespace lamina::onnx {

/// The place of each string among all of a tensor, int64: what an operator makes of these says where strings go.
Tensor places_of_strings(const Value& x);
/// The strings at those places.
Value strings_at(const Value& x, const Tensor& places);

}  // namespace lamina::onnx
