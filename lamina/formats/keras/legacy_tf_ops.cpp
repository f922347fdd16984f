// TensorFlow's functions in graphs of tf.keras (TFOpLambda, TensorFlowOpLayer), as far as they compute one
// element from one or two.
#include <map>
#include <string_view>

#include "lamina/base/error.h"
#include "lamina/formats/keras/legacy_config.h"

namespace lamina::detail {
namespace {

struct ElementwiseFunction {
  const char* class_name;
  int operands;
};

const std::map<std::string, ElementwiseFunction, std::less<>>& functions() {
  static const std::map<std::string, ElementwiseFunction, std::less<>> all{
      {"math.add", {"Add", 2}},
      {"__operators__.add", {"Add", 2}},
      {"AddV2", {"Add", 2}},
      {"Add", {"Add", 2}},
      {"math.subtract", {"Subtract", 2}},
      {"Sub", {"Subtract", 2}},
      {"math.multiply", {"Multiply", 2}},
      {"Mul", {"Multiply", 2}},
      {"math.divide", {"TrueDivide", 2}},
      {"math.truediv", {"TrueDivide", 2}},
      {"RealDiv", {"TrueDivide", 2}},
      {"math.maximum", {"Maximum", 2}},
      {"Maximum", {"Maximum", 2}},
      {"math.minimum", {"Minimum", 2}},
      {"Minimum", {"Minimum", 2}},
      {"math.negative", {"Negative", 1}},
      {"math.abs", {"Absolute", 1}},
      {"math.square", {"Square", 1}},
      {"Square", {"Square", 1}},
      {"math.sqrt", {"Sqrt", 1}},
      {"math.exp", {"Exp", 1}},
      {"math.log", {"Log", 1}},
      {"math.tanh", {"Tanh", 1}},
      {"Tanh", {"Tanh", 1}},
      {"math.sigmoid", {"Sigmoid", 1}},
      {"Sigmoid", {"Sigmoid", 1}},
      {"nn.relu", {"Relu", 1}},
      {"Relu", {"Relu", 1}},
      {"nn.relu6", {"Relu6", 1}},
      {"Relu6", {"Relu6", 1}},
  };
  return all;
}

[[noreturn]] void refuse(const Json& layer, const std::string& what) {
  const Json* name = layer.find("name");
  throw Unsupported("layer '" + (name && name->is_string() ? name->as_string() : std::string("?")) + "' (" +
                    layer.at("class_name").as_string() + "): " + what +
                    "; only elementwise functions of one or two operands can be read");
}

// "op" of a node of TensorFlow's, in JSON or as text.
std::string op_of(const Json& layer) {
  const Json* config = layer.find("config");
  const Json* function = config ? config->find("function") : nullptr;
  if (function && function->is_string()) return function->as_string();
  const Json* node = config ? config->find("node_def") : nullptr;
  if (node && node->is_object() && node->contains("op")) return node->at("op").as_string();
  if (node && node->is_string()) {
    const std::string& text = node->as_string();
    for (const char* opening : {"op: \"", "\"op\": \"", "\"op\":\""}) {
      const size_t at = text.find(opening);
      if (at == std::string::npos) continue;
      const size_t start = at + std::string_view(opening).size();
      return text.substr(start, text.find('"', start) - start);
    }
  }
  refuse(layer, "the function of the layer is not said");
}

bool is_reference(const Json& json) {
  return json.is_list() && json.size() >= 3 && json.at(size_t{0}).is_string() &&
         json.at(size_t{1}).is_int() && json.at(size_t{2}).is_int() &&
         json.at(size_t{0}).as_string() != "_CONSTANT_VALUE";
}

Json operand(const Json& layer, const Json& json) {
  if (is_reference(json)) {
    Json history = Json::list({json.at(size_t{0}), json.at(size_t{1}), json.at(size_t{2})});
    return Json::object({{"class_name", "__keras_tensor__"},
                         {"config", Json::object({{"keras_history", std::move(history)}})}});
  }
  if (json.is_list() && json.size() >= 3 && json.at(size_t{0}) == Json("_CONSTANT_VALUE"))
    return operand(layer, json.at(size_t{2}));
  if (!json.is_number()) refuse(layer, "its operand " + json.dump().substr(0, 100) + " is no number");
  return json;
}

// One call: [name, call, output, {"y": ...}], or a list of such.
Json node_from(const Json& layer, const Json& node, const ElementwiseFunction& function) {
  Json args = Json::list();
  const bool flat = node.is_list() && node.size() > 0 && node.at(size_t{0}).is_string();
  const Json::List calls = flat ? Json::List{node} : node.as_list();
  Json more;
  for (const Json& call : calls) {
    args.push_back(operand(layer, call));
    if (call.is_list() && call.size() > 3) more = call.at(size_t{3});
  }
  const Json* config = layer.find("config");
  const Json* constants = config ? config->find("constants") : nullptr;
  if (constants && constants->is_object() && args.size() == 1) {
    if (const Json* second = constants->find("1")) args.push_back(operand(layer, *second));
    if (const Json* first = constants->find("0"))
      args = Json::list({operand(layer, *first), args.at(size_t{0})});
  }
  if (more.is_object()) {
    for (const auto& [key, value] : more.as_object()) {
      if (key == "name" || value.is_null()) continue;
      if (key != "y" && key != "x2") refuse(layer, "its argument '" + key + "' is not known");
      args.push_back(operand(layer, value));
    }
  }
  if (args.size() != static_cast<size_t>(function.operands))
    refuse(layer, "it has " + std::to_string(args.size()) + " operands");
  return Json::object({{"args", std::move(args)}, {"kwargs", Json::object()}});
}

}  // namespace

void from_tensorflow_op(Json& layer) {
  const std::string op = op_of(layer);
  const auto found = functions().find(op.starts_with("tf.") ? op.substr(3) : op);
  if (found == functions().end()) refuse(layer, "the function '" + op + "' has no counterpart");
  const Json* nodes = layer.find("inbound_nodes");
  if (!nodes || !nodes->is_list()) refuse(layer, "it stands in no graph");
  Json calls = Json::list();
  for (const Json& node : nodes->as_list()) calls.push_back(node_from(layer, node, found->second));
  const Json name = layer.contains("name") ? layer.at("name") : layer.at("config").at("name");
  layer = Json::object({{"module", "keras.src.ops.numpy"},
                        {"class_name", found->second.class_name},
                        {"config", Json::object({{"name", name}})},
                        {"name", name},
                        {"inbound_nodes", std::move(calls)}});
}

}  // namespace lamina::detail
