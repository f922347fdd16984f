// Sequences and optionals.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"

namespace lamina::onnx {
namespace {

// A position among `count`, negative ones from the end.
size_t position(const Call& call, int64_t given, size_t count) {
  const auto size = static_cast<int64_t>(count);
  const int64_t at = given < 0 ? given + size : given;
  if (at < 0 || at >= size) call.fail(fmt::format("position {} of a sequence of {} elements", given, size));
  return static_cast<size_t>(at);
}

std::vector<Value> construct(Call& call) {
  if (call.values().empty()) call.fail("needs an input");
  return {Value::of_sequence(call.values(), call.element())};
}

std::vector<Value> empty(Call& call) {
  return {Value::of_sequence({}, element_type(static_cast<int>(call.integer("dtype", 1))))};
}

std::vector<Value> at(Call& call) {
  const std::vector<Value>& elements = call.value(0).sequence();
  return {elements[position(call, call.known_integer(1), elements.size())]};
}

std::vector<Value> erase(Call& call) {
  std::vector<Value> elements = call.value(0).sequence();
  const size_t place = position(call, call.has(1) ? call.known_integer(1) : -1, elements.size());
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(place));
  return {Value::of_sequence(std::move(elements), call.element())};
}

std::vector<Value> insert(Call& call) {
  std::vector<Value> elements = call.value(0).sequence();
  // One place more than there are elements: behind the last.
  size_t place = elements.size();
  if (call.has(2)) {
    const int64_t given = call.known_integer(2);
    const auto size = static_cast<int64_t>(elements.size());
    if (given < -size || given > size)
      call.fail(fmt::format("position {} of a sequence of {} elements", given, size));
    place = static_cast<size_t>(given < 0 ? given + size : given);
  }
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(place), call.value(1));
  return {Value::of_sequence(std::move(elements), call.element(1))};
}

std::vector<Value> length(Call& call) {
  return {Value(Tensor::from<int64_t>({static_cast<int64_t>(call.value(0).sequence().size())}).reshape({}))};
}

// The graph for each element, with the elements of further sequences beside it, and tensors as they are.
std::vector<Value> map_sequence(Call& call) {
  const size_t count = call.value(0).sequence().size();
  const auto& body = call.graph("body");
  std::vector<std::vector<Value>> results(call.outputs());
  for (size_t i = 0; i < count; ++i) {
    std::vector<Value> inputs;
    for (const Value& each : call.values()) {
      if (!each.is_sequence()) {
        inputs.push_back(each);
      } else if (each.sequence().size() == count) {
        inputs.push_back(each.sequence()[i]);
      } else {
        call.fail(fmt::format("sequences of {} and {} elements", count, each.sequence().size()));
      }
    }
    const std::vector<Value> outputs = call.run(body, inputs);
    if (outputs.size() < results.size()) call.fail("its graph gives less outputs than it names");
    for (size_t k = 0; k < results.size(); ++k) results[k].push_back(outputs[k]);
  }
  std::vector<Value> sequences;
  for (std::vector<Value>& each : results) sequences.push_back(Value::of_sequence(std::move(each)));
  return sequences;
}

std::vector<Value> split_to_sequence(Call& call) {
  const Tensor& x = call[0];
  const int axis = x.shape().normalize(static_cast<int>(call.integer("axis", 0)));
  const bool keeps = call.integer("keepdims", 1) != 0 || call.has(1);
  const int64_t extent = x.shape()[axis];
  std::vector<int64_t> sizes;
  if (!call.has(1)) {
    sizes.assign(static_cast<size_t>(extent), 1);
  } else if (call[1].rank() == 0) {
    const int64_t each = call.known_integer(1);
    if (each < 1) call.fail(fmt::format("parts of {} elements", each));
    for (int64_t from = 0; from < extent; from += each) sizes.push_back(std::min(each, extent - from));
  } else {
    sizes = call.known_integers(1);
  }
  std::vector<Value> parts;
  int64_t from = 0;
  for (const int64_t size : sizes) {
    if (size < 0 || size > extent - from)
      call.fail(fmt::format("its parts do not fit an axis of {} elements", extent));
    std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims();
    starts[static_cast<size_t>(axis)] = from;
    stops[static_cast<size_t>(axis)] = from + size;
    const Tensor part = slice(x, starts, stops);
    parts.emplace_back(keeps ? part : squeeze(part, axis), call.element());
    from += size;
  }
  if (from != extent) call.fail(fmt::format("its parts have {} of {} elements", from, extent));
  return {Value::of_sequence(std::move(parts), call.element())};
}

std::vector<Value> concat_from_sequence(Call& call) {
  const std::vector<Value>& elements = call.value(0).sequence();
  const auto axis = static_cast<int>(call.integer("axis"));
  const bool makes_axis = call.integer("new_axis", 0) != 0;
  if (elements.empty()) call.fail("a sequence without elements cannot be joined");
  std::vector<Tensor> tensors;
  for (const Value& each : elements) tensors.push_back(each.tensor());
  return {Value(makes_axis ? stack(tensors, axis) : concatenate(tensors, axis), call.element())};
}

// ---- Optionals: an empty one is nothing ----

std::vector<Value> optional(Call& call) {
  call.ignore({"type"});
  return {call.has(0) ? call.value(0) : Value()};
}

std::vector<Value> has_element(Call& call) { return {Value(Tensor(call.has(0)))}; }

std::vector<Value> get_element(Call& call) {
  if (!call.has(0)) call.fail("the optional is empty");
  return {call.value(0)};
}

const bool kSequenceRegistered[] = {register_operator("SequenceConstruct", 11, construct),
                            register_operator("SequenceEmpty", 11, empty),
                            register_operator("SequenceAt", 11, at),
                            register_operator("SequenceErase", 11, erase),
                            register_operator("SequenceInsert", 11, insert),
                            register_operator("SequenceLength", 11, length),
                            register_operator("SequenceMap", 17, map_sequence),
                            register_operator("SplitToSequence", 11, split_to_sequence),
                            register_operator("ConcatFromSequence", 11, concat_from_sequence),
                            register_operator("Optional", 15, optional),
                            register_operator("OptionalHasElement", 15, has_element),
                            register_operator("OptionalGetElement", 15, get_element)};

}  // namespace
}  // namespace lamina::onnx
