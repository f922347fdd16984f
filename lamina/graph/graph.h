// The graph: pending work as a flat list of nodes in an order that can be run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/graph/layout.h"
#include "lamina/graph/op.h"
#include "lamina/graph/type.h"

namespace lamina {

/// Index of a value in Graph::values.
using ValueId = int32_t;

struct Value {
  TensorType type;
  Layout layout;
  std::string name;  ///< for printing: an input's name or empty
  bool operator==(const Value&) const = default;
};

/// One application of an op. Each value is the output of one node or an input of the graph.
struct Node {
  const Op* op = nullptr;
  Attrs attrs;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  bool operator==(const Node&) const = default;
};

/// New contents for an input: after a run, the storage of input number `input` holds `value`.
struct Update {
  int input = 0;
  ValueId value = 0;
  bool operator==(const Update&) const = default;
};

/// Plain data: passes read one graph and build another. `verify` states what makes it valid.
struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;  ///< every node after those that produce its inputs
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;  ///< values that a run hands back
  std::vector<Update> updates;   ///< donated state: inputs that a run overwrites

  ValueId add_value(TensorType type, std::string name = "", Layout layout = {});
  ValueId add_input(TensorType type, std::string name = "");
  /// Infers the output types, adds the node and its output values.
  std::vector<ValueId> add_node(const Op& op, Attrs attrs, std::vector<ValueId> inputs);

  const TensorType& type(ValueId value) const { return values[static_cast<size_t>(value)].type; }
  const Layout& layout(ValueId value) const { return values[static_cast<size_t>(value)].layout; }

  /// One line per input, node and output:
  ///   %0: float32(2, 3) = input "x"
  ///   %1: float32(2, 3) = relu(%0)
  ///   return %1
  std::string str() const;
  /// The graph whose str() is `text`, verified. Throws InvalidArgument, with line and column, for text that
  /// is none, names ops that are not registered, or says types that are not those that the ops infer.
  static Graph parse(std::string_view text);

  bool operator==(const Graph&) const = default;
};

/// For each value the index of the node that makes it, or -1 for inputs.
std::vector<int> producers(const Graph& graph);
/// For each value the indices of the nodes that read it, in order; a node that reads it twice is listed once.
std::vector<std::vector<int>> users(const Graph& graph);
/// For each value, whether the graph hands it back as an output or an update.
std::vector<bool> escaping(const Graph& graph);

/// The specification of a graph, executable: throws InternalError naming the first rule that `graph` breaks.
/// Ids in range; every value made exactly once and before its use; types as infer says; updates of matching
/// type on distinct inputs; layouts that fit their shapes, inputs and outputs row-major.
void verify(const Graph& graph);

}  // namespace lamina
