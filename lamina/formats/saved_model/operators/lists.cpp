// Lists of tensors, in which loops keep what they give: sequences of values. An element that nobody has set
// is nothing, and zeros when the list becomes a tensor.
#include <fmt/format.h>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"

namespace lamina::tensorflow {
namespace {

constexpr int64_t kMost = 1 << 20;

ElementType element_of(Call& call) {
  return static_cast<ElementType>(call.integer("element_dtype", static_cast<int64_t>(ElementType::kFloat)));
}

size_t place_in(Call& call, const std::vector<Value>& list, size_t input) {
  const int64_t place = call.known_integer(input);
  if (place < 0 || place >= static_cast<int64_t>(list.size()))
    call.fail(fmt::format("element {} of a list of {}", place, list.size()));
  return static_cast<size_t>(place);
}

// Zeros of a shape of which the file or another element knows the extents.
Value zeros_of(Call& call, size_t shape_input, const std::vector<Value>& list, ElementType type) {
  for (const Value& each : list) {
    if (!each.is_nothing()) return like(zeros(each.shape(), each.tensor().dtype()), each.type());
  }
  Shape shape;
  for (const int64_t extent : call.known_integers(shape_input)) {
    if (extent < 0) call.fail("an element is read that nobody has set, and nothing says its shape");
    shape.push_back(extent);
  }
  return like(zeros(shape, onnx::storage(type)), type);
}

std::vector<Value> as_list(std::vector<Value> elements, ElementType type) {
  return {Value::of_sequence(std::move(elements), type)};
}

std::vector<Value> reserved(Call& call) {
  call.ignore({"shape_type"});
  const int64_t count = call.known_integer(1);
  if (count < 0 || count > kMost) call.fail(fmt::format("a list of {} elements", count));
  return as_list(std::vector<Value>(static_cast<size_t>(count)), element_of(call));
}

std::vector<Value> empty(Call& call) {
  call.ignore({"shape_type"});
  return as_list({}, element_of(call));
}

std::vector<Value> set_item(Call& call) {
  const bool grows = call.integer("resize_if_index_out_of_bounds", 0) != 0;
  const ElementType type = element_of(call);
  std::vector<Value> list = call.value(0).sequence();
  const int64_t place = call.known_integer(1);
  if (grows && place >= static_cast<int64_t>(list.size()) && place < kMost)
    list.resize(static_cast<size_t>(place) + 1);
  list[place_in(call, list, 1)] = call.value(2);
  return as_list(std::move(list), type);
}

std::vector<Value> get_item(Call& call) {
  const ElementType type = element_of(call);
  const std::vector<Value>& list = call.value(0).sequence();
  const Value& item = list[place_in(call, list, 1)];
  return {item.is_nothing() ? zeros_of(call, 2, list, type) : item};
}

std::vector<Value> from_tensor(Call& call) {
  call.ignore({"shape_type"});
  const ElementType type = element_of(call);
  const Tensor& x = call[0];
  if (x.rank() == 0 || x.shape()[0] > kMost)
    call.fail("makes no list of a tensor of shape " + x.shape().str());
  std::vector<Value> list;
  for (int64_t i = 0; i < x.shape()[0]; ++i) list.emplace_back(x[i], call.element());
  return as_list(std::move(list), type);
}

std::vector<Value> stacked(Call& call) {
  const ElementType type = element_of(call);
  const std::vector<Value>& list = call.value(0).sequence();
  const int64_t count = call.integer("num_elements", -1);
  if (count >= 0 && count != static_cast<int64_t>(list.size()))
    call.fail(fmt::format("it stacks {} elements, and its list has {}", count, list.size()));
  if (list.empty()) {
    Shape shape{0};
    for (const int64_t extent : zeros_of(call, 1, list, type).shape()) shape.push_back(extent);
    return {like(zeros(shape, onnx::storage(type)), type)};
  }
  std::vector<Tensor> parts;
  Value none;
  for (const Value& each : list) {
    if (each.is_nothing() && none.is_nothing()) none = zeros_of(call, 1, list, type);
    parts.push_back((each.is_nothing() ? none : each).tensor());
  }
  return {Value(stack(parts, 0), type)};
}

std::vector<Value> push_back(Call& call) {
  const ElementType type = element_of(call);
  std::vector<Value> list = call.value(0).sequence();
  if (static_cast<int64_t>(list.size()) >= kMost) call.fail("its list is too long");
  list.push_back(call.value(1));
  return as_list(std::move(list), type);
}

std::vector<Value> pop_back(Call& call) {
  const ElementType type = element_of(call);
  std::vector<Value> list = call.value(0).sequence();
  if (list.empty()) call.fail("its list is empty");
  const Value item = list.back();
  list.pop_back();
  const Value given = item.is_nothing() ? zeros_of(call, 1, call.value(0).sequence(), type) : item;
  return {Value::of_sequence(std::move(list), type), given};
}

std::vector<Value> gathered(Call& call) {
  const ElementType type = element_of(call);
  const std::vector<Value>& list = call.value(0).sequence();
  std::vector<Tensor> parts;
  for (const int64_t place : call.known_integers(1)) {
    if (place < 0 || place >= static_cast<int64_t>(list.size()))
      call.fail(fmt::format("element {} of a list of {}", place, list.size()));
    const Value& item = list[static_cast<size_t>(place)];
    parts.push_back((item.is_nothing() ? zeros_of(call, 2, list, type) : item).tensor());
  }
  if (parts.empty()) call.fail("it gathers nothing");
  return {Value(stack(parts, 0), type)};
}

const bool kListsRegistered[] = {
    register_run_operator("EmptyTensorList", empty),
    register_run_operator("TensorListReserve", reserved),
    register_run_operator("TensorListSetItem", set_item),
    register_run_operator("TensorListGetItem", get_item),
    register_run_operator("TensorListFromTensor", from_tensor),
    register_run_operator("TensorListStack", stacked),
    register_run_operator("TensorListPushBack", push_back),
    register_run_operator("TensorListPopBack", pop_back, {"output_handle", "tensor"}),
    register_run_operator("TensorListGather", gathered),
    register_run_operator("TensorListLength", [](Call& call) -> std::vector<Value> {
      return {like(Tensor::from<int64_t>({static_cast<int64_t>(call.value(0).sequence().size())}).reshape({}),
                   ElementType::kInt32)};
    })};

}  // namespace
}  // namespace lamina::tensorflow
