// Ordering, checking and running graphs of layers.
#include "lamina/nn/detail/layer_graph.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "lamina/base/error.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina::detail {
namespace {

using NodePtr = std::shared_ptr<const CallNode>;

bool is_input(const CallNode& node) { return node.call.inputs.empty(); }

// Keyed by what stands behind a tensor, since handles of one output may be different tensors.
using Key = std::pair<const CallNode*, size_t>;
Key key_of(const Tensor& tensor) {
  const LayerOutput& output = origin(tensor);
  return {output.node.get(), output.output};
}

// Calls that lead to `outputs`, each after those that it needs. Walks with a stack of its own: chains may be
// long.
std::vector<NodePtr> ordered(const std::vector<Tensor>& outputs, const std::set<Key>& given) {
  std::vector<NodePtr> order;
  std::unordered_set<const CallNode*> done, entered;
  for (const Tensor& output : outputs) {
    std::vector<std::pair<NodePtr, Key>> stack{{origin(output).node, key_of(output)}};
    while (!stack.empty()) {
      const auto [node, key] = stack.back();
      if (done.count(node.get()) || given.count(key)) {
        if (given.count(key) && is_input(*node) && done.insert(node.get()).second) order.push_back(node);
        stack.pop_back();
        continue;
      }
      if (entered.insert(node.get()).second) {
        const std::vector<Tensor> operands = node->call.all();
        for (size_t i = operands.size(); i-- > 0;) {
          const LayerOutput& from = origin(operands[i]);
          if (!done.count(from.node.get())) stack.emplace_back(from.node, key_of(operands[i]));
        }
        if (stack.back().first != node) continue;
      }
      done.insert(node.get());
      order.push_back(node);
      stack.pop_back();
    }
  }
  return order;
}

// The graph from `inputs` on, drawn again with Inputs of its own in place of them.
void draw_again(std::vector<Tensor>& inputs, std::vector<Tensor>& outputs) {
  std::map<Key, Tensor> now;
  std::set<Key> given;
  for (Tensor& input : inputs) {
    const Key key = key_of(input);
    given.insert(key);
    const Tensor fresh = is_input(*origin(input).node)
                             ? input
                             : InputLayer(input.shape(), {.dtype = input.dtype()}).symbolic_output();
    now[key] = fresh;
    input = fresh;
  }
  for (const NodePtr& node : ordered(outputs, given)) {
    if (is_input(*node)) continue;
    std::vector<Tensor> operands;
    for (const Tensor& operand : node->call.all()) {
      const auto found = now.find(key_of(operand));
      operands.push_back(found == now.end() ? operand : found->second);
    }
    CallContext context(false);
    const std::vector<Tensor> results = node->layer->outputs(node->call.with(operands), context);
    for (size_t i = 0; i < results.size(); ++i) now.emplace(Key{node.get(), i}, results[i]);
  }
  for (Tensor& output : outputs) output = now.at(key_of(output));
}

}  // namespace

LayerGraph::LayerGraph(std::vector<Tensor> inputs, std::vector<Tensor> outputs) {
  if (inputs.empty()) throw InvalidArgument("a model needs at least one input: give it what Input() made");
  if (outputs.empty()) throw InvalidArgument("a model needs at least one output");
  bool from_the_middle = false;
  for (const Tensor& input : inputs) from_the_middle |= !is_input(*origin(input).node);
  for (const Tensor& output : outputs) origin(output);
  if (from_the_middle) draw_again(inputs, outputs);
  inputs_ = std::move(inputs);
  outputs_ = std::move(outputs);

  std::map<Key, size_t> place;
  std::set<Key> given;
  for (const Tensor& input : inputs_) {
    if (!given.insert(key_of(input)).second)
      throw InvalidArgument("the input '" + origin(input).node->layer->name() + "' is given twice");
    place[key_of(input)] = places_++;
  }
  nodes_ = ordered(outputs_, given);
  std::unordered_set<const CallNode*> drawn;
  for (const NodePtr& node : nodes_) drawn.insert(node.get());
  for (const Tensor& input : inputs_) {
    const NodePtr& node = origin(input).node;
    if (drawn.insert(node.get()).second) nodes_.push_back(node);
  }
  for (const NodePtr& node : nodes_) {
    if (is_input(*node)) {
      if (given.count({node.get(), 0})) continue;
      std::string known;
      for (const Tensor& input : inputs_)
        known += (known.empty() ? "'" : ", '") + origin(input).node->layer->name() + "'";
      throw InvalidArgument("the graph is disconnected: an output depends on the input '" +
                            node->layer->name() + "', which is not among the model's inputs, " + known);
    }
    Step step;
    step.node = node;
    for (const Tensor& operand : node->call.all()) step.operands.push_back(place.at(key_of(operand)));
    step.first_result = places_;
    // The outputs of a call are known by the layer; ask it for the specs that its inputs had.
    TensorSpecs specs;
    for (const Tensor& input : node->call.inputs) specs.push_back({input.shape(), input.dtype()});
    step.results = node->layer->call_output_specs(node->call, specs).size();
    for (size_t i = 0; i < step.results; ++i) place[{node.get(), i}] = places_++;
    steps_.push_back(std::move(step));
  }
  for (const Tensor& output : outputs_) output_places_.push_back(place.at(key_of(output)));
  for (const NodePtr& node : nodes_) calls_[node->layer->identity()].push_back(node);
  for (auto& [layer, calls] : calls_) {
    std::sort(calls.begin(), calls.end(),
              [](const NodePtr& a, const NodePtr& b) { return a->index < b->index; });
  }
  order_operations();
}

