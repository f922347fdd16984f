// Builder: names, nodes and constants.
#include "lamina/formats/onnx/export/builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/onnx/attribute_kind.h"
#include "lamina/formats/onnx/export/same_constants.h"
#include "lamina/formats/onnx/tensor_data.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina::onnx {

using lamina_onnx_file::AttributeProto;

namespace {

AttributeProto attribute(const char* name, AttributeKind kind) {
  AttributeProto proto;
  proto.set_name(name);
  proto.set_type(static_cast<int32_t>(kind));
  return proto;
}

}  // namespace

ElementType written_type(DType dtype) { return dtype == DType::kBFloat16 ? ElementType::kFloat : type_of(dtype); }

Attribute::Attribute(const char* name, int64_t value) : proto_(attribute(name, AttributeKind::kInt)) { proto_.set_i(value); }
Attribute::Attribute(const char* name, double value) : proto_(attribute(name, AttributeKind::kFloat)) {
  proto_.set_f(static_cast<float>(value));
}
Attribute::Attribute(const char* name, const std::string& value) : proto_(attribute(name, AttributeKind::kString)) {
  proto_.set_s(value);
}
Attribute::Attribute(const char* name, const std::vector<int64_t>& values) : proto_(attribute(name, AttributeKind::kInts)) {
  for (const int64_t value : values) proto_.add_ints(value);
}
Attribute::Attribute(const char* name, const std::vector<float>& values) : proto_(attribute(name, AttributeKind::kFloats)) {
  for (const float value : values) proto_.add_floats(value);
}
Attribute::Attribute(const char* name, const std::vector<std::string>& values)
    : proto_(attribute(name, AttributeKind::kStrings)) {
  for (const std::string& value : values) proto_.add_strings(value);
}
Attribute::Attribute(const char* name, const Value& tensor) : proto_(attribute(name, AttributeKind::kTensor)) {
  *proto_.mutable_t() = write_tensor(tensor, "");
}
Attribute::Attribute(const char* name, lamina_onnx_file::GraphProto graph) : proto_(attribute(name, AttributeKind::kGraph)) {
  *proto_.mutable_g() = std::move(graph);
}

Builder::Builder(int opset) : opset_(opset) {}
Builder::Builder(Builder& outer) : opset_(outer.opset_), outer_(&outer) {}

Names Builder::nodes(const std::string& type, const Names& inputs, size_t outputs, const Attributes& attributes,
                     const std::string& domain) {
  Builder& all = root();
  lamina_onnx_file::NodeProto& node = *proto_.add_node();
  node.set_op_type(type);
  node.set_name(unique(all.place_.empty() ? type : all.place_ + "/" + type));
  if (!domain.empty()) {
    node.set_domain(domain);
    all.domains_.insert(domain);
  }
  for (const std::string& input : inputs) node.add_input(input);
  for (const Attribute& attribute : attributes) *node.add_attribute() = attribute.proto();
  Names names;
  for (size_t i = 0; i < outputs; ++i) {
    names.push_back(unique(node.name() + ":" + std::to_string(i)));
    node.add_output(names.back());
  }
  return names;
}

std::string Builder::node(const std::string& type, const Names& inputs, const Attributes& attributes,
                          const std::string& domain) {
  return nodes(type, inputs, 1, attributes, domain)[0];
}

void Builder::need_function(const std::string& domain, const std::string& name,
                            const std::function<lamina_onnx_file::FunctionProto(int opset)>& make) {
  std::vector<lamina_onnx_file::FunctionProto>& all = root().functions_;
  const bool known = std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.domain() == domain && one.name() == name; });
  if (!known) all.push_back(make(opset_));
}

std::string Builder::unique(const std::string& wish) {
  std::map<std::string, int64_t>& taken = root().taken_;
  const auto found = taken.find(wish);
  if (found == taken.end()) {
    taken.emplace(wish, 0);
    return wish;
  }
  std::string name;
  do name = wish + "_" + std::to_string(++found->second);
  while (taken.count(name) > 0);
  taken.emplace(name, 0);
  return name;
}

std::string Builder::constant(const Value& value, const std::string& wish) {
  std::vector<Constant>& all = root().constants_;
  all.push_back({unique("constant " + std::to_string(all.size())), wish, value});
  return all.back().name;
}

