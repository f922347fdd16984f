// Writing: what writers ask of an application and say of it; the registry of writers.
#include <algorithm>
#include <map>

#include "lamina/formats/onnx/export/graph_writer.h"

namespace lamina::onnx {
namespace {

std::map<std::string, Writer>& writers() {
  static std::map<std::string, Writer> all;
  return all;
}

std::vector<Extent> extents_of(const Written& value) {
  std::vector<Extent> extents;
  for (int axis = 0; axis < value.rank(); ++axis) extents.push_back(value.extent(axis));
  return extents;
}

}  // namespace

bool register_writer(const std::string& op, Write write) {
  if (!writers().emplace(op, Writer{std::move(write), {}}).second)
    throw InternalError("op '" + op + "' has two writers");
  return true;
}

bool register_no_writer(const std::string& op, std::string reason) {
  if (!writers().emplace(op, Writer{{}, std::move(reason)}).second)
    throw InternalError("op '" + op + "' has two writers");
  return true;
}

const Writer* find_writer(const std::string& op) {
  const auto found = writers().find(op);
  return found == writers().end() ? nullptr : &found->second;
}

Writing::Writing(GraphWriter& graph, std::span<const Node* const> nodes, std::vector<WrittenPtr> inputs,
                 std::vector<WrittenPtr> outputs, std::vector<bool> used)
    : graph_(graph),
      nodes_(nodes),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      used_(std::move(used)) {}

int Writing::opset() const { return graph_.builder().opset(); }
Builder& Writing::builder() { return graph_.builder(); }
Extents& Writing::extents() { return graph_.extents(); }

void Writing::require_same_attributes() const {
  for (const Node* node : nodes_) {
    if (node->attrs == nodes_[0]->attrs) continue;
    refuse("its attributes follow from open extents of the inputs (" + nodes_[0]->attrs.str() + " for some, " +
           node->attrs.str() + " for others), and its writer knows no way to say that in ONNX; write the model for fixed "
           "shapes");
  }
}

std::vector<Extent> Writing::extents(size_t i) const { return extents_of(*inputs_.at(i)); }
std::vector<Extent> Writing::out_extents(size_t i) const { return extents_of(*outputs_.at(i)); }

int64_t Writing::fixed(size_t i, int axis, const char* what) const {
  const Extent found = extent(i, axis);
  if (!found.fixed())
    refuse(std::string(what) + " is open, and ONNX must know it here; write the model for fixed shapes");
  return found.value();
}

bool Writing::absent(size_t i) const {
  const std::vector<Shape>& shapes = inputs_.at(i)->shapes;
  return std::all_of(shapes.begin(), shapes.end(), [](const Shape& shape) { return shape == Shape{0}; });
}

const std::string& Writing::in(size_t i) { return plain_name(builder(), *inputs_.at(i)); }
const std::string& Writing::channels_first(size_t i) { return channels_first_name(builder(), *inputs_.at(i)); }

std::string Writing::in_order(size_t i, const std::vector<int>& order) {
  if (constant(i).defined()) return constant_in_order(builder(), *inputs_.at(i), order);
  return node("Transpose", {in(i)}, {{"perm", std::vector<int64_t>(order.begin(), order.end())}});
}

void Writing::out(size_t i, const std::string& name) { outputs_.at(i)->plain = name; }
void Writing::out_channels_first(size_t i, const std::string& name) { outputs_.at(i)->channels_first = name; }
void Writing::out_same(size_t i, size_t input) {
  Written &to = *outputs_.at(i), &from = *inputs_.at(input);
  if (to.dtype == from.dtype) {
    to.constant = from.constant;
    to.wish = from.wish;
  } else if (!from.lies_channels_first()) {
    plain_name(builder(), from);
  }
  to.plain = from.plain;
  to.channels_first = from.channels_first;
}

DType Writing::wide(DType dtype) {
  return dtype == DType::kInt8 || dtype == DType::kInt16 || dtype == DType::kUInt8 ? DType::kInt32 : dtype;
}

std::string Writing::over_axes(const std::string& type, const std::string& x, const std::vector<int64_t>& axes,
                               int since, Attributes attributes) {
  if (opset() >= since) return node(type, {x, integers(axes)}, attributes);
  attributes.emplace_back("axes", axes);
  return node(type, {x}, attributes);
}

void Writing::body() { graph_.write_body(nodes_, inputs_, outputs_); }

WrittenPtr Writing::seen_inside(size_t i) const {
  Written& value = *inputs_.at(i);
  plain_name(graph_.builder(), value);
  return std::make_shared<Written>(value);
}

WrittenPtr Writing::value_like(const std::vector<const Graph*>& graphs, ValueId value, const std::string& name) {
  auto result = std::make_shared<Written>();
  result->dtype = graphs[0]->type(value).dtype;
  for (const Graph* graph : graphs) result->shapes.push_back(graph->type(value).shape);
  result->plain = name;
  return result;
}

std::vector<WrittenPtr> Writing::inside(Builder& inner, const std::vector<const Graph*>& graphs,
                                        const std::vector<WrittenPtr>& inputs, const std::vector<ValueId>& wanted) {
  const std::vector<ValueId>& outputs = wanted.empty() ? graphs[0]->outputs : wanted;
  if (&inner == &graph_.builder()) return graph_.write(graphs, inputs, outputs);
  Extents extents(inner, &graph_.extents());
  GraphWriter writer(inner, extents, graph_.refusals());
  std::vector<WrittenPtr> results = writer.write(graphs, inputs, outputs);
  for (const WrittenPtr& result : results) plain_name(inner, *result);
  return results;
}

namespace {

Builder::Dims declared_shape(const Written& value) {
  Builder::Dims shape;
  for (int axis = 0; axis < value.rank(); ++axis) {
    const Extent extent = value.extent(axis);
    shape.emplace_back(extent.fixed() ? extent.value() : -1, "");
  }
  return shape;
}

}  // namespace

WrittenPtr Writing::inner_input(Builder& inner, const Written& like, const std::string& wish) {
  auto value = std::make_shared<Written>();
  value->dtype = like.dtype;
  value->shapes = like.shapes;
  value->plain = inner.unique(wish);
  inner.add_input(value->plain, written_type(like.dtype), declared_shape(like));
  return value;
}

void Writing::inner_output(Builder& inner, const Written& value) {
  inner.add_output(inner.node("Identity", {value.plain}), written_type(value.dtype), declared_shape(value));
}

}  // namespace lamina::onnx
