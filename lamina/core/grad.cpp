// Reverse-mode differentiation of pending tensors.
#include "lamina/core/grad.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/core/call.h"
#include "lamina/core/node_map.h"
#include "lamina/core/op_scope.h"
#include "lamina/core/tensor_node.h"
#include "lamina/graph/constant.h"
#include "lamina/graph/number_watch.h"

namespace lamina {
namespace {

using detail::History;
using detail::PendingOp;
using detail::TensorNode;
using detail::Watch;

std::vector<TensorType> same_type(const InferArgs& args) { return {args.inputs[0]}; }

const Op& identity_op =
    register_op({.name = "identity",
                 .doc = "The same tensor.",
                 .inputs = {{"x"}},
                 .outputs = {"y"},
                 .infer = same_type,
                 .vjp = [](const VjpArgs& args) -> std::vector<Tensor> { return {args.grads[0]}; },
                 .view = true,
                 .same_if_type_stays = true});

const Op& stop_gradient_op =
    register_op({.name = "stop_gradient",
                 .doc = "The same tensor, through which no gradient flows.",
                 .inputs = {{"x"}},
                 .outputs = {"y"},
                 .infer = same_type,
                 .vjp = [](const VjpArgs&) -> std::vector<Tensor> { return {Tensor()}; },
                 .view = true,
                 .same_if_type_stays = true});

Tensor filled_like(const Tensor& x, double value) {
  const Device scope_device = x.device();
  const DeviceScope scope(scope_device);
  static const Op& full = find_op("full");
  return apply(full, FullAttrs{x.shape(), value, x.dtype()}, {})[0];
}

// The outputs of `op` for its vjp: those that nobody holds any more are made again.
std::vector<Tensor> all_outputs(const std::shared_ptr<PendingOp>& op) {
  std::vector<TensorType> types;
  std::vector<Tensor> results;
  bool open = false;
  std::shared_ptr<Watch> watch;
  for (size_t i = 0; i < op->outputs.size(); ++i) {
    auto node = op->outputs[i].lock();
    if (!node) {
      if (types.empty()) {
        std::vector<TensorType> inputs;
        for (const Tensor& input : op->inputs) {
          inputs.push_back(input.type());
          open = open || input.node()->open;
          if (detail::watched(*input.node())) watch = input.node()->watch;
        }
        types = infer(*op->op, op->attrs, inputs);
      }
      node = detail::new_node(types[i], op->inputs.empty() ? current_device() : op->inputs[0].device());
      node->producer = op;
      node->index = static_cast<int>(i);
      node->open = open;
      node->watch = watch;
      op->outputs[i] = node;
    }
    results.emplace_back(std::move(node));
  }
  return results;
}

// The ops between `inputs` and `outputs`, each after those that make its inputs; only those an input leads
// to.
class Tape {
 public:
  /// `connected`: an input may be made of another, and does not end the way to that.
  Tape(const std::vector<Tensor>& inputs, bool connected) {
    for (const Tensor& input : inputs) {
      leads_.emplace(input.node().get(), true);
      inputs_.emplace(input.node().get(), true);
      oldest_ = std::min(oldest_, input.node()->serial);
    }
    if (connected && inputs.size() > 1) connect(inputs);
  }

  bool depends(const Tensor& tensor) const { return leads_.contains(tensor.node().get()); }

  void visit(const Tensor& output) {
    std::vector<const Tensor*> stack{&output};  // held by the ops that read them
    while (!stack.empty()) {
      const Tensor& top = *stack.back();
      if (depends(top) || is_constant(*top.node()) || done(*top.node()->producer)) {
        stack.pop_back();
        continue;
      }
      const std::shared_ptr<PendingOp>& producer = top.node()->producer;
      if (producer->walk != number_) {
        producer->walk = number_;
        producer->finished = false;
        for (const Tensor& input : detail::inputs_of(*producer)) stack.push_back(&input);
      } else {
        stack.pop_back();
        finish(producer);
      }
    }
  }

  const std::vector<std::shared_ptr<PendingOp>>& ops() const { return ops_; }

