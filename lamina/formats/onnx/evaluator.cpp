// Evaluating graphs: scopes of names, functions, and errors that name the node.
#include "lamina/formats/onnx/evaluator.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"

namespace lamina::onnx {
namespace {

using google::protobuf::RepeatedPtrField;
using lamina_onnx_file::AttributeProto;
using lamina_onnx_file::FunctionProto;
using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;

// "ai.onnx" is another name of the domain without one.
std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

std::string key_of(const std::string& domain, const std::string& name, const std::string& overload) {
  return domain_of(domain) + "\n" + name + "\n" + overload;
}

std::string where(const NodeProto& node) {
  std::string name = node.name();
  if (name.empty() && node.output_size() > 0) name = node.output(0);
  return fmt::format("node '{}' ({}): ", printable(name), printable(node.op_type()));
}

template <class E>
void name_node(const E& error, const NodeProto& node) {
  throw E(where(node) + error.what());
}

// Puts what a call of a function says in place of the attributes that name it, in subgraphs, too.
void substitute(NodeProto& node, const std::map<std::string, const AttributeProto*>& given);

void substitute(GraphProto& graph, const std::map<std::string, const AttributeProto*>& given) {
  for (NodeProto& node : *graph.mutable_node()) substitute(node, given);
}

void substitute(NodeProto& node, const std::map<std::string, const AttributeProto*>& given) {
  RepeatedPtrField<AttributeProto> kept;
  for (AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.has_g()) substitute(*attribute.mutable_g(), given);
    if (attribute.ref_attr_name().empty()) {
      kept.Add(std::move(attribute));
      continue;
    }
    const auto found = given.find(attribute.ref_attr_name());
    if (found == given.end()) continue;  // left out at the call, and so here
    AttributeProto copy = *found->second;
    copy.set_name(attribute.name());
    kept.Add(std::move(copy));
  }
  node.mutable_attribute()->Swap(&kept);
}

}  // namespace

Definitions::Opsets read_opsets(const RepeatedPtrField<lamina_onnx_file::OperatorSetIdProto>& imports,
                                const std::vector<std::string>& own) {
  Definitions::Opsets opsets;
  for (const auto& import : imports) {
    const std::string domain = domain_of(import.domain());
    const int newest = newest_opset(domain);
    if (newest > 0 && import.version() > newest) {
      throw InvalidArgument(fmt::format("uses version {} of the operator set '{}'; the newest that is known is {}",
                                        import.version(), domain.empty() ? "ai.onnx" : domain, newest));
    }
    if (import.version() < 0) throw InvalidArgument("imports a negative version of an operator set");
    (void)own;
    opsets[domain] = static_cast<int>(import.version());
  }
  return opsets;
}

Definitions::Definitions(lamina_onnx_file::ModelProto& model, ExternalData external) : external_(std::move(external)) {
  std::vector<std::string> own;
  for (const FunctionProto& function : model.functions()) own.push_back(function.domain());
  opsets_ = read_opsets(model.opset_import(), own);
  if (model.ir_version() >= 3 && model.opset_import_size() == 0)
    throw InvalidArgument("does not say which operator sets it uses");
  if (!opsets_.contains("")) opsets_[""] = 1;  // as files of IR version 1 and 2 say it
  for (FunctionProto& function : *model.mutable_functions()) {
    functions_[key_of(function.domain(), function.name(), function.overload())] = &function;
    function_opsets_[&function] = read_opsets(function.opset_import(), own);
    for (NodeProto& node : *function.mutable_node()) take_initializers(node);
  }
  for (NodeProto& node : *model.mutable_graph()->mutable_node()) take_initializers(node);
}

void Definitions::take_initializers(NodeProto& node) {
  for (AttributeProto& attribute : *node.mutable_attribute()) {
    if (!attribute.has_g()) continue;
    GraphProto& graph = *attribute.mutable_g();
    auto& values = initializers_[&graph];
    for (auto& tensor : *graph.mutable_initializer()) {
      const std::string name = tensor.name();
      values.emplace_back(name, read_tensor(tensor, external_));
    }
    for (auto& tensor : *graph.mutable_sparse_initializer()) {
      const std::string name = tensor.values().name();
      values.emplace_back(name, read_tensor(tensor, external_));
    }
    for (NodeProto& inner : *graph.mutable_node()) take_initializers(inner);
  }
}

