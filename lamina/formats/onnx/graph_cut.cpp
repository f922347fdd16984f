// Taking an imported graph apart: its features without its head, and what its input is taken for.
#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/evaluator.h"
#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/formats/onnx/leading_to.h"
#include <onnx.pb.h>

namespace lamina::onnx {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;

// The value that a node weighs by a matrix or kernel of the file; "" for other nodes.
std::string weighed_by(const NodeProto& node, const Definitions& definitions, const std::vector<GraphWeight>& weights) {
  const Operator* const op = definitions.function(node) ? nullptr : find_operator(node, definitions.opsets());
  if (!op || !op->parameters.weighs) return "";
  const auto weight = [&](const std::string& name) {
    return std::any_of(weights.begin(), weights.end(), [&](const GraphWeight& each) {
      return each.name == name && each.trainable && each.type.shape.rank() >= 2;
    });
  };
  if (node.input_size() < 2 || weight(node.input(0)) || !weight(node.input(1))) return "";
  return node.input(0);
}

std::string features_of(const GraphProto& graph, const Definitions& definitions,
                        const std::vector<GraphWeight>& weights) {
  if (graph.output_size() == 0) throw InvalidArgument("its graph has no output");
  std::set<std::string> wanted{graph.output(0).name()};
  const std::vector<bool> leads = leading_to(graph, wanted);
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    if (!leads[static_cast<size_t>(i)]) continue;
    const std::string weighed = weighed_by(graph.node(i), definitions, weights);
    if (!weighed.empty()) return weighed;
  }
  throw InvalidArgument(
      "no product or convolution on the way to its output has weights that are trained, so that nobody can say where its "
      "head begins: name the value that is to be the features");
}

std::string value_called(const GraphProto& graph, const std::string& name) {
  std::vector<std::string> known;
  for (const NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) {
      if (output == name) return output;
      if (!output.empty()) known.push_back(output);
    }
  }
  for (const NodeProto& node : graph.node()) {
    if (node.name() == name && node.output_size() > 0 && !node.output(0).empty()) return node.output(0);
    if (!node.name().empty()) known.push_back(node.name());
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::vector<std::string> shown;
  for (const std::string& each : known) shown.push_back(printable(each));
  throw InvalidArgument("it computes no value and has no node '" + printable(name) + "'" + suggest(printable(name), shown));
}

}  // namespace

std::string ImportedGraph::cut(const std::string& name) {
  GraphProto& graph = *model_->mutable_graph();
  const std::string chosen = name.empty() ? features_of(graph, *definitions_, weights_) : value_called(graph, name);
  const std::set<std::string> read = keep_leading_to(graph, {chosen});
  if (std::none_of(inputs_.begin(), inputs_.end(), [&](const Declared& input) { return read.contains(input.name); }))
    throw InvalidArgument("no input leads to '" + printable(chosen) + "': it gives no features");
  if (graph.node_size() == 0)
    throw InvalidArgument("'" + printable(chosen) + "' is its input: there are no features before it");
  graph.clear_output();
  graph.add_output()->set_name(chosen);
  outputs_ = {{chosen, ElementType::kUndefined, std::nullopt}};
  std::erase_if(weights_, [&](const GraphWeight& weight) { return !read.contains(weight.name); });
  std::erase_if(constants_, [&](const auto& constant) { return !read.contains(constant.first); });
  return chosen;
}

bool ImportedGraph::open_batch() {
  if (inputs_.empty() || !inputs_[0].shape || inputs_[0].shape->rank() == 0 || (*inputs_[0].shape)[0] != 1) return false;
  inputs_[0].shape->set(0, -1);
  for (auto& input : *model_->mutable_graph()->mutable_input()) {
    if (input.name() == inputs_[0].name)
      input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param("batch");
  }
  return true;
}

bool ImportedGraph::scales_input() const {
  if (inputs_.empty()) return false;
  static const std::set<std::string, std::less<>> kMoves{"Cast", "Identity", "Transpose"},
      kScales{"Add", "BatchNormalization", "Div", "Mul", "Sub"};
  std::set<std::string> moved{inputs_[0].name};
  for (const NodeProto& node : model_->graph().node()) {
    if (node.input_size() == 0 || !moved.contains(node.input(0))) continue;
    if (kScales.contains(node.op_type())) return node.input_size() > 1 && !moved.contains(node.input(1));
    if (!kMoves.contains(node.op_type())) return false;
    moved.insert(node.output().begin(), node.output().end());
  }
  return false;
}

std::vector<std::pair<std::string, std::string>> ImportedGraph::metadata() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& entry : model_->metadata_props()) all.emplace_back(entry.key(), entry.value());
  return all;
}

}  // namespace lamina::onnx
