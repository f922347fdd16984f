// Names of values, functions in the places of their calls, and attributes.
#include "lamina/formats/saved_model/graph_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/node_order.h"
#include "lamina/formats/onnx/tensor_data.h"
#include "lamina/formats/saved_model/operator.h"
#include "lamina/formats/saved_model/tensor.h"
#include "lamina/formats/saved_model/variable_writes.h"

namespace lamina::tensorflow {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;
using lamina_tensorflow_file::AttrValue;
using lamina_tensorflow_file::FunctionDef;
using lamina_tensorflow_file::GraphDef;
using lamina_tensorflow_file::NodeDef;

Library::Library(const GraphDef& graph) {
  constexpr int64_t kCallsOfANode = 64;
  nodes_left += kCallsOfANode * graph.node_size();
  for (const FunctionDef& function : graph.library().function()) {
    functions[function.signature().name()] = &function;
    nodes_left += kCallsOfANode * function.node_def_size();
  }
  find_variable_use(*this);
}

const FunctionDef* Library::find(const std::string& name) const {
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

const FunctionDef* called(const NodeDef& node, const Library& library) {
  if (node.op() != "PartitionedCall" && node.op() != "StatefulPartitionedCall")
    return library.find(node.op());
  const auto attribute = node.attr().find("f");
  const std::string name = attribute == node.attr().end() ? "" : attribute->second.func().name();
  const FunctionDef* const function = library.find(name);
  if (!function)
    throw InvalidArgument(fmt::format("node '{}' calls the function '{}', which the file lacks",
                                      printable(node.name()), printable(name)));
  return function;
}

namespace {

// "node:name:place" of functions, "node:place" of graphs.
struct Reference {
  std::string node, output;
  int place = 0;
};

Reference parse(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  Reference reference{parts[0], parts.size() > 2 ? parts[1] : "", 0};
  if (parts.size() > 1) {
    const std::string& number = parts.back();
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), reference.place);
    constexpr int kMost = 1 << 16;
    if (parts.size() > 3 || error != std::errc() || end != number.data() + number.size() ||
        reference.place < 0 || reference.place > kMost)
      throw InvalidArgument("'" + printable(text) + "' names no output of a node");
  }
  return reference;
}

class Deeper {
 public:
  explicit Deeper(Library& library) : library_(library) {
    constexpr int kDeepest = 64;
    if (library_.depth == kDeepest) throw InvalidArgument("its functions call each other more than 64 deep");
    ++library_.depth;
  }
  ~Deeper() { --library_.depth; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  Library& library_;
};

}  // namespace

// The nodes of one graph or function, and what stands for what they give.
class GraphBuilder::Body {
 public:
  struct Node {
    const NodeDef* def;
    std::vector<std::string> inputs = {};  // names of values
    int outputs = 0;                       // as many as somebody reads
    bool visited = false;
  };

  std::string prefix;
  std::map<std::string, std::string> arguments;  // of a function
  std::unordered_map<std::string, Node> nodes;
  const Library& library;
  const Outside& outside;
  std::vector<std::string> waiting = {};  // nodes that somebody reads

