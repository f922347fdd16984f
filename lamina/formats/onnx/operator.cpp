// The registry of operators, and what a call gives them.
#include "lamina/formats/onnx/operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/evaluator.h"
#include "lamina/formats/onnx/tensor_data.h"

namespace lamina::onnx {
namespace {

using lamina_onnx_file::AttributeProto;

// By domain and name, the newest version first.
std::map<std::pair<std::string, std::string>, std::vector<Operator>, std::less<>>& operators() {
  static std::map<std::pair<std::string, std::string>, std::vector<Operator>, std::less<>> all;
  return all;
}

// As of onnx 1.23, and what else is registered.
std::map<std::string, int, std::less<>>& domains() {
  static std::map<std::string, int, std::less<>> all{
      {"", 28}, {"ai.onnx.ml", 6}, {"ai.onnx.preview.training", 1}, {"ai.onnx.preview", 1}};
  return all;
}

bool add(Operator op) {
  std::vector<Operator>& versions = operators()[{op.domain, op.name}];
  versions.push_back(std::move(op));
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return a.since > b.since; });
  return true;
}

}  // namespace

bool register_operator(const char* name, int since, Apply apply, Parameters parameters, const char* domain) {
  return add({domain, name, since, apply, std::move(parameters), true});
}

bool register_run_operator(const char* name, int since, Apply apply, const char* domain) {
  return add({domain, name, since, apply, {}, false});
}

bool register_domain(const char* domain, int newest) { return domains().emplace(domain, newest).second; }

const Operator* find_operator(std::string_view domain, std::string_view name, int opset) {
  const auto found = operators().find(std::pair(std::string(domain), std::string(name)));
  if (found == operators().end()) return nullptr;
  for (const Operator& version : found->second) {
    if (version.since <= opset) return version.apply ? &version : nullptr;
  }
  return nullptr;
}

std::vector<std::string> operator_names(std::string_view domain) {
  std::vector<std::string> names;
  for (const auto& [key, versions] : operators()) {
    if (key.first == domain) names.push_back(key.second);
  }
  return names;
}

int newest_opset(std::string_view domain) {
  const auto found = domains().find(domain);
  return found == domains().end() ? 0 : found->second;
}

const Value& Call::value(size_t i) const {
  if (!has(i)) fail(fmt::format("input {} is missing", i));
  return inputs_[i];
}

int64_t Call::known_integer(size_t i) const {
  const std::vector<int64_t> values = known_integers(i);
  if (values.size() != 1) fail(fmt::format("input {} has {} elements; expected one", i, values.size()));
  return values[0];
}

double Call::known_number(size_t i) const {
  const std::vector<double> values = doubles((*this)[i]);
  if (values.size() != 1) fail(fmt::format("input {} has {} elements; expected one", i, values.size()));
  return values[0];
}

