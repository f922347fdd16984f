// Elementwise operators leave their operands in the order in which they lie. Internal header.
#pragma once

#include <utility>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// `f` of x, which may be any function of each element by itself; the result lies as x does.
template <class F>
Value map(const Value& x, F&& f, ElementType type = ElementType::kUndefined) {
  return Value::lying(f(x.in_order(x.order())), x.order(), type);
}

/// Two operands in one order of axes, with as many axes as the larger one has.
struct Aligned {
  Tensor a, b;
  Order order;
};
/// The order is that of the larger operand, or of the one that does not lie in ONNX's.
Aligned align(const Value& a, const Value& b);

/// `f` of the elements of a and b, broadcast as NumPy does.
template <class F>
Value map(const Value& a, const Value& b, F&& f, ElementType type = ElementType::kUndefined) {
  Aligned both = align(a, b);
  return Value::lying(f(both.a, both.b), std::move(both.order), type);
}

}  // namespace lamina::onnx
