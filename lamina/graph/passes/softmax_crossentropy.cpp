// Pass: cross-entropy of an activation works on the logits.
#include "lamina/graph/passes/softmax_crossentropy.h"

#include <map>
#include <set>

#include "lamina/graph/cross_entropy.h"
#include "lamina/graph/passes/dce.h"
#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

using Family = CrossEntropyFamily;

std::vector<Family>& registry() {
  static std::vector<Family> families;
  return families;
}

const Family* family_of(const Node& node, std::string Family::*role) {
  for (const Family& family : registry()) {
    if (node.op->name == family.*role) return &family;
  }
  return nullptr;
}

class Fuser {
 public:
  explicit Fuser(const Graph& graph) : from_(graph), producers_(producers(graph)), rewrite_(graph) {}

  Graph run() {
    find_losses();
    // An activation is replaced where its loss is computed: nodes in between that read it wait until then.
    std::vector<const Node*> waiting;
    for (const Node& node : from_.nodes) waiting.push_back(&node);
    while (!waiting.empty()) {
      std::vector<const Node*> later;
      for (const Node* node : waiting) {
        if (replaced_.count(node)) continue;
        if (ready(*node)) {
          emit(*node);
        } else {
          later.push_back(node);
        }
      }
      if (later.size() == waiting.size()) leave_one(later);
      waiting = std::move(later);
    }
    return dce(rewrite_.finish());
  }

 private:
  const Node* producer(ValueId value) const {
    const int index = producers_[static_cast<size_t>(value)];
    return index < 0 ? nullptr : &from_.nodes[static_cast<size_t>(index)];
  }

  /// The node that makes `value`, if it is the activation that `family` can work without.
  const Node* activation_of(ValueId value, const Family& family) const {
    const Node* node = producer(value);
    if (!node || node->op->name != family.activation) return nullptr;
    return !family.fits || family.fits(node->attrs, from_.type(value)) ? node : nullptr;
  }

  // One loss per activation: the probabilities can come from one op only.
  void find_losses() {
    for (const Node& node : from_.nodes) {
      const Family* family = family_of(node, &Family::loss);
      const Node* activation = family ? activation_of(node.inputs[1], *family) : nullptr;
      if (!activation || replaced_.count(activation)) continue;
      fused_[&node] = activation;
      replaced_.insert(activation);
    }
  }

  // Targets may be made of the very probabilities (distillation): then nothing is ready, and one loss stays
  // as it is.
  void leave_one(std::vector<const Node*>& waiting) {
    for (const Node* node : waiting) {
      const auto fused = fused_.find(node);
      if (fused == fused_.end()) continue;
      waiting.insert(waiting.begin(), fused->second);
      replaced_.erase(fused->second);
      fused_.erase(fused);
      return;
    }
    throw InternalError("softmax_crossentropy: the nodes are in no order that can be run");
  }

  bool ready(const Node& node) const {
    const auto fused = fused_.find(&node);
    if (fused != fused_.end())
      return rewrite_.mapped(node.inputs[0]) && rewrite_.mapped(fused->second->inputs[0]);
    for (ValueId input : node.inputs) {
      if (!rewrite_.mapped(input)) return false;
    }
    return true;
  }

  void emit(const Node& node) {
    const auto fused = fused_.find(&node);
    if (fused != fused_.end()) {
      const Node& activation = *fused->second;
      const std::vector<ValueId> outputs =
          rewrite_.add(find_op(family_of(node, &Family::loss)->fused), {},
                       {rewrite_(activation.inputs[0]), rewrite_(node.inputs[0])});
      rewrite_.map(node.outputs[0], outputs[0]);
      rewrite_.map(activation.outputs[0], outputs[1]);
    } else if (family_of(node, &Family::activation_grad) && from_loss(node, node.inputs[1])) {
      rewrite_.map(node.outputs[0], gradient(node, node.inputs[1]));
    } else {
      rewrite_.keep(node);
    }
  }

  /// The node that makes `value`, if it is the gradient of a loss with respect to the probabilities from
  /// which the activation gradient `through` goes on to the logits.
  const Node* loss_grad(const Node& through, ValueId value) const {
    const Node* node = producer(value);
    const Family* family = node ? family_of(*node, &Family::loss_grad) : nullptr;
    const bool fits = family && through.op->name == family->activation_grad &&
                      node->inputs[1] == through.inputs[0] && activation_of(node->inputs[1], *family);
    return fits ? node : nullptr;
  }

  bool is_sum(ValueId value) const {
    const Node* node = producer(value);
    return node && node->op->linear && node->inputs.size() == 2 &&
           from_.type(node->inputs[0]) == from_.type(value) &&
           from_.type(node->inputs[1]) == from_.type(value);
  }

  /// Whether `value` is the gradient of a loss or a sum that contains one (probabilities with several
  /// readers).
  bool from_loss(const Node& through, ValueId value) {
    const auto known = from_loss_.find({&through, value});
    if (known != from_loss_.end()) return known->second;
    bool result = loss_grad(through, value) != nullptr;
    if (!result && is_sum(value)) {
      const Node& sum = *producer(value);
      result = from_loss(through, sum.inputs[0]) || from_loss(through, sum.inputs[1]);
    }
    return from_loss_[{&through, value}] = result;
  }

  /// The activation gradient of `value`, in the new graph; linear in `value`, hence term by term.
  ValueId gradient(const Node& through, ValueId value) {
    const auto known = gradients_.find({&through, value});
    if (known != gradients_.end()) return known->second;
    return gradients_[{&through, value}] = new_gradient(through, value);
  }

  ValueId new_gradient(const Node& through, ValueId value) {
    const ValueId probs = rewrite_(through.inputs[0]);
    if (const Node* grad = loss_grad(through, value)) {
      const Op& op = find_op(family_of(*grad, &Family::loss_grad)->fused_grad);
      return rewrite_.add(op, {}, {probs, rewrite_(grad->inputs[0]), rewrite_(grad->inputs[2])})[0];
    }
    if (from_loss(through, value)) {
      const Node& sum = *producer(value);
      const ValueId a = gradient(through, sum.inputs[0]);
      const ValueId b = gradient(through, sum.inputs[1]);
      return rewrite_.add(*sum.op, sum.attrs, {a, b})[0];
    }
    return rewrite_.add(*through.op, through.attrs, {probs, rewrite_(value)})[0];
  }

  const Graph& from_;
  std::vector<int> producers_;
  Rewriter rewrite_;
  std::map<const Node*, const Node*> fused_;  // loss -> its activation
  std::set<const Node*> replaced_;            // activations that a fused op stands for
  // Sums of sums share terms: each pair of activation gradient and term is looked at once.
  std::map<std::pair<const Node*, ValueId>, bool> from_loss_;
  std::map<std::pair<const Node*, ValueId>, ValueId> gradients_;
};

}  // namespace

Graph softmax_crossentropy(const Graph& graph) { return Fuser(graph).run(); }

}  // namespace lamina::passes

namespace lamina {

CrossEntropyRegistration::CrossEntropyRegistration(CrossEntropyFamily family) {
  passes::registry().push_back(std::move(family));
}

const std::vector<CrossEntropyFamily>& cross_entropy_families() { return passes::registry(); }

}  // namespace lamina
