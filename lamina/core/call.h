// A call of a compiled function as one op, so that gradients find through its results. Internal header.
#pragma once

#include <span>
#include <string>

#include "lamina/core/subgraph.h"

namespace lamina::detail {

/// Attributes of op `call`: the function as it was traced. Inputs are its arguments, then what it captured.
struct CallAttrs {
  std::string function;  ///< its name
  SubGraph body;

  bool operator==(const CallAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("function", self.function);
    visit("body", self.body);
  }
};

/// Writes down that `results` were computed by such a call.
void remember_call(CallAttrs attrs, std::span<const Tensor> arguments, std::span<const Tensor> captured,
                   std::span<const Tensor> results);

/// The same tensor as another node, so that a derivative by it is by this use of it alone.
Tensor fresh_handle(const Tensor& x);

}  // namespace lamina::detail