const Definitions::Opsets& Definitions::opsets_of(const FunctionProto& function) const {
  return function_opsets_.at(&function);
}

const FunctionProto* Definitions::function(const NodeProto& node) const {
  const auto found = functions_.find(key_of(node.domain(), node.op_type(), node.overload()));
  return found == functions_.end() ? nullptr : found->second;
}

const std::vector<std::pair<std::string, Value>>& Definitions::initializers(const GraphProto& graph) const {
  static const std::vector<std::pair<std::string, Value>> none;
  const auto found = initializers_.find(&graph);
  return found == initializers_.end() ? none : found->second;
}

void for_each_read(const NodeProto& node, const std::function<void(const std::string&)>& look) {
  for (const std::string& name : node.input()) {
    if (!name.empty()) look(name);
  }
  for (const AttributeProto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    for (const NodeProto& inner : attribute.g().node()) for_each_read(inner, look);
    for (const auto& output : attribute.g().output()) look(output.name());
  }
}

int opset_of(const NodeProto& node, const Definitions::Opsets& opsets) {
  const auto version = opsets.find(domain_of(node.domain()));
  return version == opsets.end() ? 1 : version->second;
}

const Operator* find_operator(const NodeProto& node, const Definitions::Opsets& opsets) {
  return find_operator(domain_of(node.domain()), node.op_type(), opset_of(node, opsets));
}

