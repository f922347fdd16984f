// Tables from keys to values, as maps of ONNX, TensorFlow and TFLite have them. Internal header.
#pragma once

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// For each element of `x` the value whose place its key has among `keys`, or `otherwise`, which is one value. Keys, and
/// values, are strings or numbers. Throws InvalidArgument for other numbers of keys than values, and for kinds that do not
/// fit.
Value look_up(const Call& call, const Value& keys, const Value& values, const Value& otherwise, const Value& x);

}  // namespace lamina::onnx
