// The walk over pending work, and its comparison with a graph.
#include "lamina/core/pending_work.h"

#include <algorithm>
#include <utility>

#include "lamina/core/node_map.h"
#include "lamina/core/op_scope.h"
#include "lamina/core/tensor_node.h"
#include "lamina/graph/number_watch.h"

namespace lamina::detail {
namespace {

ValueId value_of(const TensorNode& node) { return node.producer->first + node.index; }

// Ops, inputs first: with a stack of its own, since pending chains can be long.
class Walk {
 public:
  explicit Walk(std::span<const Tensor> wanted) {
    work_.results.assign(wanted.begin(), wanted.end());
    work_.ops.reserve(64);
    work_.operands.reserve(128);
    met_.reserve(64);
    stack_.reserve(32);
  }

  std::optional<PendingWork> run() {
    for (const Tensor& tensor : work_.results) {
      TensorNode& node = *tensor.node();
      if (!node.producer || node.symbol) return std::nullopt;
      meet(tensor.node());
      if (!visit(*node.producer)) return std::nullopt;
    }
    add_held();
    for (const Tensor& result : work_.results) mix(static_cast<size_t>(value_of(*result.node())));
    work_.hash = hash_;
    return std::move(work_);
  }

 private:
  struct Frame {
    PendingOp* op;
    size_t next = 0;  // input
  };

  // A pending node, for the first time or again.
  void meet(const std::shared_ptr<TensorNode>& node) {
    if (node->walk == number_) return;
    node->walk = number_;
    node->readers = 0;
    met_.push_back(&node);
  }

  bool visit(PendingOp& root) {
    if (root.walk == number_) return true;
    enter(root);
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      PendingOp& op = *frame.op;
      if (frame.next == op.inputs.size()) {
        finish(op);
        stack_.pop_back();
        continue;
      }
      const Tensor& input = op.inputs[frame.next++];
      TensorNode& node = *input.node();
      if (node.buffer) {
        capture(input);
        continue;
      }
      if (!node.producer || node.symbol) return false;
      meet(input.node());
      ++node.readers;
      if (node.producer->walk != number_) enter(*node.producer);
    }
    return true;
  }

  void enter(PendingOp& op) {
    if (!op.loose.empty()) inputs_of(op);
    op.walk = number_;
    stack_.push_back({&op});
  }

  void capture(const Tensor& tensor) {
    if (!captured_.emplace(tensor.node().get(), next_).second) return;
    work_.captured.push_back(tensor);
    work_.captured_values.push_back(next_++);
    mix(static_cast<size_t>(tensor.dtype()));
    for (const int64_t extent : tensor.shape()) mix(static_cast<size_t>(extent));
  }

  void finish(PendingOp& op) {
    mix(reinterpret_cast<uintptr_t>(op.op));
    for (const Tensor& input : op.inputs) {
      const TensorNode& node = *input.node();
      const ValueId value = node.buffer ? *captured_.find(&node) : value_of(node);
      work_.operands.push_back(value);
      mix(static_cast<size_t>(value));
    }
    op.first = next_;
    next_ += static_cast<ValueId>(op.outputs.size());
    work_.ops.push_back(&op);
  }

  // A node is held outside when it has more owners than the ops that read it here and those that are mere
  // history.
  void add_held() {
    NodeMap<bool> wanted;
    for (const Tensor& tensor : work_.results) wanted.emplace(tensor.node().get(), true);
    std::vector<Tensor> held;
    for (const PendingOp* op : work_.ops) {
      if (op->outputs.size() == 1) continue;
      for (const auto& output : op->outputs) {
        if (auto node = output.lock(); node && !node->buffer && node->walk != number_)
          held.emplace_back(std::move(node));
      }
    }
    for (const std::shared_ptr<TensorNode>* met : met_) {
      const std::shared_ptr<TensorNode>& node = *met;
      const bool result = wanted.contains(node.get());
      if (!result && node.use_count() <= node->readers + node->kept) continue;
      if (node->readers > 0) work_.inner.emplace_back(node);
      if (!result) held.emplace_back(node);
    }
    work_.results.insert(work_.results.end(), held.begin(), held.end());
  }

  void mix(size_t value) { hash_ = (hash_ ^ value) * size_t{0x9E3779B97F4A7C15} + (hash_ >> 29); }

  const uint64_t number_ = next_serial();
  PendingWork work_;
  size_t hash_ = 0;
  ValueId next_ = 0;
  NodeMap<ValueId> captured_;
  std::vector<Frame> stack_;
  std::vector<const std::shared_ptr<TensorNode>*> met_;
};

bool same_names(const PendingOp& op, const Graph& graph, const Node& node) {
  const std::string name = OpScope::described(op.op->name, op.place);
  return std::all_of(node.outputs.begin(), node.outputs.end(),
                     [&](ValueId output) { return graph.values[static_cast<size_t>(output)].name == name; });
}

}  // namespace

std::vector<ValueId> PendingWork::outputs() const {
  std::vector<ValueId> values;
  for (const Tensor& result : results) values.push_back(value_of(*result.node()));
  return values;
}

bool PendingWork::is(const Graph& graph) const {
  if (ops.size() != graph.nodes.size() || captured_values != graph.inputs ||
      results.size() != graph.outputs.size())
    return false;
  for (size_t i = 0; i < captured.size(); ++i) {
    if (captured[i].type() != graph.type(graph.inputs[i])) return false;
  }
  // Types of results follow from those of the inputs, and so do the numbers of values from those of the
  // outputs.
  const bool names = NumberWatch::wanted();
  auto operand = operands.begin();
  for (size_t n = 0; n < ops.size(); ++n) {
    const PendingOp& op = *ops[n];
    const Node& node = graph.nodes[n];
    if (op.op != node.op || op.inputs.size() != node.inputs.size() ||
        op.outputs.size() != node.outputs.size() ||
        !std::equal(node.inputs.begin(), node.inputs.end(), operand) || op.attrs != node.attrs)
      return false;
    operand += static_cast<std::ptrdiff_t>(op.inputs.size());
    if (names && !same_names(op, graph, node)) return false;
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (value_of(*results[i].node()) != graph.outputs[i]) return false;
  }
  return true;
}

std::optional<PendingWork> pending_work(std::span<const Tensor> wanted) { return Walk(wanted).run(); }

}  // namespace lamina::detail
