// A call of a compiled function as one op, so that gradients find through its results. Internal header.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/grad.h"
#include "lamina/graph/type.h"

namespace lamina::detail {

/// Attributes of op `call`: inputs are the function's arguments, then the tensors that it captures.
struct CallAttrs {
  std::string name;
  std::shared_ptr<const TensorFunction> function;
  std::vector<TensorType> results;
  int num_arguments = 0;

  bool operator==(const CallAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("function", self.name); }
};

/// Writes down that `results` were computed by such a call.
void remember_call(CallAttrs attrs, std::span<const Tensor> arguments, std::span<const Tensor> captured,
                   std::span<const Tensor> results);

/// The same tensor as another node, so that a derivative by it is by this use of it alone.
Tensor fresh_handle(const Tensor& x);

}  // namespace lamina::detail
