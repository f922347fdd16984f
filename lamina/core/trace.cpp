// Recording of ops, and the walk that turns what is pending into a graph.
#include "lamina/core/trace.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/core/op_scope.h"
#include "lamina/core/symbol.h"
#include "lamina/core/tensor_node.h"
#include "lamina/graph/number_watch.h"

namespace lamina {
namespace {

constexpr int kDeepest = 1000;  // ops in a pending chain before it is computed unasked
constexpr int kConstant = 16;   // ops in a pending chain that still counts as a constant

// Whether no tensor went into a pending one, as into `full`: it has elements nowhere yet.
bool made_of_nothing(const detail::TensorNode& node) {
  if (node.buffer || !node.producer || node.depth > kConstant) return false;
  const auto& inputs = node.producer->inputs;
  return std::all_of(inputs.begin(), inputs.end(),
                     [](const Tensor& input) { return made_of_nothing(*input.node()); });
}

// The same constant on `device`.
Tensor made_on(const Device& device, const detail::TensorNode& constant) {
  const detail::PendingOp& op = *constant.producer;
  std::vector<Tensor> inputs;
  for (const Tensor& input : op.inputs) inputs.push_back(made_on(device, *input.node()));
  const DeviceScope scope(device);
  return apply(*op.op, op.attrs, std::move(inputs))[static_cast<size_t>(constant.index)];
}

// Constants follow the tensors that they are used with, wherever they were made. Tensors do not.
void put_on_one_device(const Op& op, std::vector<Tensor>& inputs) {
  const auto bound = [](const Tensor& input) { return input.defined() && !made_of_nothing(*input.node()); };
  const auto first = std::find_if(inputs.begin(), inputs.end(), bound);
  const Device device = (first == inputs.end() ? inputs.front() : *first).device();
  for (Tensor& input : inputs) {
    if (!input.defined() || input.device() == device) continue;
    if (bound(input)) {
      throw InvalidArgument(op.name + ": arguments are on different devices, " + device.str() + " and " +
                            input.device().str() + "; copy them to one with Tensor::to");
    }
    input = made_on(device, *input.node());
  }
}

}  // namespace

std::vector<Tensor> apply(const Op& op, Attrs attrs, std::vector<Tensor> inputs) {
  // Recording allocates no more than what it keeps: this list is the thread's own, unless infer records
  // something.
  thread_local std::vector<TensorType> kept;
  std::vector<TensorType> types = std::move(kept);
  types.clear();
  Device device = current_device();
  bool open = false;
  std::shared_ptr<detail::Watch> watch;
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
    if (i > 0 && inputs[i].device() != device) put_on_one_device(op, inputs);
    device = inputs[i].device();
    const detail::TensorNode& node = *inputs[i].node();
    open = open || node.open;
    // The outermost of nested watches lasts longest.
    if (detail::watched(node) && (!watch || node.watch->depth < watch->depth)) watch = node.watch;
  }
  const std::vector<TensorType> outputs = infer(op, attrs, types);
  kept = std::move(types);
  int depth = 0;
  for (const Tensor& input : inputs) {
    if (!input.computed()) depth = std::max(depth, input.node()->depth);
  }

  std::shared_ptr<detail::PendingOp> pending = detail::new_pending_op();
  pending->op = &op;
  pending->attrs = std::move(attrs);
  pending->inputs.assign(std::make_move_iterator(inputs.begin()), std::make_move_iterator(inputs.end()));
  pending->place = detail::OpScope::current();
  std::vector<Tensor> results;
  results.reserve(outputs.size());
  pending->outputs.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::shared_ptr<detail::TensorNode> node = detail::new_node(outputs[i], device);
    pending->outputs.push_back(node);
    // The last one takes over the reference that is held here.
    node->producer = i + 1 < outputs.size() ? pending : std::move(pending);
    node->index = static_cast<int>(i);
    node->open = open;
    node->watch = watch;
    node->depth = depth + 1;
    results.emplace_back(std::move(node));
  }
  // Loops that nobody looks into end here from time to time, so that what is pending stays bounded.
  if (depth >= kDeepest && !open && !watch) eval(results);
  return results;
}

