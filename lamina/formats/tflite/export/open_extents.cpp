// Two graphs of one model, for other extents, held against one another: the same operators, and constants that differ
// only where TFLite has a word for "whatever follows".
#include "lamina/formats/tflite/export/open_extents.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "lamina/backend/backend.h"

namespace lamina::tflite {
namespace {

using Op = Builder::OperatorEntry;
using Entry = Builder::TensorEntry;

std::string options_of(const Op& op) {
  if (!op.options.make) return "";
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(op.options.make(builder, op.activation));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

bool same_elements(const Entry& left, const Entry& right) {
  const Tensor &a = left.constant, &b = right.constant;
  if (a.node() == b.node()) return true;
  // The same weight in the same order.
  if (left.source.defined() && right.source.defined() && left.source.node() == right.source.node() &&
      left.arrangement == right.arrangement)
    return true;
  if (a.type() != b.type()) return false;
  const Tensor x = a.eval().to(Device{}), y = b.eval().to(Device{});
  return std::memcmp(x.buffer()->data(), y.buffer()->data(), x.type().bytes()) == 0;
}

class Comparison {
 public:
  Comparison(WrittenGraph& graph, const WrittenGraph& other) : graph_(graph), a_(graph.builder), b_(other.builder) {
    for (size_t i = 0; i < graph.inputs.size(); ++i) other_[graph.inputs[i]] = other.inputs[i];
  }

  std::string run(const std::vector<int32_t>& outputs) {
    const std::vector<Op>&own = a_.operators(), &others = b_.operators();
    if (own.size() != others.size()) return "how many operators there are follows from them";
    for (size_t i = 0; i < own.size(); ++i) {
      if (std::string why = compare(own[i], others[i], i); !why.empty())
        return fmt::format("of operator {} ('{}') {}", fb::EnumNameBuiltinOperator(own[i].code),
                           own[i].outputs.empty() ? "" : a_.tensor(own[i].outputs[0]).name, why);
    }
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      const auto found = other_.find(graph_.outputs[i]);
      if (found == other_.end() || found->second != outputs[i]) return "an output follows from them";
    }
    for (const auto& [place, change] : changes_) {
      Op& op = a_.operators()[place];
      op.inputs.resize(change.input);
      if (!change.list.empty()) op.inputs.push_back(a_.integers(change.list));
      op.code = change.code;
      op.options = change.options;
    }
    return "";
  }

 private:
  std::string compare(const Op& own, const Op& other, size_t place) {
    if (own.code != other.code || own.inputs.size() != other.inputs.size() ||
        own.outputs.size() != other.outputs.size())
      return "the kind follows from them";
    if (options_of(own) != options_of(other)) return "the options follow from them";
    for (size_t i = 0; i < own.inputs.size(); ++i) {
      const int32_t x = own.inputs[i], y = other.inputs[i];
      if (x < 0 || y < 0) {
        if (x != y) return fmt::format("input {} follows from them", i);
        continue;
      }
      const Entry &left = a_.tensor(x), &right = b_.tensor(y);
      if (!left.constant.defined() && !right.constant.defined()) {
        const auto found = other_.find(x);
        if (found == other_.end() || found->second != y) return fmt::format("input {} follows from them", i);
        continue;
      }
      if (left.constant.defined() && right.constant.defined()) {
        if (same_elements(left, right)) continue;
        if (const auto change = completed(own, other, i)) {
          changes_[place] = *change;
          continue;
        }
      }
      return fmt::format("input {}, a constant, follows from them", i);
    }
    for (size_t i = 0; i < own.outputs.size(); ++i) other_[own.outputs[i]] = other.outputs[i];
    return "";
  }

  // What an operator becomes: its last input another list, or none.
  struct Change {
    fb::BuiltinOperator code;
    size_t input;
    std::vector<int64_t> list;
    WrittenOptions options;
  };

  // A list of extents of which the interpreter finds out what differs; nothing where it has no word for that.
  std::optional<Change> completed(const Op& own, const Op& other, size_t input) {
    const bool reshape = own.code == fb::BuiltinOperator_RESHAPE && input == 1;
    const bool slice = own.code == fb::BuiltinOperator_SLICE && input == 2;
    const Entry &left = a_.tensor(own.inputs[input]), &right = b_.tensor(other.inputs[input]);
    if ((!reshape && !slice) || left.dtype != DType::kInt32 || left.constant.type() != right.constant.type()) return std::nullopt;
    std::vector<int64_t> list = left.constant.to_vector<int64_t>();
    const std::vector<int64_t> others = right.constant.to_vector<int64_t>();
    int different = 0;
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i] == others[i]) continue;
      ++different;
      if (slice && !(reaches_end(a_, own, i) && reaches_end(b_, other, i))) return std::nullopt;
      list[i] = -1;
    }
    if (reshape && different > 1) return axis_more_or_less(own, other);
    return Change{own.code, input, std::move(list), own.options};
  }

  // A reshape that only adds or takes an axis of one element, which has operators of its own.
  std::optional<Change> axis_more_or_less(const Op& own, const Op& other) const {
    const Shape &from = a_.tensor(own.inputs[0]).shape, &to = a_.tensor(own.outputs[0]).shape;
    const Shape &other_from = b_.tensor(other.inputs[0]).shape, &other_to = b_.tensor(other.outputs[0]).shape;
    const bool more = to.rank() == from.rank() + 1;
    if (!more && from.rank() != to.rank() + 1) return std::nullopt;
    const auto without = [](const Shape& shape, int axis) {
      Shape rest;
      for (int i = 0; i < shape.rank(); ++i) {
        if (i != axis) rest.push_back(shape[i]);
      }
      return rest;
    };
    const Shape &large = more ? to : from, &small = more ? from : to;
    const Shape &other_large = more ? other_to : other_from, &other_small = more ? other_from : other_to;
    for (int axis = 0; axis < large.rank(); ++axis) {
      if (large[axis] != 1 || other_large[axis] != 1 || without(large, axis) != small ||
          without(other_large, axis) != other_small)
        continue;
      if (more) return Change{fb::BuiltinOperator_EXPAND_DIMS, 1, {axis}, {}};
      return Change{fb::BuiltinOperator_SQUEEZE, 1, {},
                    {fb::Options_Squeeze, [axis](auto& builder, [[maybe_unused]] int8_t activation) {
                       return fb::CreateSqueezeOptions(builder, builder.CreateVector(std::vector<int32_t>{axis})).Union();
                     }}};
    }
    return std::nullopt;
  }

  static bool reaches_end(const Builder& builder, const Op& op, size_t axis) {
    const Entry &begin = builder.tensor(op.inputs[1]), &size = builder.tensor(op.inputs[2]);
    return begin.constant.defined() &&
           begin.constant.to_vector<int64_t>()[axis] + size.constant.to_vector<int64_t>()[axis] ==
               builder.tensor(op.inputs[0]).shape[static_cast<int>(axis)];
  }

  WrittenGraph& graph_;
  Builder& a_;
  const Builder& b_;
  std::map<int32_t, int32_t> other_;  // tensors of the other graph by those of this one
  std::map<size_t, Change> changes_;  // by operator
};

}  // namespace

std::string open_extents(WrittenGraph& graph, const WrittenGraph& other, const std::vector<std::vector<int>>& axes) {
  std::string why = Comparison(graph, other).run(other.outputs);
  if (!why.empty()) return why;
  for (size_t i = 0; i < graph.inputs.size(); ++i) graph.builder.tensor(graph.inputs[i]).open = axes[i];
  return "";
}

}  // namespace lamina::tflite
