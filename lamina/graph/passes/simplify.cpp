// Algebraic simplification: one walk, each node seen after its inputs were simplified.
#include "lamina/graph/passes/simplify.h"

#include <map>
#include <optional>

#include "lamina/graph/constant.h"
#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

/// One element of `dtype` that holds `value`, at `out`.
void put(double value, DType dtype, void* out) {
  const Attrs attrs = FullAttrs{{}, value, dtype};
  find_op("full").tile({}, dtype)({nullptr, out, 1, 0, &attrs});
}

/// What an elementwise op makes of constants, by its own instruction; nothing if it cannot be told, or not
/// exactly.
std::optional<double> evaluate(const Node& node, const std::vector<DType>& dtypes,
                               const std::vector<double>& values, DType result) {
  constexpr size_t kMost = 4;
  if (!node.op->elementwise || !node.op->tile || node.op->positional || values.empty() ||
      values.size() > kMost)
    return std::nullopt;
  if (result == DType::kInt64) return std::nullopt;  // a double may not hold it
  const TileFunction function = node.op->tile(dtypes, result);
  if (!function) return std::nullopt;
  int64_t elements[kMost];
  const void* in[kMost];
  for (size_t i = 0; i < values.size(); ++i) {
    put(values[i], dtypes[i], &elements[i]);
    in[i] = &elements[i];
  }
  int64_t element = 0;
  function({in, &element, 1, 0, &node.attrs});
  double value = 0;
  const void* out[] = {&element};
  find_op("cast").tile({&result, 1}, DType::kFloat64)({out, &value, 1, 0, nullptr});
  return value;
}

class Simplifier {
 public:
  explicit Simplifier(const Graph& graph) : from_(graph), rewrite_(graph) {}

  Graph run() {
    for (const Node& node : from_.nodes) {
      const auto same = equal_value(node);
      if (same) {
        rewrite_.map(node.outputs[0], *same);
      } else {
        add(node);
      }
      const int last = static_cast<int>(rewrite_.graph().nodes.size()) - 1;
      for (ValueId output : node.outputs) {
        if (!same) producer_[rewrite_(output)] = last;
      }
    }
    return rewrite_.finish();
  }

 private:
  const Node* producer(ValueId value) const {
    const auto found = producer_.find(value);
    return found == producer_.end() ? nullptr : &rewrite_graph().nodes[static_cast<size_t>(found->second)];
  }
  const Graph& rewrite_graph() const { return const_cast<Rewriter&>(rewrite_).graph(); }

  std::optional<double> constant(ValueId value) const {
    const Node* node = producer(value);
    if (!node || node->op->name != "full") return std::nullopt;
    return node->attrs.as<FullAttrs>().value;
  }

  // The earlier value that equals the node's only output, if there is one.
  std::optional<ValueId> equal_value(const Node& node) const {
    if (node.outputs.size() != 1 || node.inputs.empty()) return std::nullopt;
    const Op& op = *node.op;
    const std::vector<ValueId> inputs = rewrite_(node.inputs);
    const TensorType& type = from_.type(node.outputs[0]);
    const auto same_type = [&](ValueId value) { return rewrite_graph().type(value) == type; };

    if (op.same_if_type_stays && same_type(inputs[0])) return inputs[0];
    if (op.own_inverse) {
      const Node* inner = producer(inputs[0]);
      if (inner && inner->op == node.op) return inner->inputs[0];
    }
    if (inputs.size() != 2) return std::nullopt;
    if (op.neutral_right && constant(inputs[1]) == op.neutral_right && same_type(inputs[0])) return inputs[0];
    if (op.neutral_left && constant(inputs[0]) == op.neutral_left && same_type(inputs[1])) return inputs[1];
    return std::nullopt;
  }

  void add(const Node& node) {
    if (node.op->view) {
      const Node* inner = producer(rewrite_(node.inputs[0]));
      if (inner && inner->op == node.op) {
        rewrite_.map(node.outputs[0], rewrite_.add(*node.op, node.attrs, {inner->inputs[0]})[0]);
        return;
      }
    }
    if (node.op->moves_elements) {
      if (const auto value = constant(rewrite_(node.inputs[0]))) {
        const TensorType& type = from_.type(node.outputs[0]);
        const FullAttrs attrs{type.shape, *value, type.dtype};
        rewrite_.map(node.outputs[0], rewrite_.add(find_op("full"), attrs, {})[0]);
        return;
      }
    }
    if (fold(node)) return;
    rewrite_.keep(node);
  }

  bool fold(const Node& node) {
    std::vector<double> values;
    std::vector<DType> dtypes;
    for (ValueId input : node.inputs) {
      const auto value = constant(rewrite_(input));
      if (!value) return false;
      values.push_back(*value);
      dtypes.push_back(from_.type(input).dtype);
    }
    if (node.outputs.size() != 1) return false;
    const TensorType& type = from_.type(node.outputs[0]);
    const auto value = evaluate(node, dtypes, values, type.dtype);
    if (!value) return false;
    rewrite_.map(node.outputs[0],
                 rewrite_.add(find_op("full"), FullAttrs{type.shape, *value, type.dtype}, {})[0]);
    return true;
  }

  const Graph& from_;
  Rewriter rewrite_;
  std::map<ValueId, int> producer_;  // value -> node, in the new graph
};

}  // namespace

Graph simplify(const Graph& graph) { return Simplifier(graph).run(); }

}  // namespace lamina::passes