 private:
  // One input may be made of another: the ops between them belong to the way. The older ones first, so that
  // ops come after those that make their inputs.
  void connect(std::vector<Tensor> inputs) {
    std::sort(inputs.begin(), inputs.end(),
              [](const Tensor& a, const Tensor& b) { return a.node()->serial < b.node()->serial; });
    connecting_ = true;
    for (const Tensor& input : inputs) {
      const TensorNode& node = *input.node();
      if (is_constant(node) || done(*node.producer)) continue;
      for (const Tensor& of : detail::inputs_of(*node.producer)) visit(of);
      finish(node.producer);
    }
    connecting_ = false;
  }

  // Whether no input can lead to the node. Throws where one may, through history that is gone.
  bool is_constant(const TensorNode& node) {
    // What is older than all inputs is made of none. An input whose history is cut is one that stands for
    // itself.
    if (connecting_ && (node.serial < oldest_ || (node.history && node.history->any_older))) return true;
    if (node.buffer && node.history) {
      if (!may_lead(*node.history)) return true;
      detail::make_walkable(node);
    }
    return !node.producer || node.producer->op == &stop_gradient_op;
  }

  bool may_lead(const History& history) {
    if (history.any_older) return oldest_ < history.made;
    const auto [known, added] = may_lead_.emplace(&history, false);
    if (added) {
      *known = std::any_of(history.ancestors.begin(), history.ancestors.end(), [&](const auto& list) {
        return std::any_of(list->begin(), list->end(), [&](const detail::Ancestor& ancestor) {
          return inputs_.contains(ancestor.address) && !ancestor.node.expired();
        });
      });
    }
    return *known;
  }

  // A walk's marks are its own until the next one: visits come one after the other, and nothing is recorded
  // meanwhile.
  bool done(const PendingOp& op) const { return op.walk == number_ && op.finished; }

  void finish(const std::shared_ptr<PendingOp>& op) {
    op->walk = number_;
    op->finished = true;
    const bool leads =
        std::any_of(op->inputs.begin(), op->inputs.end(), [&](const Tensor& t) { return depends(t); });
    if (!leads) return;
    ops_.push_back(op);
    for (const auto& output : op->outputs) {
      if (const auto node = output.lock()) leads_.emplace(node.get(), true);
    }
  }

  const uint64_t number_ = detail::next_serial();
  detail::NodeMap<bool> inputs_;
  detail::NodeMap<bool, 128> leads_;
  uint64_t oldest_ = std::numeric_limits<uint64_t>::max();
  bool connecting_ = false;
  detail::NodeMap<bool> may_lead_;
  std::vector<std::shared_ptr<PendingOp>> ops_;
};

class Backward {
 public:
  void accumulate(const Tensor& target, const Tensor& gradient) {
    Tensor& sum = *grads_.emplace(target.node().get(), Tensor()).first;
    static const Op& add = find_op("add");
    sum = sum.defined() ? apply(add, {}, {sum, gradient})[0] : gradient;
  }

  Tensor of(const TensorNode* node) const {
    const Tensor* found = grads_.find(node);
    return found ? *found : Tensor();
  }

  void through(const std::shared_ptr<PendingOp>& pending, const Tape& tape) {
    PendingOp& op = *pending;
    std::vector<Tensor> grads;
    bool any = false;
    for (const auto& output : op.outputs) {
      const auto node = output.lock();
      grads.push_back(node ? of(node.get()) : Tensor());
      any = any || grads.back().defined();
    }
    if (!any) return;
    const std::vector<Tensor> outputs = all_outputs(pending);
    if (!op.op->vjp) {
      throw InvalidArgument("no gradient flows through op '" + op.op->name + "': " + op.op->no_gradient);
    }
    std::optional<detail::OpScope> place;
    if (names_) place.emplace("the gradient of " + detail::OpScope::described(op.op->name, op.place));
    const std::vector<Tensor> results = op.op->vjp({op.attrs, op.inputs, outputs, grads});
    if (results.size() != op.inputs.size()) {
      throw InternalError("vjp of op '" + op.op->name + "' returned a wrong number of gradients");
    }
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i].defined() || !tape.depends(op.inputs[i])) continue;
      if (results[i].type() != op.inputs[i].type()) {
        throw InternalError("vjp of op '" + op.op->name + "' gives " + results[i].type().str() +
                            " for an input " + op.inputs[i].type().str());
      }
      accumulate(op.inputs[i], results[i]);
    }
  }

 private:
  const bool names_ = detail::NumberWatch::wanted();
  detail::NodeMap<Tensor, 128> grads_;
};

