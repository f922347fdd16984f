// The executable specification of a graph.
#include <algorithm>

#include "lamina/graph/graph.h"

namespace lamina {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph), made_(graph.values.size(), false) {}

  void run() {
    for (ValueId input : graph_.inputs) {
      make(input, "graph input");
      if (!graph_.layout(input).row_major()) fail("input %" + std::to_string(input) + " is not row-major");
    }
    for (const Node& node : graph_.nodes) check(node);
    for (ValueId output : graph_.outputs) {
      use(output, "graph output");
      if (!graph_.layout(output).row_major()) fail("output %" + std::to_string(output) + " is not row-major");
    }
    check_updates();
  }

 private:
  [[noreturn]] void fail(const std::string& rule) const {
    throw InternalError("invalid graph: " + rule + "\n" + graph_.str());
  }

  void in_range(ValueId value, const std::string& where) const {
    if (value < 0 || static_cast<size_t>(value) >= graph_.values.size()) {
      throw InternalError("invalid graph: " + where + " names value " + std::to_string(value) + " of " +
                          std::to_string(graph_.values.size()));
    }
  }

  void make(ValueId value, const std::string& where) {
    in_range(value, where);
    if (made_[static_cast<size_t>(value)]) fail("value %" + std::to_string(value) + " is made twice");
    made_[static_cast<size_t>(value)] = true;
  }

  void use(ValueId value, const std::string& where) const {
    in_range(value, where);
    if (!made_[static_cast<size_t>(value)]) {
      fail(where + " uses %" + std::to_string(value) + " before it is made");
    }
  }

  void check(const Node& node) {
    if (!node.op) fail("a node has no op");
    std::vector<TensorType> types;
    for (ValueId input : node.inputs) {
      use(input, node.op->name);
      types.push_back(graph_.type(input));
    }
    const std::vector<TensorType> expected = infer(*node.op, node.attrs, types);
    if (expected.size() != node.outputs.size()) fail(node.op->name + " has a wrong number of outputs");
    for (size_t i = 0; i < expected.size(); ++i) {
      make(node.outputs[i], node.op->name);
      if (graph_.type(node.outputs[i]) != expected[i]) {
        fail(node.op->name + " makes " + expected[i].str() + ", not " + graph_.type(node.outputs[i]).str());
      }
      check_layout(node.outputs[i]);
    }
  }

  void check_layout(ValueId value) const {
    const Layout& layout = graph_.layout(value);
    if (layout.row_major()) return;
    const Shape& shape = graph_.type(value).shape;
    std::vector<int> sorted = layout.order;
    std::sort(sorted.begin(), sorted.end());
    for (int i = 0; i < static_cast<int>(sorted.size()); ++i) {
      if (sorted[static_cast<size_t>(i)] != i) fail("layout " + layout.str() + " is no order of the axes");
    }
    if (static_cast<int>(sorted.size()) != shape.rank()) fail("layout " + layout.str() + " has a wrong rank");
    std::vector<int64_t> extents = shape.dims();
    for (const Layout::Block& block : layout.blocks) {
      if (block.axis < 0 || block.axis >= shape.rank())
        fail("layout " + layout.str() + " splits an axis that is not there");
      int64_t& extent = extents[static_cast<size_t>(block.axis)];
      if (block.size < 1 || extent % block.size != 0)
        fail("layout " + layout.str() + " does not divide its shape");
      extent /= block.size;
    }
  }

  void check_updates() const {
    std::vector<bool> updated(graph_.inputs.size(), false);
    for (const Update& update : graph_.updates) {
      if (update.input < 0 || static_cast<size_t>(update.input) >= graph_.inputs.size())
        fail("update out of range");
      use(update.value, "update");
      if (updated[static_cast<size_t>(update.input)]) fail("an input is updated twice");
      updated[static_cast<size_t>(update.input)] = true;
      if (graph_.type(update.value) != graph_.type(graph_.inputs[static_cast<size_t>(update.input)])) {
        fail("an update changes the type of its input");
      }
      if (!graph_.layout(update.value).row_major()) fail("an update is not row-major");
    }
  }

  const Graph& graph_;
  std::vector<bool> made_;
};

}  // namespace

void verify(const Graph& graph) { Verifier(graph).run(); }

}  // namespace lamina
