// Floating-point operations of a graph, as the records of its ops count them. Internal header.
#pragma once

#include <span>

#include "lamina/graph/graph.h"

namespace lamina::detail {

/// Of one application of `op` to inputs of these types: what its record says (Op::flops).
///
/// Throws Unsupported, naming the op, when the record does not say it and there is no body to count.
double flops(const Op& op, const Attrs& attrs, std::span<const TensorType> inputs);

/// Of one run of the graph as it stands.
double flops(const Graph& graph);

/// Of what `body` does with inputs of these types.
double flops_of_body(decltype(Op::body) body, const Attrs& attrs, std::span<const TensorType> inputs);

}  // namespace lamina::detail
