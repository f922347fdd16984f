// Tensors with a value among the arguments of a recorded op, as Keras writes them. Internal header.
#pragma once

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina::detail {

/// {"class_name": "__tensor__", "config": {"value": nested lists, "dtype": ...}}
Json constant_json(const Tensor& value);

/// The tensor of a "__tensor__" or "__numpy__" object; undefined for any other JSON. Throws InvalidArgument
/// for ragged lists and unknown dtypes.
Tensor constant_from_json(const Json& json);

}  // namespace lamina::detail
