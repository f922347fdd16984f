// Symbolic outputs of calls.
#include "lamina/nn/detail/call_node.h"

#include "lamina/base/error.h"

namespace lamina::detail {

// A call holds those before it, in a chain as long as the model is deep. They end one after the other: each
// from within the next would take more stack than there is.
CallNode::~CallNode() {
  static thread_local std::vector<LayerCall>* ending = nullptr;
  if (ending) {
    ending->push_back(std::move(call));
    return;
  }
  std::vector<LayerCall> left;
  ending = &left;
  left.push_back(std::move(call));
  while (!left.empty()) {
    const LayerCall last = std::move(left.back());
    left.pop_back();
  }
  ending = nullptr;
}

const LayerOutput& origin(const Tensor& symbolic) {
  if (!is_symbolic(symbolic)) {
    throw InvalidArgument(
        "expected a symbolic tensor, which Input() begins and layers pass on; received a tensor with a "
        "value, " +
        (symbolic.defined() ? symbolic.type().str() : std::string("undefined")));
  }
  return static_cast<const LayerOutput&>(*symbol_of(symbolic));
}

std::vector<Tensor> draw_call(std::shared_ptr<Layer> layer, int index, LayerCall call,
                              const TensorSpecs& specs) {
  auto node = std::make_shared<CallNode>();
  node->layer = std::move(layer);
  node->index = index;
  node->call = std::move(call);
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < specs.size(); ++i) {
    outputs.push_back(symbolic({specs[i].dtype, specs[i].shape}, std::make_shared<LayerOutput>(node, i)));
  }
  return outputs;
}

}  // namespace lamina::detail