namespace {

void rename(lamina_onnx_file::GraphProto& graph, const std::map<std::string, std::string>& names) {
  for (lamina_onnx_file::NodeProto& node : *graph.mutable_node()) {
    for (std::string& input : *node.mutable_input()) {
      if (const auto found = names.find(input); found != names.end()) input = found->second;
    }
    for (AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) rename(*attribute.mutable_g(), names);
    }
  }
}

}  // namespace

namespace {

/// In front of all nodes, for any of them may read it.
void add_transposed(lamina_onnx_file::GraphProto& graph, const std::string& from, const std::string& to, const std::string& name) {
  lamina_onnx_file::NodeProto node;
  node.set_op_type("Transpose");
  node.set_name(name);
  node.add_input(from);
  node.add_output(to);
  *node.add_attribute() = Attribute("perm", std::vector<int64_t>{1, 0}).proto();
  google::protobuf::RepeatedPtrField<lamina_onnx_file::NodeProto> nodes;
  *nodes.Add() = std::move(node);
  for (lamina_onnx_file::NodeProto& other : *graph.mutable_node()) *nodes.Add() = std::move(other);
  graph.mutable_node()->Swap(&nodes);
}

}  // namespace

std::vector<std::pair<std::string, Value>> Builder::name_constants(const std::set<std::string>& used) {
  std::map<std::string, std::string> names;
  std::vector<std::pair<std::string, Value>> result;
  std::map<std::string, std::vector<size_t>> wished;  // places in `result` of those that wished for one name
  std::vector<std::pair<std::string, std::string>> turned;
  for (const Constant& constant : constants_) {
    if (used.count(constant.name) == 0) continue;
    // A weight of several layers, each of which made a constant of it.
    std::string& name = names[constant.name];
    for (const size_t place : wished[constant.wish]) {
      const Same same = same_constants(result[place].second, constant.value);
      if (same == Same::kNo) continue;
      name = same == Same::kYes ? result[place].first : unique(constant.wish + ".transposed");
      if (same == Same::kTransposed) turned.emplace_back(result[place].first, name);
      break;
    }
    if (!name.empty()) continue;
    name = unique(constant.wish);
    wished[constant.wish].push_back(result.size());
    result.emplace_back(name, constant.value);
  }
  rename(proto_, names);
  for (const auto& [from, to] : turned) add_transposed(proto_, from, to, unique("Transpose " + from));
  return result;
}

std::string Builder::integers(const std::vector<int64_t>& values) {
  std::string& name = root().small_[fmt::format("[{}]", fmt::join(values, ","))];
  if (name.empty()) {
    name = constant(Tensor::from(values, {static_cast<int64_t>(values.size())}), "integers");
  }
  return name;
}

std::string Builder::integer(int64_t value) {
  std::string& name = root().small_["int64:" + std::to_string(value)];
  if (name.empty()) name = constant(Tensor::from(std::vector<int64_t>{value}, {}), "number");
  return name;
}

std::string Builder::number(double value, DType dtype) {
  std::string& name = root().small_[fmt::format("{}:{}{:a}", lamina::name(dtype), value, value)];
  if (name.empty()) {
    const Tensor tensor = lamina::cast(full({}, value, dtype), storage(written_type(dtype)));
    name = constant(tensor.eval(), "number");
  }
  return name;
}

std::string Builder::text(const std::string& value) {
  std::string& name = root().small_["string:" + value];
  if (name.empty()) name = constant(Value::of_strings({value}, {}), "text");
  return name;
}

std::string Builder::cast(const std::string& x, DType dtype) {
  return node("Cast", {x}, {{"to", static_cast<int64_t>(written_type(dtype))}});
}

namespace {

void declare(lamina_onnx_file::ValueInfoProto& info, const std::string& name, ElementType type,
             const Builder::Dims& shape) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(static_cast<int>(type));
  auto& dims = *tensor.mutable_shape();
  for (const auto& [extent, symbol] : shape) {
    auto& dim = *dims.add_dim();
    if (extent >= 0) {
      dim.set_dim_value(extent);
    } else if (!symbol.empty()) {
      dim.set_dim_param(symbol);
    }
  }
}

}  // namespace

void Builder::add_input(const std::string& name, ElementType type, const Dims& shape) {
  declare(*proto_.add_input(), name, type, shape);
}
void Builder::declare_value(const std::string& name, ElementType type, const Dims& shape) {
  declare(*proto_.add_value_info(), name, type, shape);
}
void Builder::add_output(const std::string& name, ElementType type, const Dims& shape) {
  declare(*proto_.add_output(), name, type, shape);
}

}  // namespace lamina::onnx
