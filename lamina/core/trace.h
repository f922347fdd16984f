// From pending tensors to a graph. Internal header.
#pragma once

#include <span>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// A tensor without value or producer: stands for an argument while a function is traced.
Tensor placeholder(const TensorType& type, const Device& device);

struct Trace {
  Graph graph;                   ///< inputs: the placeholders in order, then what was captured
  std::vector<Tensor> captured;  ///< computed tensors that the graph reads
  std::vector<ValueId> results;  ///< the values of the traced tensors, in order
};

/// The graph that computes `results` from `placeholders` and from computed tensors. graph.outputs stays
/// empty. Throws InvalidArgument when a result needs a placeholder of another trace, or is undefined.
Trace trace(std::span<const Tensor> results, std::span<const Tensor> placeholders);

}  // namespace lamina::detail
