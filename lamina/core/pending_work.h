// What is pending behind some tensors: walked once, to find the program of a graph like it. Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

struct PendingOp;

/// The graph of pending work without a Graph: values have the numbers that trace() gives them.
struct PendingWork {
  std::vector<Tensor> results;           ///< what was asked for, then what else is held by somebody
  std::vector<Tensor> inner;             ///< those of the results that others are made of
  std::vector<PendingOp*> ops;           ///< in the order of the graph's nodes
  std::vector<Tensor> captured;          ///< in the order of the graph's inputs
  std::vector<ValueId> captured_values;  ///< and their values
  std::vector<ValueId> operands;         ///< the values that the ops read, one op after the other
  size_t hash = 0;  ///< equal graphs have equal ones; attributes, which are compared anyway, do not count

  /// The values of the results, in order.
  std::vector<ValueId> outputs() const;
  /// Whether the graph is `graph`, which has its outputs.
  bool is(const Graph& graph) const;
};

/// The work behind `wanted`, which are pending and distinct. Computing everything that somebody outside of
/// the pending work still holds, along the way, saves computing it again later. Nothing when it needs a
/// tensor that has no value: an argument of a trace, or a symbolic one.
std::optional<PendingWork> pending_work(std::span<const Tensor> wanted);

}  // namespace lamina::detail
