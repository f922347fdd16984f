// Value: kinds, and the two orders of axes.
#include "lamina/formats/onnx/value.h"

#include <utility>

#include "lamina/core/tensor_node.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {

struct Value::Data {
  Tensor first, last;  // in ONNX's order, with the channels last: one is made of the other when it is asked for
  ElementType type = ElementType::kUndefined;
  enum { kTensor, kStrings, kSequence } kind = kTensor;
  bool made_last = false;
  std::vector<std::string> strings;
  Shape shape;  // of strings
  std::vector<Value> elements;
};

Value::Value(Tensor tensor, ElementType type) : data_(std::make_shared<Data>()) {
  data_->type = type == ElementType::kUndefined ? type_of(tensor.dtype()) : type;
  data_->first = std::move(tensor);
}

Value Value::lying_channels_last(Tensor tensor, ElementType type) {
  if (tensor.rank() < 3) return {std::move(tensor), type};
  Value value;
  value.data_ = std::make_shared<Data>();
  value.data_->type = type == ElementType::kUndefined ? type_of(tensor.dtype()) : type;
  value.data_->last = std::move(tensor);
  value.data_->made_last = true;
  return value;
}

Value Value::of_strings(std::vector<std::string> strings, Shape shape) {
  Value value;
  value.data_ = std::make_shared<Data>();
  value.data_->kind = Data::kStrings;
  value.data_->type = ElementType::kString;
  value.data_->strings = std::move(strings);
  value.data_->shape = std::move(shape);
  return value;
}

Value Value::of_sequence(std::vector<Value> elements, ElementType type) {
  Value value;
  value.data_ = std::make_shared<Data>();
  value.data_->kind = Data::kSequence;
  value.data_->type = type == ElementType::kUndefined && !elements.empty() ? elements[0].type() : type;
  value.data_->elements = std::move(elements);
  return value;
}

bool Value::is_tensor() const { return data_ && data_->kind == Data::kTensor; }
bool Value::is_strings() const { return data_ && data_->kind == Data::kStrings; }
bool Value::is_sequence() const { return data_ && data_->kind == Data::kSequence; }

std::string Value::kind() const {
  if (!data_) return "nothing";
  return is_tensor() ? "a tensor" : is_strings() ? "a tensor of strings" : "a sequence";
}

const Tensor& Value::tensor() const {
  if (!is_tensor()) throw InvalidArgument("expected a tensor of numbers, received " + kind());
  if (!data_->first.defined()) data_->first = to_channels_first(data_->last);
  return data_->first;
}

const Tensor& Value::channels_last() const {
  if (!is_tensor()) throw InvalidArgument("expected a tensor of numbers, received " + kind());
  if (!data_->last.defined()) data_->last = to_channels_last(data_->first);
  return data_->last;
}

const std::vector<std::string>& Value::strings() const {
  if (!is_strings()) throw InvalidArgument("expected a tensor of strings, received " + kind());
  return data_->strings;
}

const std::vector<Value>& Value::sequence() const {
  if (!is_sequence()) throw InvalidArgument("expected a sequence, received " + kind());
  return data_->elements;
}

bool Value::lies_channels_last() const { return data_ && data_->made_last; }

Shape Value::shape() const {
  if (is_strings()) return data_->shape;
  if (!is_tensor()) throw InvalidArgument("expected a tensor, received " + kind());
  if (data_->first.defined()) return data_->first.shape();
  const Shape& last = data_->last.shape();
  Shape shape{last[0], last[-1]};
  for (int axis = 1; axis + 1 < last.rank(); ++axis) shape.push_back(last[axis]);
  return shape;
}

ElementType Value::type() const { return data_ ? data_->type : ElementType::kUndefined; }

bool Value::known() const {
  if (!data_) return true;
  if (is_sequence()) {
    for (const Value& element : data_->elements) {
      if (!element.known()) return false;
    }
    return true;
  }
  return is_strings() || onnx::known(data_->first.defined() ? data_->first : data_->last);
}

bool known(const Tensor& x) { return !x.node()->open; }

namespace {

template <class T>
std::vector<T> elements(const Tensor& x) {
  if (!known(x)) throw NeedsValues("numbers are needed that only values give");
  return x.to_vector<T>();
}

}  // namespace

std::vector<int64_t> integers(const Tensor& x) { return elements<int64_t>(x); }
std::vector<float> numbers(const Tensor& x) { return elements<float>(x); }
std::vector<double> doubles(const Tensor& x) { return elements<double>(x); }

Tensor to_channels_last(const Tensor& x) {
  if (x.rank() < 3) return x;
  std::vector<int> order{0};
  for (int axis = 2; axis < x.rank(); ++axis) order.push_back(axis);
  order.push_back(1);
  return transpose(x, order);
}

Tensor to_channels_first(const Tensor& x) {
  if (x.rank() < 3) return x;
  std::vector<int> order{0, x.rank() - 1};
  for (int axis = 1; axis + 1 < x.rank(); ++axis) order.push_back(axis);
  return transpose(x, order);
}

}  // namespace lamina::onnx