// Nested graphs and functions, which may call each other without end in a hostile file.
class Evaluator::Entered {
 public:
  explicit Entered(Evaluator& evaluator) : evaluator_(evaluator), scope_(evaluator.scope_) {
    constexpr int kDeepest = 64;
    if (++evaluator_.depth_ > kDeepest) {
      --evaluator_.depth_;
      throw InvalidArgument("graphs and functions are nested more than 64 deep");
    }
  }
  ~Entered() {
    --evaluator_.depth_;
    evaluator_.scope_ = scope_;
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  Evaluator& evaluator_;
  const Scope* const scope_;
};

Value Evaluator::find(const std::string& name, const Scope& scope) {
  if (name.empty()) return {};
  for (const Scope* at = &scope; at; at = at->outer) {
    if (const auto found = at->values.find(name); found != at->values.end()) return found->second;
  }
  throw InvalidArgument("nothing gives its input '" + printable(name) + "'");
}

std::vector<Value> Evaluator::call_function(const FunctionProto& function, const NodeProto& node,
                                            const std::vector<Value>& inputs) {
  const Entered entered(*this);
  std::map<std::string, const AttributeProto*> given;
  for (const AttributeProto& attribute : function.attribute_proto()) given[attribute.name()] = &attribute;
  for (const AttributeProto& attribute : node.attribute()) given[attribute.name()] = &attribute;
  RepeatedPtrField<NodeProto> nodes = function.node();
  for (NodeProto& inner : nodes) substitute(inner, given);
  Scope scope;
  for (int i = 0; i < function.input_size(); ++i)
    scope.values[function.input(i)] = static_cast<size_t>(i) < inputs.size() ? inputs[static_cast<size_t>(i)] : Value();
  const Definitions::Opsets* const around = std::exchange(opsets_, &definitions_.opsets_of(function));
  try {
    run_nodes(nodes, scope, [&](const std::string& name) {
      return std::find(function.output().begin(), function.output().end(), name) != function.output().end();
    });
  } catch (...) {
    opsets_ = around;
    throw;
  }
  opsets_ = around;
  std::vector<Value> outputs;
  for (const std::string& name : function.output()) {
    const auto found = scope.values.find(name);
    outputs.push_back(found == scope.values.end() ? Value() : found->second);
  }
  return outputs;
}

void Evaluator::count() {
  if (--left_ < 0) throw InvalidArgument("loops and functions of the graph do not come to an end");
}

std::vector<Value> Evaluator::apply(const NodeProto& node, const Scope& scope) {
  count();
  const Scope* const before = std::exchange(scope_, &scope);
  try {
    std::vector<Value> inputs;
    for (const std::string& name : node.input()) inputs.push_back(find(name, scope));
    const FunctionProto* function = definitions_.function(node);
    std::vector<Value> outputs;
    if (function) {
      outputs = call_function(*function, node, inputs);
    } else {
      const int opset = opset_of(node, *opsets_);
      const Operator* found = find_operator(node, *opsets_);
      if (!found) throw Unsupported(fmt::format("is not known in version {} of its operator set", opset));
      const Call call(node, opset, std::move(inputs), *this);
      outputs = found->apply(const_cast<Call&>(call));
      if (const auto unread = call.unread(); !unread.empty())
        throw Unsupported(fmt::format("has no attribute '{}'", fmt::join(unread, "', '")));
    }
    for (int i = static_cast<int>(outputs.size()); i < node.output_size(); ++i) {
      if (!node.output(i).empty()) throw Unsupported(fmt::format("does not give an output {}", i));
    }
    scope_ = before;
    return outputs;
  } catch (const NeedsValues& error) {
    scope_ = before;
    name_node(error, node);
  } catch (const Unsupported& error) {
    scope_ = before;
    name_node(error, node);
  } catch (const InvalidArgument& error) {
    scope_ = before;
    name_node(error, node);
  } catch (const std::bad_alloc&) {
    scope_ = before;
    name_node(InvalidArgument("asks for more memory than there is"), node);
  } catch (const std::logic_error& error) {  // a list that is too short, an absent value: the file's fault
    scope_ = before;
    name_node(InvalidArgument(std::string("its inputs and attributes do not fit: ") + error.what()), node);
  }
  throw InternalError("unreachable");
}

void Evaluator::run_nodes(const RepeatedPtrField<NodeProto>& nodes, Scope& scope,
                          const std::function<bool(const std::string&)>& keeps) {
  // What no later node reads is let go.
  std::unordered_map<std::string, int> last;
  for (int i = 0; i < nodes.size(); ++i) for_each_read(nodes[i], [&](const std::string& name) { last[name] = i; });
  for (int i = 0; i < nodes.size(); ++i) {
    std::vector<Value> outputs = apply(nodes[i], scope);
    for (int j = 0; j < nodes[i].output_size(); ++j) {
      const std::string& name = nodes[i].output(j);
      if (!name.empty() && (last.contains(name) || keeps(name)))
        scope.values[name] = std::move(outputs[static_cast<size_t>(j)]);
    }
    for_each_read(nodes[i], [&](const std::string& name) {
      if (const auto at = last.find(name); at != last.end() && at->second == i && !keeps(name)) scope.values.erase(name);
    });
  }
}

std::vector<Value> Evaluator::run(const GraphProto& graph, Values values) {
  const Entered entered(*this);
  Scope scope{std::move(values), nullptr};
  run_nodes(graph.node(), scope, [&](const std::string& name) {
    return std::any_of(graph.output().begin(), graph.output().end(),
                       [&](const auto& output) { return output.name() == name; });
  });
  std::vector<Value> outputs;
  for (const auto& output : graph.output()) outputs.push_back(find(output.name(), scope));
  return outputs;
}

std::vector<Value> Evaluator::run_node(const NodeProto& node, const Values& values) {
  const Entered entered(*this);
  const Scope scope{values, nullptr};
  return apply(node, scope);
}

std::vector<Value> Evaluator::run_inside(const GraphProto& graph, const std::vector<Value>& inputs) {
  const Entered entered(*this);
  count();  // a turn of a loop whose body is empty, too
  Scope scope{{}, scope_};
  if (static_cast<size_t>(graph.input_size()) != inputs.size()) {
    throw InvalidArgument(fmt::format("its graph '{}' takes {} inputs, received {}", printable(graph.name()),
                                      graph.input_size(), inputs.size()));
  }
  for (const auto& [name, value] : definitions_.initializers(graph)) scope.values[name] = value;
  for (int i = 0; i < graph.input_size(); ++i) scope.values[graph.input(i).name()] = inputs[static_cast<size_t>(i)];
  run_nodes(graph.node(), scope, [&](const std::string& name) {
    return std::any_of(graph.output().begin(), graph.output().end(),
                       [&](const auto& output) { return output.name() == name; });
  });
  std::vector<Value> outputs;
  for (const auto& output : graph.output()) outputs.push_back(find(output.name(), scope));
  return outputs;
}

}  // namespace lamina::onnx