  // What stands for an output of a node, which is needed from now on.
  std::string name_of(const std::string& text) {
    const Reference reference = parse(text);
    const auto found = nodes.find(reference.node);
    if (found == nodes.end()) {
      if (const auto argument = arguments.find(reference.node); argument != arguments.end())
        return argument->second;
      throw InvalidArgument("nothing gives '" + printable(text) + "'");
    }
    Node& node = found->second;
    if (const std::string other = outside(*node.def); !other.empty()) return other;
    int place = reference.place;
    if (!reference.output.empty()) {
      if (const FunctionDef* function = library.find(node.def->op())) {
        for (int i = 0; i < function->signature().output_arg_size(); ++i) {
          if (function->signature().output_arg(i).name() == reference.output) place += i;
        }
      } else {
        place = output_of(node.def->op(), reference.output, place);
      }
    }
    node.outputs = std::max(node.outputs, place + 1);
    if (!node.visited) {
      node.visited = true;
      waiting.push_back(reference.node);
    }
    return output(reference.node, place);
  }
  std::string output(const std::string& node, int place) const {
    return prefix + node + ":" + std::to_string(place);
  }
};

template <class Nodes>
std::vector<std::string> GraphBuilder::add(const Nodes& nodes, Body& body,
                                           const std::vector<std::string>& results) {
  for (const NodeDef& node : nodes) {
    if (!body.nodes.emplace(node.name(), Body::Node{&node}).second)
      throw InvalidArgument("two nodes are called '" + printable(node.name()) + "'");
  }
  std::vector<std::string> names;
  for (const std::string& result : results) names.push_back(body.name_of(result));
  while (!body.waiting.empty()) {
    const std::string next = std::move(body.waiting.back());
    body.waiting.pop_back();
    const NodeDef& def = *body.nodes.at(next).def;
    std::vector<std::string> inputs;
    for (const std::string& input : def.input()) {
      if (!input.starts_with('^'))
        inputs.push_back(body.name_of(input));  // those are what must have run before
    }
    body.nodes.at(next).inputs = std::move(inputs);
  }
  std::vector<const NodeDef*> all, needed;
  for (const NodeDef& node : nodes) {
    all.push_back(&node);
    if (body.nodes.at(node.name()).visited) needed.push_back(&node);
  }
  refuse_reads_after_writes(all, needed, library_);
  for (const NodeDef* node : needed) add_node(*node, body);
  return names;
}

std::vector<std::string> GraphBuilder::add_graph(const GraphDef& graph,
                                                 const std::vector<std::string>& results) {
  Body body{"", {}, {}, library_, outside_};
  return add(graph.node(), body, results);
}

std::vector<std::string> GraphBuilder::add_function(const FunctionDef& function, const std::string& prefix,
                                                    const std::vector<std::string>& arguments) {
  const Deeper deeper(library_);
  const auto& signature = function.signature();
  if (arguments.size() != static_cast<size_t>(signature.input_arg_size()))
    throw InvalidArgument(fmt::format("function '{}' takes {} inputs, received {}",
                                      printable(signature.name()), signature.input_arg_size(),
                                      arguments.size()));
  static const Outside none = [](const NodeDef&) { return std::string(); };
  Body body{prefix, {}, {}, library_, none};
  for (size_t i = 0; i < arguments.size(); ++i)
    body.arguments[signature.input_arg(static_cast<int>(i)).name()] = arguments[i];
  std::vector<std::string> results;
  for (const auto& output : signature.output_arg()) {
    const auto found = function.ret().find(output.name());
    if (found == function.ret().end())
      throw InvalidArgument(fmt::format("function '{}' does not give '{}'", printable(signature.name()),
                                        printable(output.name())));
    results.push_back(found->second);
  }
  return add(function.node_def(), body, results);
}

void GraphBuilder::add_identity(const std::string& value, const std::string& name) {
  NodeProto& node = *graph_.add_node();
  node.set_op_type("Identity");
  node.set_domain(kDomain);
  node.set_name(name);
  node.add_input(value);
  node.add_output(name);
}

void GraphBuilder::add_node(const NodeDef& node, const Body& body) {
  if (--library_.nodes_left < 0)
    throw InvalidArgument("its functions, put in the places of their calls, have no end");
  const Body::Node& known = body.nodes.at(node.name());
  if (node.op() == "Const") {
    const auto value = node.attr().find("value");
    if (value == node.attr().end())
      throw InvalidArgument("constant '" + printable(node.name()) + "' has no value");
    *graph_.add_initializer() =
        onnx::write_tensor(read_constant(value->second.tensor(), "constant '" + printable(node.name()) + "'"),
                           body.output(node.name(), 0));
    return;
  }
  if (const FunctionDef* function = called(node, library_)) {
    const std::vector<std::string> results =
        add_function(*function, body.prefix + node.name() + "/", known.inputs);
    if (static_cast<size_t>(known.outputs) > results.size())
      throw InvalidArgument(fmt::format("function '{}' has no output {}",
                                        printable(function->signature().name()), known.outputs - 1));
    for (int i = 0; i < known.outputs; ++i)
      add_identity(results[static_cast<size_t>(i)], body.output(node.name(), i));
    return;
  }
  NodeProto& made = *graph_.add_node();
  made.set_op_type(node.op());
  made.set_domain(kDomain);
  made.set_name(body.prefix + node.name());
  for (const std::string& input : known.inputs) made.add_input(input);
  for (int i = 0; i < known.outputs; ++i) made.add_output(body.output(node.name(), i));
  const std::map<std::string, const AttrValue*> attributes = [&] {
    std::map<std::string, const AttrValue*> sorted;
    for (const auto& [name, value] : node.attr()) sorted[name] = &value;
    return sorted;
  }();
  for (const auto& [name, value] : attributes) {
    // What begins with "_" is for TensorFlow's own passes; types that begin with a capital are those of the
    // inputs, but for what a cast makes, and what is made of inputs that have types of their own.
    const bool of_type = value->has_type() || value->list().type_size() > 0;
    const bool made_of_others = name == "DstT" || (name == "Tout" && attributes.contains("Ta"));
    const bool implied = name.starts_with('_') || name == "N" ||
                         (of_type && !made_of_others && !name.empty() && name[0] >= 'A' && name[0] <= 'Z');
    if (!implied) add_attribute(made, name, *value);
  }
}

void GraphBuilder::add_attribute(NodeProto& node, const std::string& name, const AttrValue& value) {
  using enum onnx::AttributeKind;
  const auto add = [&](onnx::AttributeKind kind) -> auto& { return onnx::add_attribute(node, name, kind); };
  const auto integer = [&](int64_t number) { add(kInt).set_i(number); };
  switch (value.value_case()) {
    case AttrValue::kS:
      add(kString).set_s(value.s());
      break;
    case AttrValue::kI:
      return integer(value.i());
    case AttrValue::kB:
      return integer(value.b() ? 1 : 0);
    case AttrValue::kType:
      return integer(static_cast<int64_t>(element_type(value.type())));
    case AttrValue::kF:
      add(kFloat).set_f(value.f());
      break;
    case AttrValue::kShape: {
      auto& extents = add(kInts);
      for (const auto& dim : value.shape().dim()) extents.add_ints(dim.size());
      break;
    }
    case AttrValue::kTensor:
      *add(kTensor).mutable_t() =
          onnx::write_tensor(read_constant(value.tensor(), "attribute '" + printable(name) + "'"), name);
      break;
    case AttrValue::kFunc: {
      const FunctionDef* function = library_.find(value.func().name());
      if (!function)
        throw InvalidArgument(fmt::format("node '{}' names the function '{}', which the file lacks",
                                          printable(node.name()), printable(value.func().name())));
      GraphProto& inner = *add(kGraph).mutable_g();
      inner.set_name(value.func().name());
      const std::string prefix = node.name() + "/" + name + "/";
      std::vector<std::string> arguments;
      for (const auto& input : function->signature().input_arg()) {
        arguments.push_back(prefix + input.name());
        inner.add_input()->set_name(arguments.back());
      }
      GraphBuilder builder(inner, library_, nullptr);
      for (const std::string& result : builder.add_function(*function, prefix, arguments)) {
        // One value may be given twice, or be an argument.
        const std::string own = prefix + "result:" + std::to_string(inner.output_size());
        builder.add_identity(result, own);
        inner.add_output()->set_name(own);
      }
      onnx::sort_nodes_inside(inner);
      break;
    }
    default:
      if (value.list().s_size() > 0) {
        auto& texts = add(kStrings);
        for (const auto& each : value.list().s()) texts.add_strings(each);
      } else if (value.list().f_size() > 0) {
        auto& numbers = add(kFloats);
        for (const float each : value.list().f()) numbers.add_floats(each);
      } else {
        auto& integers = add(kInts);
        for (const int64_t each : value.list().i()) integers.add_ints(each);
        for (const bool each : value.list().b()) integers.add_ints(each ? 1 : 0);
        for (const int each : value.list().type())
          integers.add_ints(static_cast<int64_t>(element_type(each)));
      }
  }
}

}  // namespace lamina::tensorflow
