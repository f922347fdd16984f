// Gradients by way of an op's body. Internal header.
#pragma once

#include <span>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"

namespace lamina::detail {

using Body = std::vector<Tensor> (*)(const Attrs& attrs, std::span<const Tensor> inputs);

/// The gradients that flow from those outputs that have one to the floating inputs.
std::vector<Tensor> vjp_through(Body body, const VjpArgs& args);

/// The vjp of a fused op with that body.
template <Body body>
std::vector<Tensor> vjp_of_body(const VjpArgs& args) {
  return vjp_through(body, args);
}

}  // namespace lamina::detail
