// Value: kinds, and the order in which axes lie.
#include "lamina/formats/onnx/value.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lamina/core/tensor_node.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {

Order plain_order(int rank) {
  Order order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Order channels_last(int rank) {
  Order order = plain_order(rank);
  if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

Order kernel_order(int rank) {
  Order order = plain_order(rank);
  std::rotate(order.begin(), order.begin() + std::min(2, rank), order.end());
  if (rank >= 2) std::swap(order[static_cast<size_t>(rank) - 1], order[static_cast<size_t>(rank) - 2]);
  return order;
}

struct Value::Data {
  // The same tensor in the orders that were asked for; the first one is how it came.
  std::vector<std::pair<Order, Tensor>> forms;
  ElementType type = ElementType::kUndefined;
  enum { kTensor, kStrings, kSequence } kind = kTensor;
  std::vector<std::string> strings;
  Shape shape;  // of strings
  std::vector<Value> elements;
};

Value::Value(Tensor tensor, ElementType type) {
  Order order = plain_order(tensor.rank());
  *this = lying(std::move(tensor), std::move(order), type);
}

Value Value::lying(Tensor tensor, Order order, ElementType type) {
  Value value;
  value.data_ = std::make_shared<Data>();
  value.data_->type = type == ElementType::kUndefined ? type_of(tensor.dtype()) : type;
  value.data_->forms.emplace_back(std::move(order), std::move(tensor));
  return value;
}

Value Value::as(ElementType type) const {
  Value value;
  value.data_ = std::make_shared<Data>(*data_);
  value.data_->type = type;
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
  in_order(plain_order(data_->forms[0].second.rank()));
  for (const auto& [order, tensor] : data_->forms) {
    if (std::is_sorted(order.begin(), order.end())) return tensor;
  }
  throw InternalError("a tensor without its own order");
}

Tensor Value::in_order(const Order& order) const {
  if (!is_tensor()) throw InvalidArgument("expected a tensor of numbers, received " + kind());
  for (const auto& [form, tensor] : data_->forms) {
    if (form == order) return tensor;
  }
  const auto& [from, tensor] = data_->forms[0];
  std::vector<int> perm;
  Shape shape;
  std::vector<int> moved, moved_from;  // the axes of more than one element, in both orders
  for (const int axis : order) {
    perm.push_back(static_cast<int>(std::find(from.begin(), from.end(), axis) - from.begin()));
    shape.push_back(tensor.shape()[perm.back()]);
    if (shape[-1] != 1) moved.push_back(axis);
  }
  for (size_t i = 0; i < from.size(); ++i) {
    if (tensor.shape()[static_cast<int>(i)] != 1) moved_from.push_back(from[i]);
  }
  data_->forms.emplace_back(order, moved == moved_from ? reshape(tensor, shape) : transpose(tensor, perm));
  return data_->forms.back().second;
}

const Order& Value::order() const {
  if (!is_tensor()) throw InvalidArgument("expected a tensor of numbers, received " + kind());
  return data_->forms[0].first;
}

const std::vector<std::string>& Value::strings() const {
  if (!is_strings()) throw InvalidArgument("expected a tensor of strings, received " + kind());
  return data_->strings;
}

const std::vector<Value>& Value::sequence() const {
  if (!is_sequence()) throw InvalidArgument("expected a sequence, received " + kind());
  return data_->elements;
}

Shape Value::shape() const {
  if (is_strings()) return data_->shape;
  if (!is_tensor()) throw InvalidArgument("expected a tensor, received " + kind());
  const auto& [order, tensor] = data_->forms[0];
  Shape shape = tensor.shape();
  for (size_t i = 0; i < order.size(); ++i) shape.set(order[i], tensor.shape()[static_cast<int>(i)]);
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
  return is_strings() || onnx::known(data_->forms[0].second);
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

}  // namespace lamina::onnx
