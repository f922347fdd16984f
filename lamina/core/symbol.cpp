// Symbolic tensors and masks.
#include "lamina/core/symbol.h"

#include "lamina/core/tensor_node.h"

namespace lamina {
bool is_symbolic(const Tensor& x) { return x.defined() && x.node()->symbol; }

Tensor mask_of(const Tensor& x) { return x.defined() ? x.node()->mask : Tensor(); }

void set_mask(const Tensor& x, const Tensor& mask) {
  x.type();  // throws for an undefined tensor
  x.node()->mask = mask;
}

namespace detail {

Tensor symbolic(const TensorType& type, std::shared_ptr<const Symbol> symbol) {
  std::shared_ptr<TensorNode> node = new_node(type, current_device());
  node->symbol = std::move(symbol);
  return Tensor(std::move(node));
}

const std::shared_ptr<const Symbol>& symbol_of(const Tensor& x) { return x.node()->symbol; }

}  // namespace detail
}  // namespace lamina
