// The tensors of a TFLite file: types, shapes, constants. Internal header.
#pragma once

#include <map>
#include <string>

#include "lamina/formats/onnx/value.h"
#include "lamina/formats/tflite/file.h"

namespace lamina::tflite {

/// The element type with that number. Throws Unsupported for one that no value has (a resource, a variant).
onnx::ElementType element_type(int8_t number);
/// Whether a tensor of that type stands for a thing beyond values: a variable, a table.
bool is_resource(const fb::Tensor& tensor);

/// Constants, each made once however many tensors name its buffer.
class Constants {
 public:
  explicit Constants(const File& file) : file_(file), left_(64 * file.size() + (1 << 20)) {}
  /// Whether the file has data for it.
  bool has(const fb::Tensor& tensor) const;
  /// The elements; sparse ones are spread out. Throws InvalidArgument, naming the tensor, where numbers and
  /// shape disagree.
  onnx::Value value(const fb::Tensor& tensor);
  /// As many zeros as the shape says (of quantised bytes: zero points): what variables begin as.
  onnx::Value zeros(const fb::Tensor& tensor);

 private:
  onnx::Value dense(std::string_view data, onnx::ElementType type, const Shape& shape);
  void spend(const Shape& shape, int bits);

  const File& file_;
  size_t left_;  // bytes that may be made of nothing
  std::map<std::pair<uint32_t, int>, onnx::Value> made_;
};

/// The shape of the tensor as its elements lie. Throws InvalidArgument for extents that are negative or too
/// many.
Shape shape_of(const fb::Tensor& tensor);
/// The same with -1 for open extents.
Shape open_shape_of(const fb::Tensor& tensor);
/// Its name, for messages.
std::string printable_name(const fb::Tensor& tensor);

}  // namespace lamina::tflite
