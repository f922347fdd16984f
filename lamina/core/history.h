// History: how computed tensors came about, kept while that is cheap, so that gradients can be taken through
// values that somebody looked at. Internal header.
//
// A computed node keeps its producer, or, where nobody watched, one op for all that was computed with it,
// which holds the graph that ran: loops that repeat themselves share that. A gradient that comes by unfolds
// it. What histories cost is bounded per thread: when they outgrow their budget, the oldest are dropped.
// Large inputs that somebody else holds are held weakly, so that no result keeps its data set alive. What was
// dropped is not forgotten altogether: every computed node knows which tensors it may depend on, so that a
// gradient that would have to pass a gap throws, and one that need not pass it takes the node for the
// constant that it is.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::detail {

struct PendingOp;
struct TensorNode;

/// A tensor that others may depend on.
struct Ancestor {
  const TensorNode* address;  ///< tells nodes apart that live
  std::weak_ptr<TensorNode> node;
};

/// What one evaluation computed, and from what.
struct History {
  std::vector<std::weak_ptr<TensorNode>> results;  ///< the nodes that share it
  /// Which of the tensors then alive they may depend on: own lists, and those of the histories before, which
  /// are shared.
  std::vector<std::shared_ptr<const std::vector<Ancestor>>> ancestors;
  bool any_older = false;  ///< too many to list: they may depend on any tensor made before them
  uint64_t made = 0;       ///< serial number, comparable to those of nodes
  uint64_t thread = 0;     ///< who computed it: no other may walk it
  size_t cost = 0;
};

/// After `ops` computed `results` from `captured`: writes down how, within the thread's budget. Besides the
/// ops and these lists, `others` more handles of each captured tensor do not count as somebody who keeps it.
/// @param inner  those of the results that others are made of
void remember(std::span<const Tensor> results, std::span<PendingOp* const> ops,
              std::span<const Tensor> captured, std::span<const Tensor> inner, int others = 0);

/// Makes ops of a computed node's history again where that is kept as a graph.
void unfold(const TensorNode& node);

/// The inputs of `op`, those that its history held weakly included; from here on they are held again.
/// Throws InvalidArgument when one of them is gone or was overwritten.
std::span<const Tensor> inputs_of(PendingOp& op);

/// Throws InvalidArgument when the history of the computed `node` was dropped, or is another thread's;
/// unfolds it.
void make_walkable(const TensorNode& node);

/// The next serial number of a node.
uint64_t next_serial();

}  // namespace lamina::detail
