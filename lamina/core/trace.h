// From pending tensors to a graph. Internal header.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// A tensor without value or producer: stands for an argument while a function is traced.
Tensor placeholder(const TensorType& type, const Device& device);

/// While it lives, this thread traces a function that becomes a program of its own.
class TracedFunction {
 public:
  TracedFunction();
  ~TracedFunction();
  TracedFunction(const TracedFunction&) = delete;
  TracedFunction& operator=(const TracedFunction&) = delete;

  /// A number for the innermost function that this thread traces; 0 outside of traces.
  static uint64_t current();

  /// Names an argument of the innermost function that this thread traces, for whoever prints its graph. Does
  /// nothing outside of traces.
  static void name(const Tensor& argument, std::string name);
  /// The names that arguments were given, "arg3" for those without.
  std::vector<std::string> names(std::span<const Tensor> arguments) const;

 private:
  const uint64_t outer_;
  TracedFunction* const around_;
  std::unordered_map<const TensorNode*, std::string> names_;
};

struct PendingOp;

struct Trace {
  Graph graph;                   ///< inputs: the placeholders in order, then what was captured
  std::vector<Tensor> captured;  ///< tensors from outside that the graph reads
  std::vector<ValueId> results;  ///< the values of the traced tensors, in order
  std::vector<PendingOp*> ops;   ///< what the graph's nodes were made of, in order
  bool watched = false;          ///< passes a tensor that a running grad() watches
  bool foreign = false;          ///< needs an argument of another trace; then the graph is not complete
};

/// What a trace does with pending tensors that were made before it began.
enum class Older {
  kTraced,    ///< they are part of it
  kComputed,  ///< computed and captured, unless they need an argument or grad() watches: then the walk ends
  kCaptured,  ///< captured as they are
};

/// The graph that computes `results` from `placeholders` and from captured tensors. graph.outputs stays
/// empty. `since` is the serial number at which the trace began. Throws InvalidArgument when a result is
/// undefined or symbolic.
Trace trace(std::span<const Tensor> results, std::span<const Tensor> placeholders,
            Older older = Older::kTraced, uint64_t since = 0);

}  // namespace lamina::detail
