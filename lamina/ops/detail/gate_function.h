// The activations that recurrent kernels know. Their slopes follow from their values, so that the gradient
// keeps the values alone. Internal header.
#pragma once

#include <optional>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina::detail {

enum class GateFunction { kLinear, kTanh, kSigmoid, kHardSigmoid, kRelu, kElu, kSoftsign };

/// The function that Keras calls `name`, if it is one of them.
std::optional<GateFunction> find_gate_function(const std::string& name);

/// The function as ops, and its slope where its value is y.
Tensor activate(GateFunction function, const Tensor& x);
Tensor slope(GateFunction function, const Tensor& y);

}  // namespace lamina::detail
