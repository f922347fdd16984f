// The graph that calls on symbolic tensors draw: nodes are calls of layers. Internal header.
#pragma once

#include <memory>
#include <string>

#include "lamina/core/symbol.h"
#include "lamina/nn/layer.h"

namespace lamina::detail {

/// One call of a layer. Its inputs lead to the calls that they come from, so that an output keeps alive what
/// it depends on.
struct CallNode {
  CallNode() = default;
  ~CallNode();
  CallNode(const CallNode&) = delete;
  CallNode& operator=(const CallNode&) = delete;

  std::shared_ptr<Layer> layer;
  int index = 0;  ///< which call of this layer, as Keras counts inbound nodes
  LayerCall call;
};

/// Output number `output` of a call.
struct LayerOutput final : Symbol {
  LayerOutput(std::shared_ptr<const CallNode> from, size_t number) : node(std::move(from)), output(number) {}
  std::string describe() const override {
    return "output " + std::to_string(output) + " of layer '" + node->layer->name() + "'";
  }

  std::shared_ptr<const CallNode> node;
  size_t output;
};

/// What stands behind a symbolic tensor. Throws InvalidArgument for a tensor with a value.
const LayerOutput& origin(const Tensor& symbolic);

/// Draws a call: the symbolic outputs, whose types are `specs`.
std::vector<Tensor> draw_call(std::shared_ptr<Layer> layer, int index, LayerCall call,
                              const TensorSpecs& specs);

}  // namespace lamina::detail