// The watch of one call of grad(), which ends however the call does.
class WatchScope {
 public:
  WatchScope() : watch_(std::make_shared<Watch>()) { watch_->depth = depth_++; }
  ~WatchScope() {
    watch_->end();
    --depth_;
  }
  WatchScope(const WatchScope&) = delete;
  WatchScope& operator=(const WatchScope&) = delete;

  // Fresh handles, so that the derivative is that of f's arguments even where f also captures the same
  // tensors.
  Tensor over(const Tensor& argument) const {
    Tensor watched = detail::fresh_handle(argument);
    if (!detail::watched(*watched.node())) watched.node()->watch = watch_;
    return watched;
  }

 private:
  static thread_local int depth_;
  std::shared_ptr<Watch> watch_;
};
thread_local int WatchScope::depth_ = 0;

std::vector<Tensor> products(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                             const std::vector<Tensor>& cotangents, bool connected) {
  if (outputs.size() != cotangents.size()) {
    throw InvalidArgument("vjp: " + std::to_string(outputs.size()) + " outputs, but " +
                          std::to_string(cotangents.size()) + " cotangents");
  }
  for (const Tensor& input : inputs) {
    if (!is_floating(input.dtype())) {
      throw InvalidArgument(std::string("vjp: gradients are taken with respect to floating tensors, not ") +
                            name(input.dtype()));
    }
  }
  Tape tape(inputs, connected);
  Backward backward;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].type() != cotangents[i].type()) {
      throw InvalidArgument("vjp: the cotangent of output " + outputs[i].type().str() + " is " +
                            cotangents[i].type().str());
    }
    tape.visit(outputs[i]);
    if (outputs[i].computed() && !outputs[i].node()->history && !tape.depends(outputs[i])) {
      throw InvalidArgument(
          "vjp: an output is data without history (a result of a step, or made of numbers), so that no "
          "gradient "
          "leads to it");
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i) backward.accumulate(outputs[i], cotangents[i]);
  for (size_t n = tape.ops().size(); n-- > 0;) backward.through(tape.ops()[n], tape);
  std::vector<Tensor> results;
  for (const Tensor& input : inputs) {
    const Tensor gradient = backward.of(input.node().get());
    results.push_back(gradient.defined() ? gradient : filled_like(input, 0));
  }
  return results;
}

}  // namespace

std::vector<Tensor> vjp(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                        const std::vector<Tensor>& cotangents) {
  return products(outputs, inputs, cotangents, false);
}

std::vector<Tensor> gradients(const Tensor& output, const std::vector<Tensor>& inputs) {
  if (output.size() != 1 || !is_floating(output.dtype())) {
    throw InvalidArgument("gradients are those of a floating scalar; this output is " + output.type().str() +
                          ": reduce it with sum() or mean() first");
  }
  return products({output}, inputs, {filled_like(output, 1)}, true);
}

TensorFunction value_and_grad(ScalarFunction f) {
  return [f = std::move(f)](const std::vector<Tensor>& arguments) {
    const WatchScope watch;
    std::vector<Tensor> watched;
    for (const Tensor& argument : arguments) watched.push_back(watch.over(argument));
    const Tensor value = f(watched);
    std::vector<Tensor> results{value};
    for (Tensor& gradient : gradients(value, watched)) results.push_back(std::move(gradient));
    return results;
  };
}

TensorFunction grad(ScalarFunction f) {
  return [both = value_and_grad(std::move(f))](const std::vector<Tensor>& arguments) {
    std::vector<Tensor> results = both(arguments);
    results.erase(results.begin());
    return results;
  };
}

Tensor detail::fresh_handle(const Tensor& x) { return apply(identity_op, {}, {x})[0]; }

Tensor stop_gradient(const Tensor& x) { return apply(stop_gradient_op, {}, {x})[0]; }

}  // namespace lamina
