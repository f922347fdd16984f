// LayerGraph: a directed acyclic graph of layer calls between given inputs and outputs. Internal header.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lamina/nn/detail/call_node.h"

namespace lamina::detail {

/// What is between symbolic inputs and outputs, in an order that can be run. Immutable.
class LayerGraph {
 public:
  /// Throws InvalidArgument for tensors that are not symbolic, for an input given twice, and for an output
  /// that needs an Input that is not among the inputs. Inputs in the middle of a graph are taken as if they
  /// were Inputs: the calls after them are drawn again.
  LayerGraph(std::vector<Tensor> inputs, std::vector<Tensor> outputs);

  /// One call, its operands and results as places in a table of tensors.
  struct Step {
    std::shared_ptr<const CallNode> node;
    std::vector<size_t> operands;  ///< of node->call.all(), in order
    size_t first_result = 0;
    size_t results = 0;
  };

  const std::vector<Tensor>& inputs() const { return inputs_; }
  const std::vector<Tensor>& outputs() const { return outputs_; }
  const std::vector<Step>& steps() const { return steps_; }
  /// Every layer and operation, each once, InputLayers included, in Keras's order: by depth, then as met when
  /// walking back from the outputs.
  const std::vector<std::shared_ptr<Layer>>& operations() const { return operations_; }
  /// The calls of a layer that belong to this graph, in order.
  const std::vector<std::shared_ptr<const CallNode>>& calls_of(const Layer& layer) const;
  /// Which of the layer's calls in this graph that is.
  int index_in_graph(const CallNode& node) const;

  /// Outputs for values of the inputs.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, CallContext& context) const;
  /// Specs of the outputs for those of the inputs.
  TensorSpecs specs(const TensorSpecs& inputs) const;

 private:
  void order_operations();

  std::vector<Tensor> inputs_, outputs_;
  std::vector<Step> steps_;
  std::vector<size_t> output_places_;
  size_t places_ = 0;
  std::vector<std::shared_ptr<Layer>> operations_;
  std::vector<std::shared_ptr<const CallNode>> nodes_;  // all, the Inputs' among them
  std::unordered_map<const void*, std::vector<std::shared_ptr<const CallNode>>> calls_;  // of each layer
};

}  // namespace lamina::detail
