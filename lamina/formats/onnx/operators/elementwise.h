// Elementwise operators keep the order in which their operand lies. Internal header.
#pragma once

#include <utility>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// `f` of every element of x, which may be any tensor to tensor of the same shape; the result lies as x does.
template <class F>
Value map(const Value& x, F&& f, ElementType type = ElementType::kUndefined) {
  return x.lies_channels_last() ? Value::lying_channels_last(f(x.channels_last()), type) : Value(f(x.tensor()), type);
}

/// `f` of the elements of a and b, broadcast as NumPy does. Where one lies with its channels last and the other can be
/// seen so without moving anything, the result lies so, too.
template <class F>
Value map(const Value& a, const Value& b, F&& f, ElementType type = ElementType::kUndefined);

/// What `b` is for a partner of `rank` axes that lies with its channels last; an undefined tensor where that would have
/// to be moved.
Tensor beside_channels_last(const Value& b, int rank);

template <class F>
Value map(const Value& a, const Value& b, F&& f, ElementType type) {
  if (a.lies_channels_last()) {
    if (const Tensor other = beside_channels_last(b, a.rank()); other.defined())
      return Value::lying_channels_last(f(a.channels_last(), other), type);
  } else if (b.lies_channels_last()) {
    if (const Tensor other = beside_channels_last(a, b.rank()); other.defined())
      return Value::lying_channels_last(f(other, b.channels_last()), type);
  }
  return Value(f(a.tensor(), b.tensor()), type);
}

}  // namespace lamina::onnx
