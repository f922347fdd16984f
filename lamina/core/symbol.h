// Symbolic tensors: what Input() gives and layers and ops pass on, so that calls draw a graph of layers
// instead of computing.
#pragma once

#include <memory>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// Whether the tensor stands for data to come (Keras: KerasTensor). It has a dtype and a shape, in which -1
/// is any extent, but no elements: looking at one throws InvalidArgument.
bool is_symbolic(const Tensor& x);

/// The mask that travels beside a tensor (Keras: _keras_mask): bool, the leading axes of the tensor; false
/// where a layer shall not look. Undefined when there is none.
Tensor mask_of(const Tensor& x);
/// Gives a tensor its mask, for all handles of it.
void set_mask(const Tensor& x, const Tensor& mask);

namespace detail {

/// What stands behind a symbolic tensor; the room above derives its own.
struct Symbol {
  virtual ~Symbol() = default;
  /// "output 0 of layer 'dense'", for messages.
  virtual std::string describe() const = 0;
};

Tensor symbolic(const TensorType& type, std::shared_ptr<const Symbol> symbol);
/// nullptr unless the tensor is symbolic.
const std::shared_ptr<const Symbol>& symbol_of(const Tensor& x);

}  // namespace detail
}  // namespace lamina
