// SubGraph: a traced function as an attribute of an op (a branch, the body of a loop). Internal header.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/grad.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// Immutable, and cheap to copy. Equal when the graphs are; prints as the graph, indented.
struct SubGraph {
  std::shared_ptr<const Graph> graph;

  bool operator==(const SubGraph& other) const;
  std::string str() const;
  /// Becomes the graph whose str() comes next in `text`.
  void read(TextCursor& text);
};

/// What tracing gives: the graph's inputs are the arguments, then what the function captured.
struct TracedBody {
  SubGraph body;
  std::vector<Tensor> captured;
};

/// Traces `f` on arguments of these types. Every tensor that is older than the call and that `f` reads counts
/// as captured, also one that is pending or belongs to a trace around this one.
TracedBody trace_body(const TensorFunction& f, std::span<const TensorType> arguments, const Device& device);

/// Gives bodies with the same arguments one list of captured tensors, which it returns: each takes all, used
/// or not.
std::vector<Tensor> share_captures(std::span<TracedBody* const> bodies);

/// Applies the graph to tensors, op by op; its outputs.
std::vector<Tensor> replay(const SubGraph& body, std::span<const Tensor> inputs);

}  // namespace lamina::detail
