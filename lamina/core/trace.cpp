// Recording of ops, and the walk that turns what is pending into a graph.
#include "lamina/core/trace.h"

#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/core/symbol.h"
#include "lamina/core/tensor_node.h"

namespace lamina {

std::vector<Tensor> apply(const Op& op, Attrs attrs, std::vector<Tensor> inputs) {
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  Device device = current_device();
  bool tracked = false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) {
      throw InvalidArgument(op.name + ": argument " + std::to_string(i) + " is an undefined tensor");
    }
    if (is_symbolic(inputs[i])) {
      throw InvalidArgument("op '" + op.name + "' cannot be applied to " +
                            detail::symbol_of(inputs[i])->describe() +
                            ", which has no value; graphs of layers hold layers and public ops");
    }
    types.push_back(inputs[i].type());
    if (i > 0 && inputs[i].device() != device) {
      throw InvalidArgument(op.name + ": arguments are on different devices, " + device.str() + " and " +
                            inputs[i].device().str());
    }
    device = inputs[i].device();
    tracked = tracked || inputs[i].node()->tracked;
  }
  const std::vector<TensorType> outputs = infer(op, attrs, types);

  auto pending = std::make_shared<detail::PendingOp>();
  pending->op = &op;
  pending->attrs = std::move(attrs);
  pending->inputs = std::move(inputs);
  std::vector<Tensor> results;
  for (size_t i = 0; i < outputs.size(); ++i) {
    auto node = std::make_shared<detail::TensorNode>();
    node->type = outputs[i];
    node->device = device;
    node->producer = pending;
    node->index = static_cast<int>(i);
    node->tracked = tracked;
    pending->outputs.push_back(node);
    results.emplace_back(std::move(node));
  }
  return results;
}

namespace detail {

Tensor placeholder(const TensorType& type, const Device& device) {
  auto node = std::make_shared<TensorNode>();
  node->type = type;
  node->device = device;
  return Tensor(std::move(node));
}

namespace {

class Tracer {
 public:
  void bind(const Tensor& placeholder, std::string name) {
    values_[placeholder.node().get()] = trace_.graph.add_input(placeholder.type(), std::move(name));
  }

  // Post-order, with an explicit stack: pending chains can be long.
  ValueId visit(const Tensor& result) {
    std::vector<Tensor> stack{result};
    while (!stack.empty()) {
      const Tensor top = stack.back();
      const TensorNode* node = top.node().get();
      if (!node) throw InvalidArgument("the traced function returned an undefined tensor");
      if (values_.count(node)) {
        stack.pop_back();
      } else if (node->buffer) {
        values_[node] = trace_.graph.add_input(node->type, "captured");
        trace_.captured.push_back(top);
        stack.pop_back();
      } else if (node->symbol) {
        throw InvalidArgument(node->symbol->describe() +
                              " is symbolic and has no value; make a Model of it and ask that");
      } else if (!node->producer) {
        throw InvalidArgument(
            "a tensor that stands for an argument of compile or grad has no value to look at; return it "
            "instead");
      } else if (!push_missing(*node->producer, stack)) {
        record(*node->producer);
        stack.pop_back();
      }
    }
    return values_.at(result.node().get());
  }

  Trace finish() { return std::move(trace_); }
  Trace& trace() { return trace_; }

 private:
  bool push_missing(const PendingOp& op, std::vector<Tensor>& stack) const {
    const size_t before = stack.size();
    for (size_t i = op.inputs.size(); i-- > 0;) {
      if (!values_.count(op.inputs[i].node().get())) stack.push_back(op.inputs[i]);
    }
    return stack.size() > before;
  }

  void record(const PendingOp& op) {
    std::vector<ValueId> inputs;
    for (const Tensor& input : op.inputs) inputs.push_back(values_.at(input.node().get()));
    const std::vector<ValueId> outputs = trace_.graph.add_node(*op.op, op.attrs, std::move(inputs));
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (const auto node = op.outputs[i].lock()) values_[node.get()] = outputs[i];
    }
  }

  Trace trace_;
  std::unordered_map<const TensorNode*, ValueId> values_;
};

}  // namespace

Trace trace(std::span<const Tensor> results, std::span<const Tensor> placeholders) {
  Tracer tracer;
  for (size_t i = 0; i < placeholders.size(); ++i) tracer.bind(placeholders[i], "arg" + std::to_string(i));
  for (const Tensor& result : results) {
    const ValueId value = tracer.visit(result);
    tracer.trace().results.push_back(value);
  }
  return tracer.finish();
}

}  // namespace detail
}  // namespace lamina
