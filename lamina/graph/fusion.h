// Fusions: patterns of neighbouring ops and what replaces them, registered beside the op that does the work
// of all. One matcher, the pass `epilogue_fusion`, reads them; it knows no op by name.
// For authors of ops: lamina.h leaves it out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lamina/graph/graph.h"

namespace lamina {

/// What a pattern may ask of a graph. Internal to fusions.
class GraphView {
 public:
  /// @param steady  of each value, whether it keeps its contents for many runs (steady_values); empty: none does
  explicit GraphView(const Graph& graph, std::vector<bool> steady = {});

  const Graph& graph() const { return graph_; }
  /// The node that makes `value`, or null for an input.
  const Node* producer(ValueId value) const;
  /// The nodes that read `value`, in order.
  std::vector<const Node*> users(ValueId value) const;
  bool escapes(ValueId value) const { return escapes_[static_cast<size_t>(value)]; }
  bool steady(ValueId value) const { return !steady_.empty() && steady_[static_cast<size_t>(value)]; }
  int index(const Node& node) const { return static_cast<int>(&node - graph_.nodes.data()); }

 private:
  const Graph& graph_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> users_;
  std::vector<bool> escapes_;
  std::vector<bool> steady_;
};

/// What a pattern found, under the names that it gave.
class FusionMatch {
 public:
  explicit FusionMatch(const GraphView& view) : view_(&view) {}

  /// The node behind a label. Throws InternalError for a name that the pattern does not have.
  const Node& node(const std::string& label) const;
  template <class A>
  const A& attrs(const std::string& label) const {
    return node(label).attrs.as<A>();
  }
  /// The value behind a variable.
  ValueId value(const std::string& variable) const;
  const TensorType& type(const std::string& variable) const { return view_->graph().type(value(variable)); }
  /// The type of the first output of a labelled node.
  const TensorType& type_of(const std::string& label) const {
    return view_->graph().type(node(label).outputs[0]);
  }
  /// Whether the value behind a variable keeps its contents for many runs: a weight of a network that only predicts.
  bool steady(const std::string& variable) const { return view_->steady(value(variable)); }
  /// Whether nothing reads output number `output` of a labelled node.
  bool unused(const std::string& label, size_t output) const { return read_by(0, label, output); }
  /// Whether `count` nodes read it, and nothing outside of the graph.
  bool read_by(size_t count, const std::string& label, size_t output) const;
  /// Whether each node that reads that output, which must not leave the graph, matches `pattern` and `fits`.
  /// Names that are taken mean the same in there.
  bool every_user(const std::string& label, size_t output, const std::string& pattern,
                  bool (*fits)(const FusionMatch& match)) const;

  const std::map<std::string, const Node*>& nodes() const { return nodes_; }

 private:
  friend class FusionPattern;

  const GraphView* view_;
  std::map<std::string, const Node*> nodes_;
  std::map<std::string, ValueId> values_;
};

/// One term of a pattern or a result.
struct FusionTerm {
  enum class Kind { kVariable, kNumber, kNode };
  Kind kind = Kind::kVariable;
  double number = 0;
  std::string name = {};   ///< of the variable or the op
  std::string label = {};  ///< of a node; may be empty
  bool sole = false;
  size_t output = 0;
  std::vector<FusionTerm> args = {};
};

/// A pattern, as text:
///
///   relu(!s:add(!conv2d(x, kernel), bias))
///
/// `op(...)` is a node, `op(...).1` its second output; a label before it names the node; `!` says that
/// nothing else may read that output; a plain word is any value, and the same one where it stands again (`_`:
/// any); `label.1` is an output of a node named before; `0`, `1` or `6` a constant of these. After `;` may follow
/// further nodes, of which the first argument is a value named before.
class FusionPattern {
 public:
  /// Throws InternalError for text that is no pattern.
  explicit FusionPattern(const std::string& text);

  /// Whether `node` is where the pattern ends, with all that it asks for around it; adds to `match`.
  bool matches(const GraphView& view, const Node& node, FusionMatch& match) const;
  /// The names of the ops in it.
  std::vector<std::string> ops() const;

 private:
  std::vector<FusionTerm> roots_;
};

/// One way to make one node of several.
struct Fusion {
  /// Fusions of a lower stage run first, over the whole graph.
  int stage = 0;
  /// Alternatives: where operands may stand in either order.
  std::vector<std::string> patterns = {};
  /// "y, n.1 = op(x, z)": which outputs (label, or label.number) the outputs of the new node stand for.
  /// Arguments are as in a pattern, or new nodes in their turn; `label:op(...)` takes over the attributes of
  /// a node that was found.
  std::string result = {};
  /// What the text cannot say: types and attributes. Absent: nothing more is asked.
  bool (*fits)(const FusionMatch& match) = nullptr;
  /// The attributes of the new node, unless it takes them over from a label.
  Attrs (*attrs)(const FusionMatch& match) = nullptr;
};

/// The stages that there are, in their order.
enum FusionStage {
  kStoredWeights,    ///< products and lookups that take weights as they are stored
  kMoveMasks,        ///< what makes room for the others
  kWithActivation,   ///< producer, bias, activation
  kWithBias,         ///< without activation
  kWithPooling,      ///< and with the pooling behind it
  kWithoutOutputs,   ///< outputs that nothing reads
  kSpentMasks,       ///< gradients behind what was fused
  kSpentBounds,      ///< the same behind an upper bound
  kWithSpentMasks,   ///< results and activations of which no gradient asks for the parts any more
  kPooledGradients,  ///< gradients straight from a pooled map
  kGradients,        ///< gradients of several operands in one
  kSteadyWeights,    ///< what pays where weights stay as they are
  kSideBySide,       ///< what is left of it and joined: results straight into a joined one
};

/// Adds fusions, before main. Where several fit in one stage, those of the result that comes first in the
/// alphabet are tried first, in the order of their list.
struct FusionRegistration {
  explicit FusionRegistration(std::vector<Fusion> fusions);
};

namespace detail {

/// A registered fusion, read.
struct ParsedFusion {
  Fusion fusion;
  std::vector<FusionPattern> patterns;
  std::vector<std::pair<std::string, size_t>> outputs;  ///< label and number
  FusionTerm result;
};
/// All of them, by stage.
const std::vector<ParsedFusion>& all_fusions();

}  // namespace detail
}  // namespace lamina
