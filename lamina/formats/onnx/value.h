// Value: what travels along the edges of an ONNX graph. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/core/needs_values.h"
#include "lamina/core/tensor.h"
#include "lamina/formats/onnx/element_type.h"

namespace lamina::onnx {

/// The axes of a tensor in the order in which its memory has them: place i holds axis order[i] of ONNX's.
using Order = std::vector<int>;
/// The order of ONNX itself, 0, 1, ...
Order plain_order(int rank);
/// (batch, channels, ...) with the channels behind all others, where convolutions want them.
Order channels_last(int rank);
/// (filters, channels, ...) as kernels of convolutions lie here: (..., channels, filters).
Order kernel_order(int rank);

/// A tensor, a tensor of strings, a sequence of values, or nothing: an input that is left out, an optional that is
/// empty. A handle: copies share.
///
/// A tensor may lie with its axes in another order than ONNX's. What can work on it so (elementwise operators, those
/// that know images) asks in_order(); all others ask tensor(), and then it is moved, once.
class Value {
 public:
  Value() = default;
  /// Elements of `type`, in storage(type); kUndefined: of the tensor's dtype.
  Value(Tensor tensor, ElementType type = ElementType::kUndefined);  // NOLINT(google-explicit-constructor)
  /// A tensor whose memory has ONNX's axes in that order.
  static Value lying(Tensor tensor, Order order, ElementType type = ElementType::kUndefined);
  static Value of_strings(std::vector<std::string> strings, Shape shape);
  static Value of_sequence(std::vector<Value> elements, ElementType type = ElementType::kUndefined);

  bool is_nothing() const { return data_ == nullptr; }
  bool is_tensor() const;
  bool is_strings() const;
  bool is_sequence() const;

  /// Throw InvalidArgument where it is something else.
  const Tensor& tensor() const;
  Tensor in_order(const Order& order) const;
  const Order& order() const;
  const std::vector<std::string>& strings() const;
  const std::vector<Value>& sequence() const;

  /// The extents in ONNX's order, of a tensor or of strings.
  Shape shape() const;
  int rank() const { return shape().rank(); }
  ElementType type() const;
  /// The same elements as those of another type, which have the same storage.
  Value as(ElementType type) const;
  /// Whether the numbers can be looked at.
  bool known() const;
  /// "a tensor", for messages.
  std::string kind() const;

 private:
  struct Data;
  std::shared_ptr<Data> data_;
};

/// Whether the elements of `x` do not depend on an argument of the function that is traced.
bool known(const Tensor& x);
/// The elements; throw NeedsValues where they are not known.
std::vector<int64_t> integers(const Tensor& x);
std::vector<float> numbers(const Tensor& x);
std::vector<double> doubles(const Tensor& x);

}  // namespace lamina::onnx