namespace detail {

Tensor placeholder(const TensorType& type, const Device& device) {
  std::shared_ptr<TensorNode> node = new_node(type, device);
  node->open = true;
  return Tensor(std::move(node));
}

namespace {

thread_local uint64_t traced_function = 0, traced_functions = 0;
thread_local TracedFunction* innermost_function = nullptr;

}  // namespace

TracedFunction::TracedFunction() : outer_(traced_function), around_(std::exchange(innermost_function, this)) {
  traced_function = ++traced_functions;
}
TracedFunction::~TracedFunction() {
  traced_function = outer_;
  innermost_function = around_;
}
uint64_t TracedFunction::current() { return traced_function; }

void TracedFunction::name(const Tensor& argument, std::string name) {
  if (innermost_function && !name.empty())
    innermost_function->names_[argument.node().get()] = std::move(name);
}

std::vector<std::string> TracedFunction::names(std::span<const Tensor> arguments) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto found = names_.find(arguments[i].node().get());
    names.push_back(found == names_.end() ? "arg" + std::to_string(i) : found->second);
  }
  return names;
}

namespace {

class Tracer {
 public:
  Tracer(Older older, uint64_t since) : older_(older), since_(since) {}

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
      if (watched(*node)) trace_.watched = true;
      if (older_ == Older::kComputed && trace_.watched) return -1;
      if (values_.count(node)) {
        stack.pop_back();
      } else if (node->buffer || is_captured(*node)) {
        if (older_ != Older::kCaptured) top.eval();
        values_[node] = trace_.graph.add_input(node->type, "captured");
        trace_.captured.push_back(top);
        stack.pop_back();
      } else if (node->symbol) {
        throw InvalidArgument(node->symbol->describe() +
                              " is symbolic and has no value; make a Model of it and ask that");
      } else if (!node->producer) {
        trace_.foreign = true;
        return -1;
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
  bool push_missing(PendingOp& op, std::vector<Tensor>& stack) const {
    if (!op.loose.empty()) inputs_of(op);
    const size_t before = stack.size();
    for (size_t i = op.inputs.size(); i-- > 0;) {
      if (!values_.count(op.inputs[i].node().get())) stack.push_back(op.inputs[i]);
    }
    return stack.size() > before;
  }

  bool is_captured(const TensorNode& node) const {
    if (node.serial >= since_) return false;
    return older_ == Older::kCaptured || (older_ == Older::kComputed && !node.open && node.producer);
  }

  void record(PendingOp& op) {
    trace_.ops.push_back(&op);
    std::vector<ValueId> inputs;
    for (const Tensor& input : op.inputs) inputs.push_back(values_.at(input.node().get()));
    const std::vector<ValueId> outputs = trace_.graph.add_node(*op.op, op.attrs, std::move(inputs));
    if (names_) {
      for (const ValueId output : outputs)
        trace_.graph.values[static_cast<size_t>(output)].name = OpScope::described(op.op->name, op.place);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (const auto node = op.outputs[i].lock()) values_[node.get()] = outputs[i];
    }
  }

  const bool names_ = NumberWatch::wanted();
  const Older older_;
  const uint64_t since_;
  Trace trace_;
  std::unordered_map<const TensorNode*, ValueId> values_;
};

}  // namespace

Trace trace(std::span<const Tensor> results, std::span<const Tensor> placeholders, Older older,
            uint64_t since) {
  Tracer tracer(older, since);
  for (size_t i = 0; i < placeholders.size(); ++i) tracer.bind(placeholders[i], "arg" + std::to_string(i));
  for (const Tensor& result : results) {
    tracer.trace().results.push_back(tracer.visit(result));
    if (tracer.trace().results.back() < 0) break;
  }
  return tracer.finish();
}

}  // namespace detail
}  // namespace lamina
