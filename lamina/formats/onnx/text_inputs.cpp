// Cutting graphs where texts have become numbers, and the encoder that runs the part before.
#include "lamina/formats/onnx/text_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/evaluator.h"
#include "lamina/formats/onnx/leading_to.h"
#include "lamina/ops/concatenate.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/text_encoder.h"
#include "lamina/text/tokenizers/detail/base64.h"
#include <onnx.pb.h>

namespace lamina::onnx {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::ModelProto;
using lamina_onnx_file::NodeProto;

constexpr char kTextGraph[] = "TextGraph";

// ---- The encoder ----

Value as_input(const Declared& input, std::vector<std::string> texts) {
  const auto count = static_cast<int64_t>(texts.size());
  return Value::of_strings(std::move(texts), input.shape && input.shape->rank() == 2 ? Shape{count, 1} : Shape{count});
}

std::pair<Tensor, int> no_random() { throw Unsupported("draws random numbers to read a text"); }

Value encoded(const ImportedGraph& graph, std::vector<std::string> texts) {
  constexpr int64_t kMostNodes = int64_t{1} << 24;
  return graph.run({as_input(graph.inputs()[0], std::move(texts))}, {}, no_random, kMostNodes).at(0);
}

class TextGraphEncoder final : public TextPreprocessing::Encoder {
 public:
  TextGraphEncoder(std::string coded, ImportedGraph graph) : coded_(std::move(coded)), graph_(std::move(graph)) {
    if (graph_.inputs().size() != 1 || graph_.inputs()[0].type != ElementType::kString || graph_.outputs().size() != 1 ||
        !graph_.weights().empty())
      throw InvalidArgument("TextPreprocessing: a TextGraph takes texts and gives one tensor; this graph does not");
  }

  Tensor encode(const std::vector<std::string>& given) const override {
    const lamina::detail::CleanTexts clean(given, kTextGraph);
    std::vector<std::string> texts;
    for (size_t i = 0; i < clean.size(); ++i) texts.emplace_back(clean[i]);
    const auto& shape = graph_.inputs()[0].shape;
    const bool each = shape && shape->rank() > 0 && (*shape)[0] == 1;  // a graph for one text
    if (!each || texts.size() < 2) return encoded(graph_, std::move(texts)).tensor();
    std::vector<Tensor> rows;
    for (std::string& text : texts) rows.push_back(encoded(graph_, {std::move(text)}).tensor());
    return concatenate(rows, 0);
  }
  void describe(TextInfo& info) const override { info.encoder = json_of(coded_); }

  static Json json_of(const std::string& coded) {
    return Json::object({{"class_name", kTextGraph}, {"config", Json::object({{"graph", coded}})}});
  }
  static std::shared_ptr<const Encoder> read(const TextInfo& info) {
    const std::string coded = info.encoder.at("config").at("graph").as_string();
    return std::make_shared<TextGraphEncoder>(
        coded, ImportedGraph::restore(lamina::detail::tokenizers::from_base64(coded), {}));
  }

 private:
  std::string coded_;
  ImportedGraph graph_;
};

const bool kTextGraphRegistered = lamina::detail::register_text_encoder(kTextGraph, TextGraphEncoder::read);

// ---- The cut ----

// Keeps what leads to these values, of which `given` needs nothing: nodes, and the constants that they read.
void keep_for(GraphProto& graph, std::set<std::string> wanted, const std::string& given) {
  const std::set<std::string> read = keep_leading_to(graph, std::move(wanted), given);
  google::protobuf::RepeatedPtrField<lamina_onnx_file::TensorProto> constants;
  for (auto& constant : *graph.mutable_initializer()) {
    if (read.contains(constant.name())) constants.Add()->Swap(&constant);
  }
  graph.mutable_initializer()->Swap(&constants);
}

// The values, in order, that all goes through that follows from `input`, as far as nothing else flows into them but
// constants: `others` are the model's other inputs and its weights.
std::vector<std::string> passages(const GraphProto& graph, const std::string& input, const std::set<std::string>& others) {
  std::map<std::string, int> last_read;
  for (int i = 0; i < graph.node_size(); ++i)
    for_each_read(graph.node(i), [&](const std::string& name) { last_read[name] = i; });
  for (const auto& output : graph.output()) last_read[output.name()] = graph.node_size();
  std::vector<std::string> found;
  std::set<std::string> follows{input}, awaited{input}, mixed = others;
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& node = graph.node(i);
    bool of_input = false, of_others = false;
    for_each_read(node, [&](const std::string& name) {
      of_input = of_input || follows.contains(name);
      of_others = of_others || mixed.contains(name);
    });
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      if (of_others) mixed.insert(output);
      if (!of_input) continue;
      follows.insert(output);
      if (last_read.contains(output)) awaited.insert(output);
    }
    if (!of_input) continue;
    for_each_read(node, [&](const std::string& name) {
      if (last_read[name] <= i) awaited.erase(name);
    });
    if (awaited.size() != 1 || *awaited.begin() == input) continue;
    if (mixed.contains(*awaited.begin())) break;  // and so is all that follows
    if (found.empty() || found.back() != *awaited.begin()) found.push_back(*awaited.begin());
  }
  return found;
}