const AttributeProto* Call::find(const char* name) const {
  read_.insert(name);
  for (const AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const AttributeProto* Call::find(const char* name, AttributeKind kind, const char* expected) const {
  const AttributeProto* found = find(name);
  // Writers of the first versions left the kind out.
  if (found && found->type() != static_cast<int32_t>(kind) && found->type() != 0)
    fail(fmt::format("attribute '{}' must be {}", name, expected));
  return found;
}

int64_t Call::integer(const char* name, std::optional<int64_t> otherwise) const {
  if (const auto* found = find(name, AttributeKind::kInt, "an integer")) return found->i();
  if (!otherwise) fail(fmt::format("attribute '{}' is missing", name));
  return *otherwise;
}

double Call::number(const char* name, std::optional<double> otherwise) const {
  if (const auto* found = find(name, AttributeKind::kFloat, "a number")) return static_cast<double>(found->f());
  if (!otherwise) fail(fmt::format("attribute '{}' is missing", name));
  return *otherwise;
}

std::string Call::text(const char* name, std::optional<std::string> otherwise) const {
  if (const auto* found = find(name, AttributeKind::kString, "a string")) return found->s();
  if (!otherwise) fail(fmt::format("attribute '{}' is missing", name));
  return *otherwise;
}

std::optional<std::vector<int64_t>> Call::integer_list(const char* name) const {
  const auto* found = find(name, AttributeKind::kInts, "a list of integers");
  if (!found) return std::nullopt;
  return std::vector<int64_t>(found->ints().begin(), found->ints().end());
}

std::optional<std::vector<double>> Call::number_list(const char* name) const {
  const auto* found = find(name, AttributeKind::kFloats, "a list of numbers");
  if (!found) return std::nullopt;
  return std::vector<double>(found->floats().begin(), found->floats().end());
}

std::optional<std::vector<std::string>> Call::text_list(const char* name) const {
  const auto* found = find(name, AttributeKind::kStrings, "a list of strings");
  if (!found) return std::nullopt;
  return std::vector<std::string>(found->strings().begin(), found->strings().end());
}

std::optional<Value> Call::tensor_attribute(const char* name) const {
  const auto* found = find(name);
  if (!found) return std::nullopt;
  if (found->has_sparse_tensor()) {
    lamina_onnx_file::SparseTensorProto copy = found->sparse_tensor();
    return read_tensor(copy, evaluator_.external());
  }
  if (!found->has_t()) fail(fmt::format("attribute '{}' must be a tensor", name));
  lamina_onnx_file::TensorProto copy = found->t();
  return read_tensor(copy, evaluator_.external());
}

std::optional<std::vector<int64_t>> Call::integers_of(size_t input, const char* attribute) const {
  if (has(input)) {
    find(attribute);
    return known_integers(input);
  }
  return integer_list(attribute);
}

void Call::ignore(std::initializer_list<const char*> names) const {
  for (const char* name : names) read_.insert(name);
}

const lamina_onnx_file::GraphProto& Call::graph(const char* name) const {
  const auto* found = find(name, AttributeKind::kGraph, "a graph");
  if (!found) fail(fmt::format("attribute '{}' is missing", name));
  return found->g();
}

std::vector<Value> Call::run(const lamina_onnx_file::GraphProto& graph, const std::vector<Value>& inputs) const {
  return evaluator_.run_inside(graph, inputs);
}

std::vector<Value> Call::apply(const lamina_onnx_file::NodeProto& node, std::vector<Value> inputs) const {
  const int newest = newest_opset(node.domain());
  const Operator* const op = find_operator(node.domain(), node.op_type(), newest);
  if (!op) throw InternalError("there is no operator " + node.op_type());
  Call call(node, newest, std::move(inputs), evaluator_);
  return op->apply(call);
}

std::vector<Value> Call::apply_as(const char* type, std::vector<Value> inputs,
                                  std::initializer_list<const char*> own) const {
  lamina_onnx_file::NodeProto node = node_;
  node.set_op_type(type);
  node.clear_domain();
  node.clear_attribute();
  for (const AttributeProto& attribute : node_.attribute()) {
    if (std::find(own.begin(), own.end(), attribute.name()) == own.end()) *node.add_attribute() = attribute;
  }
  const int newest = newest_opset("");
  const Operator* const op = find_operator("", type, newest);
  if (!op) throw InternalError(std::string("there is no operator ") + type);
  Call call(node, newest, std::move(inputs), evaluator_);
  std::vector<Value> results = op->apply(call);
  read_.insert(call.read_.begin(), call.read_.end());
  return results;
}

bool Call::wants(size_t output) const {
  return output < outputs() && !node_.output(static_cast<int>(output)).empty();
}

std::pair<Tensor, int> Call::random() const { return evaluator_.random(); }

std::vector<std::string> Call::unread() const {
  std::vector<std::string> names;
  for (const AttributeProto& attribute : node_.attribute()) {
    if (!read_.contains(attribute.name())) names.push_back(printable(attribute.name()));
  }
  return names;
}

}  // namespace lamina::onnx
