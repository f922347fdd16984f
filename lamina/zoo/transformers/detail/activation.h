// Activations by the names of Hugging Face's configurations. Internal header.
#pragma once

#include <string>

#include "lamina/core/tensor.h"

namespace lamina::detail {

using Activation = Tensor (*)(const Tensor&);

/// "relu", "gelu", "gelu_new", "silu", ... Throws InvalidArgument for an unknown one, suggesting the nearest.
Activation pretrained_activation(const std::string& name);

}  // namespace lamina::detail