// Keras's order (keras/src/ops/function.py, map_graph): an operation's depth is the longest way to an output.
void LayerGraph::order_operations() {
  std::unordered_map<const CallNode*, int> node_depth;
  std::unordered_map<const void*, int> depth;
  std::unordered_map<const void*, int> met;

  // The order in which a walk back from the outputs, depth first, meets the operations.
  std::unordered_set<const CallNode*> seen;
  for (const Tensor& output : outputs_) {
    std::vector<NodePtr> stack{origin(output).node};
    while (!stack.empty()) {
      const NodePtr node = stack.back();
      stack.pop_back();
      if (!seen.insert(node.get()).second) continue;
      met.emplace(node->layer->identity(), static_cast<int>(met.size()));
      const std::vector<Tensor> operands = node->call.all();
      for (size_t i = operands.size(); i-- > 0;) stack.push_back(origin(operands[i]).node);
    }
  }
  for (size_t n = nodes_.size(); n-- > 0;) {
    const CallNode& node = *nodes_[n];
    const void* id = node.layer->identity();
    if (!met.count(id)) met[id] = -1;  // an input that nothing uses
    int& own = depth[id];
    own = std::max(own, node_depth[&node]);
    node_depth[&node] = own;
    for (const Tensor& operand : node.call.all()) {
      int& before = node_depth[origin(operand).node.get()];
      before = std::max(before, own + 1);
    }
  }
  std::unordered_set<const void*> listed;
  for (const NodePtr& node : nodes_) {
    if (listed.insert(node->layer->identity()).second) operations_.push_back(node->layer);
  }
  std::stable_sort(operations_.begin(), operations_.end(), [&](const auto& a, const auto& b) {
    const int depth_a = depth[a->identity()], depth_b = depth[b->identity()];
    return depth_a != depth_b ? depth_a > depth_b : met[a->identity()] < met[b->identity()];
  });
}

const std::vector<NodePtr>& LayerGraph::calls_of(const Layer& layer) const {
  static const std::vector<NodePtr> none;
  const auto found = calls_.find(layer.identity());
  return found == calls_.end() ? none : found->second;
}

int LayerGraph::index_in_graph(const CallNode& node) const {
  const std::vector<NodePtr>& calls = calls_of(*node.layer);
  const auto found =
      std::lower_bound(calls.begin(), calls.end(), node.index,
                       [](const NodePtr& call, const auto index) { return call->index < index; });
  if (found != calls.end() && found->get() == &node) return static_cast<int>(found - calls.begin());
  throw InternalError("a call of layer '" + node.layer->name() + "' is not in its graph");
}

std::vector<Tensor> LayerGraph::run(const std::vector<Tensor>& inputs, CallContext& context) const {
  std::vector<Tensor> table(places_);
  std::copy(inputs.begin(), inputs.end(), table.begin());
  for (const Step& step : steps_) {
    std::vector<Tensor> operands;
    for (const size_t place : step.operands) operands.push_back(table[place]);
    std::vector<Tensor> results = step.node->layer->outputs(step.node->call.with(operands), context);
    for (size_t i = 0; i < step.results; ++i) table[step.first_result + i] = std::move(results.at(i));
  }
  std::vector<Tensor> results;
  for (const size_t place : output_places_) results.push_back(table[place]);
  return results;
}

TensorSpecs LayerGraph::specs(const TensorSpecs& inputs) const {
  TensorSpecs table(places_);
  std::copy(inputs.begin(), inputs.end(), table.begin());
  for (const Step& step : steps_) {
    TensorSpecs operands;
    for (size_t i = 0; i < step.node->call.inputs.size(); ++i) operands.push_back(table[step.operands[i]]);
    const TensorSpecs results = step.node->layer->call_output_specs(step.node->call, operands);
    for (size_t i = 0; i < step.results; ++i) table[step.first_result + i] = results.at(i);
  }
  TensorSpecs results;
  for (const size_t place : output_places_) results.push_back(table[place]);
  return results;
}

}  // namespace lamina::detail
