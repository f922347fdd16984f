// Arrays of tensors, in which loops of TensorFlow 1 keep what they give. What an array holds travels along its
// "flow": sequences of values, in which an element that nobody has set is nothing; the handle says nothing.
#include <fmt/format.h>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/concatenate.h"

namespace lamina::tensorflow {
namespace {

constexpr int64_t kMost = 1 << 20;

Value number(int64_t value) {
  return like(Tensor::from<int64_t>({value}).reshape({}), ElementType::kInt32);
}

size_t place_of(Call& call, int64_t place, size_t size) {
  if (place < 0 || place >= static_cast<int64_t>(size))
    call.fail(fmt::format("element {} of an array of {}", place, size));
  return static_cast<size_t>(place);
}

std::vector<Value> made(Call& call) {
  call.ignore({"element_shape", "dynamic_size", "clear_after_read", "identical_element_shapes", "tensor_array_name"});
  const auto type = static_cast<ElementType>(call.integer("dtype", static_cast<int64_t>(ElementType::kFloat)));
  const int64_t count = call.known_integer(0);
  if (count < 0 || count > kMost) call.fail(fmt::format("an array of {} tensors", count));
  return {number(0), Value::of_sequence(std::vector<Value>(static_cast<size_t>(count)), type)};
}

// Arrays of dynamic size grow; whether one is, its elements do not say.
void put(Call& call, std::vector<Value>& array, int64_t place, Value value) {
  if (place >= static_cast<int64_t>(array.size()) && place < kMost) array.resize(static_cast<size_t>(place) + 1);
  array[place_of(call, place, array.size())] = std::move(value);
}

std::vector<Value> written(Call& call) {
  std::vector<Value> array = call.value(3).sequence();
  put(call, array, call.known_integer(1), call.value(2));
  return {Value::of_sequence(std::move(array), call.value(2).type())};
}

std::vector<Value> scattered(Call& call) {
  std::vector<Value> array = call.value(3).sequence();
  const std::vector<int64_t> places = call.known_integers(1);
  const Tensor& x = call.value(2).tensor();
  if (x.rank() == 0 || x.shape()[0] != static_cast<int64_t>(places.size()))
    call.fail(fmt::format("{} places for the rows of {}", places.size(), x.shape().str()));
  for (size_t i = 0; i < places.size(); ++i)
    put(call, array, places[i], like(x[static_cast<int64_t>(i)], call.value(2).type()));
  return {Value::of_sequence(std::move(array), call.value(2).type())};
}

const Value& element(Call& call, const std::vector<Value>& array, int64_t place) {
  const Value& found = array[place_of(call, place, array.size())];
  if (found.is_nothing()) call.fail(fmt::format("element {} is read, and nobody has set it", place));
  return found;
}

std::vector<Value> read(Call& call) {
  call.ignore({"dtype"});
  return {element(call, call.value(2).sequence(), call.known_integer(1))};
}

std::vector<Value> gathered(Call& call) {
  call.ignore({"dtype", "element_shape"});
  const std::vector<Value>& array = call.value(2).sequence();
  std::vector<Tensor> parts;
  ElementType type = ElementType::kFloat;
  for (const int64_t place : call.known_integers(1)) {
    const Value& found = element(call, array, place);
    parts.push_back(found.tensor());
    type = found.type();
  }
  if (parts.empty()) call.fail("it gathers nothing");
  return {like(stack(parts, 0), type)};
}

const bool kTensorArraysRegistered[] = {
    register_run_operator("TensorArrayV3", made, {"handle", "flow"}),
    register_run_operator("TensorArrayWriteV3", written),
    register_run_operator("TensorArrayScatterV3", scattered),
    register_run_operator("TensorArrayReadV3", read),
    register_run_operator("TensorArrayGatherV3", gathered),
    register_run_operator("TensorArraySizeV3", [](Call& call) -> std::vector<Value> {
      return {number(static_cast<int64_t>(call.value(1).sequence().size()))};
    })};

}  // namespace
}  // namespace lamina::tensorflow
