// The way back from values to the nodes that they come from.
#include "lamina/formats/onnx/leading_to.h"

#include <algorithm>

#include "lamina/formats/onnx/evaluator.h"
#include <onnx.pb.h>

namespace lamina::onnx {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;

std::vector<bool> leading_to(const GraphProto& graph, std::set<std::string>& wanted, const std::string& given) {
  std::vector<bool> leads(static_cast<size_t>(graph.node_size()), false);
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    const auto& outputs = graph.node(i).output();
    if (std::none_of(outputs.begin(), outputs.end(),
                     [&](const std::string& each) { return each != given && wanted.contains(each); }))
      continue;
    leads[static_cast<size_t>(i)] = true;
    for_each_read(graph.node(i), [&](const std::string& each) { wanted.insert(each); });
  }
  return leads;
}

std::set<std::string> keep_leading_to(GraphProto& graph, std::set<std::string> wanted, const std::string& given) {
  const std::vector<bool> leads = leading_to(graph, wanted, given);
  google::protobuf::RepeatedPtrField<NodeProto> kept;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (leads[static_cast<size_t>(i)]) kept.Add()->Swap(graph.mutable_node(i));
  }
  graph.mutable_node()->Swap(&kept);
  return wanted;
}

}  // namespace lamina::onnx
