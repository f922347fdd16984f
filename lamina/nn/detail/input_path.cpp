// Following an input through a graph of layers.
#include "lamina/nn/detail/input_path.h"

#include <algorithm>
#include <set>

#include "lamina/nn/detail/model_impl.h"

namespace lamina::detail {
namespace {

// Adds to `found`; returns which outputs are the input, moved (Layer::keeps_values).
std::set<size_t> follow(const LayerGraph& graph, size_t input, std::vector<const Layer*>& found) {
  std::set<size_t> moved{input};  // places of the graph's table, where inputs come first
  for (const LayerGraph::Step& step : graph.steps()) {
    const Layer& layer = *step.node->layer;
    for (size_t i = 0; i < step.operands.size(); ++i) {
      if (!moved.contains(step.operands[i])) continue;
      const auto* model = dynamic_cast<const Model*>(&layer);
      const std::shared_ptr<const LayerGraph> inner = model ? ModelImpl::of(*model).graph : nullptr;
      if (inner && i < inner->inputs().size()) {
        for (const size_t output : follow(*inner, i, found)) moved.insert(step.first_result + output);
      } else if (!model && layer.keeps_values()) {
        for (size_t output = 0; output < step.results; ++output) moved.insert(step.first_result + output);
      } else if (std::find(found.begin(), found.end(), &layer) == found.end()) {
        found.push_back(&layer);
      }
    }
  }
  std::set<size_t> outputs;
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const LayerOutput& from = origin(graph.outputs()[i]);
    for (const LayerGraph::Step& step : graph.steps()) {
      if (step.node == from.node && moved.contains(step.first_result + from.output)) outputs.insert(i);
    }
  }
  return outputs;
}

}  // namespace

std::vector<const Layer*> first_to_compute(const Model& model, size_t input) {
  std::vector<const Layer*> found;
  const std::shared_ptr<const LayerGraph> graph = ModelImpl::of(model).graph;
  if (graph && input < graph->inputs().size()) follow(*graph, input, found);
  return found;
}

}  // namespace lamina::detail
