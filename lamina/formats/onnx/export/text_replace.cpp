// The function "Replace": texts are split where `from` stands, and joined again part by part.
//
// Why not StringNormalizer: it changes the case of all alphabets or of none, run times need a locale for it that many machines
// lack, and nothing takes punctuation out. Why a Loop: a Scan moves strings as if they were numbers in ONNX Runtime, up to
// its version 1.32 at least. Parts behind the last one are "", and joined without harm.
#include "lamina/formats/onnx/export/text_replace.h"

namespace lamina::onnx {
namespace {

using lamina_onnx_file::FunctionProto;
using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;

constexpr char kReplaceDomain[] = "lamina", kReplaceName[] = "Replace";

template <class Nodes>
NodeProto& add(Nodes& nodes, const char* type, const std::vector<const char*>& inputs, const std::vector<const char*>& outputs,
               const Attributes& attributes = {}) {
  NodeProto& node = *nodes.add_node();
  node.set_op_type(type);
  for (const char* input : inputs) node.add_input(input);
  for (const char* output : outputs) node.add_output(output);
  for (const Attribute& attribute : attributes) *node.add_attribute() = attribute.proto();
  return node;
}

void declare(lamina_onnx_file::ValueInfoProto& info, const char* name, ElementType type, bool number) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(static_cast<int>(type));
  if (number) tensor.mutable_shape();
}

/// The next part behind those that are joined.
GraphProto joining() {
  GraphProto graph;
  graph.set_name("join");
  declare(*graph.add_input(), "i", ElementType::kInt64, true);
  declare(*graph.add_input(), "goes_on", ElementType::kBool, true);
  declare(*graph.add_input(), "before", ElementType::kString, false);
  add(graph, "Gather", {"pieces", "i"}, {"piece"}, {{"axis", 1}});
  add(graph, "StringConcat", {"before", "piece"}, {"after"});
  add(graph, "Identity", {"goes_on"}, {"goes_on_after"});
  declare(*graph.add_output(), "goes_on_after", ElementType::kBool, true);
  declare(*graph.add_output(), "after", ElementType::kString, false);
  return graph;
}

FunctionProto replace_function(int opset) {
  FunctionProto f;
  f.set_domain(kReplaceDomain);
  f.set_name(kReplaceName);
  f.add_input("texts");
  f.add_input("to");
  f.add_output("replaced");
  f.add_attribute("from");
  auto& set = *f.add_opset_import();
  set.set_domain("");
  set.set_version(opset);
  auto& from = *add(f, "StringSplit", {"texts"}, {"parts", "counts"}).add_attribute();
  from = Attribute("delimiter", "").proto();
  from.clear_s();
  from.set_ref_attr_name("from");
  add(f, "Constant", {}, {"zero"}, {{"value_int", 0}});
  add(f, "Constant", {}, {"one"}, {{"value_int", 1}});
  add(f, "Constant", {}, {"last"}, {{"value_ints", std::vector<int64_t>{-1}}});
  add(f, "Constant", {}, {"nothing"}, {{"value_string", ""}});
  add(f, "Shape", {"parts"}, {"widths"}, {{"start", 1}, {"end", 2}});
  add(f, "Squeeze", {"widths"}, {"width"});
  add(f, "Range", {"zero", "width", "one"}, {"places"});
  add(f, "Unsqueeze", {"counts", "last"}, {"ends"});
  add(f, "Less", {"places", "ends"}, {"is_part"});
  add(f, "Greater", {"places", "zero"}, {"is_later"});
  add(f, "And", {"is_part", "is_later"}, {"is_behind"});
  add(f, "StringConcat", {"to", "parts"}, {"behind"});
  add(f, "Where", {"is_behind", "behind", "parts"}, {"pieces"});
  add(f, "Shape", {"texts"}, {"shape"});
  add(f, "Expand", {"nothing", "shape"}, {"begun"});
  add(f, "Loop", {"width", "", "begun"}, {"replaced"}, {{"body", joining()}});
  return f;
}

}  // namespace

std::string replaced(Builder& builder, const std::string& texts, const std::string& from, const std::string& to) {
  builder.need_function(kReplaceDomain, kReplaceName, replace_function);
  return builder.node(kReplaceName, {texts, builder.text(to)}, {{"from", from}}, kReplaceDomain);
}

}  // namespace lamina::onnx
