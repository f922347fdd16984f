// Value: what travels along the edges of an ONNX graph. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/core/tensor.h"
#include "lamina/formats/onnx/element_type.h"

namespace lamina::onnx {

/// Thrown where an operator must know numbers (an extent, which branch) and a trace has none: whoever traces has to
/// run the graph on values instead.
class NeedsValues : public InvalidArgument {
 public:
  using InvalidArgument::InvalidArgument;
};

/// A tensor, a tensor of strings, a sequence of values, or nothing: an input that is left out, an optional that is
/// empty. A handle: copies share.
///
/// A tensor of three or more axes may lie with its second axis, the channels, behind all others, where the
/// convolutions of this house want it: what can work on it in that order asks channels_last(), all others tensor().
class Value {
 public:
  Value() = default;
  /// Elements of `type`, in storage(type); kUndefined: of the tensor's dtype.
  Value(Tensor tensor, ElementType type = ElementType::kUndefined);  // NOLINT(google-explicit-constructor)
  static Value lying_channels_last(Tensor tensor, ElementType type = ElementType::kUndefined);
  static Value of_strings(std::vector<std::string> strings, Shape shape);
  static Value of_sequence(std::vector<Value> elements, ElementType type = ElementType::kUndefined);

  bool is_nothing() const { return data_ == nullptr; }
  bool is_tensor() const;
  bool is_strings() const;
  bool is_sequence() const;

  /// Throw InvalidArgument where it is something else.
  const Tensor& tensor() const;
  const Tensor& channels_last() const;
  const std::vector<std::string>& strings() const;
  const std::vector<Value>& sequence() const;

  /// Whether the channels lie last, so that channels_last() costs nothing.
  bool lies_channels_last() const;
  /// The extents in ONNX's order, of a tensor or of strings.
  Shape shape() const;
  int rank() const { return shape().rank(); }
  ElementType type() const;
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

/// (batch, channels, ...) to (batch, ..., channels), and back.
Tensor to_channels_last(const Tensor& x);
Tensor to_channels_first(const Tensor& x);

}  // namespace lamina::onnx