ImportedGraph front_of(const ModelProto& whole, const std::string& input, const std::vector<std::string>& outputs) {
  ModelProto front = whole;
  GraphProto& graph = *front.mutable_graph();
  keep_for(graph, {outputs.begin(), outputs.end()}, "");
  graph.clear_output();
  for (const std::string& output : outputs) graph.add_output()->set_name(output);
  google::protobuf::RepeatedPtrField<lamina_onnx_file::ValueInfoProto> inputs;
  for (const auto& each : graph.input()) {
    if (each.name() == input) *inputs.Add() = each;
  }
  graph.mutable_input()->Swap(&inputs);
  front.clear_metadata_props();
  return ImportedGraph::restore(front.SerializeAsString(), {});
}

// Where numbers begin, and what they look like: tried with texts of different lengths.
struct Passage {
  std::string name;
  ElementType type;
  Shape shape;
};

std::optional<Passage> first_numbers(const ModelProto& model, const Declared& input,
                                     const std::vector<std::string>& passages) {
  if (passages.empty()) return std::nullopt;
  const bool one = input.shape && (*input.shape)[0] == 1;
  const std::vector<std::vector<std::string>> samples =
      one ? std::vector<std::vector<std::string>>{{"a"}, {"a b c"}} : std::vector<std::vector<std::string>>{{"a"}, {"a b c", "d"}};
  const ImportedGraph front = front_of(model, input.name, passages);
  std::vector<std::vector<Value>> tried;
  for (const auto& texts : samples) tried.push_back(front.run({as_input(input, texts)}, {}, no_random));
  for (size_t i = 0; i < passages.size(); ++i) {
    const Value &a = tried[0][i], &b = tried[1][i];
    if (!a.is_tensor() || !b.is_tensor() || a.rank() < 1 || a.rank() != b.rank()) continue;
    Shape shape = a.shape();
    const Shape other = b.shape();
    if (shape[0] != 1 || other[0] != static_cast<int64_t>(samples[1].size())) continue;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (axis == 0 || shape[axis] != other[axis]) shape.set(axis, -1);
    }
    return Passage{passages[i], a.type(), shape};
  }
  return std::nullopt;
}

TextInput take_texts_of(ModelProto& model, const ImportedGraph& graph, const Declared& input) {
  const std::string what = "its input '" + printable(input.name) + "' takes texts";
  if (input.shape && (input.shape->rank() < 1 || input.shape->rank() > 2 || (input.shape->rank() == 2 && (*input.shape)[1] != 1)))
    throw Unsupported(what + " " + input.shape->str() + "; expected one a sample, (None,) or (None, 1)");
  std::set<std::string> others;
  for (const Declared& each : graph.inputs()) {
    if (each.name != input.name) others.insert(each.name);
  }
  for (const GraphWeight& weight : graph.weights()) others.insert(weight.name);
  constexpr size_t kMost = 256;
  std::vector<std::string> ways = passages(model.graph(), input.name, others);
  if (ways.size() > kMost) ways.resize(kMost);
  const std::optional<Passage> passage = first_numbers(model, input, ways);
  if (!passage) throw Unsupported(what + ", and nowhere in its graph do these become one tensor with a row for each");
  const std::string front = front_of(model, input.name, {passage->name}).bytes_without_weights();

  std::set<std::string> wanted;
  for (const auto& output : model.graph().output()) wanted.insert(output.name());
  GraphProto& behind = *model.mutable_graph();
  keep_for(behind, std::move(wanted), passage->name);
  NodeProto& node = *behind.add_node();
  node.set_op_type("Identity");
  node.set_name(passage->name);
  node.add_input(input.name);
  node.add_output(passage->name);
  for (auto& each : *behind.mutable_input()) {
    if (each.name() != input.name) continue;
    auto& type = *each.mutable_type()->mutable_tensor_type();
    type.set_elem_type(static_cast<int>(passage->type));
    type.clear_shape();
    for (const int64_t extent : passage->shape) {
      auto& dim = *type.mutable_shape()->add_dim();
      if (extent >= 0) dim.set_dim_value(extent);
    }
  }
  return {input.name, TextGraphEncoder::json_of(lamina::detail::tokenizers::to_base64(front))};
}

}  // namespace

std::vector<TextInput> take_text_inputs(std::shared_ptr<ImportedGraph>& graph) {
  std::vector<TextInput> taken;
  for (const Declared& input : std::vector<Declared>(graph->inputs())) {
    if (!input.tensor() || input.type != ElementType::kString) continue;
    ModelProto model;
    if (!model.ParseFromString(graph->bytes_without_weights())) throw InternalError("a graph does not read what it wrote");
    taken.push_back(take_texts_of(model, *graph, input));
    std::vector<GraphWeight> weights(graph->weights());
    graph = std::make_shared<ImportedGraph>(ImportedGraph::restore(model.SerializeAsString(), std::move(weights)));
  }
  return taken;
}

}  // namespace lamina::onnx
