// Rewriter: what passes use to build the new graph from the old one. For authors of passes: lamina.h leaves
// it out.
#pragma once

#include <string>
#include <vector>

#include "lamina/graph/graph.h"

namespace lamina {

/// Walks an old graph while a new one grows. Inputs are taken over at construction; then, node by node, a
/// pass either keeps a node or maps its outputs to values of the new graph. Values that were never mapped may
/// not be used.
class Rewriter {
 public:
  explicit Rewriter(const Graph& from);

  /// The new value that stands for an old one.
  ValueId operator()(ValueId old) const { return map_[static_cast<size_t>(old)]; }
  bool mapped(ValueId old) const { return map_[static_cast<size_t>(old)] >= 0; }
  std::vector<ValueId> operator()(const std::vector<ValueId>& old) const;

  /// Lets `now` (a value of the new graph) stand for `old` from here on, under its name if it has none.
  void map(ValueId old, ValueId now) {
    map_[static_cast<size_t>(old)] = now;
    const std::string& name = from_.values[static_cast<size_t>(old)].name;
    if (!name.empty() && to_.values[static_cast<size_t>(now)].name.empty())
      to_.values[static_cast<size_t>(now)].name = name;
  }

  /// Copies a node, on the new values of its inputs.
  void keep(const Node& node);
  /// Adds a node to the new graph.
  std::vector<ValueId> add(const Op& op, Attrs attrs, std::vector<ValueId> inputs);

  /// The new graph so far.
  Graph& graph() { return to_; }
  /// Takes over outputs and updates, and hands the new graph out.
  Graph finish();

 private:
  const Graph& from_;
  Graph to_;
  std::vector<ValueId> map_;
};

}  // namespace lamina
