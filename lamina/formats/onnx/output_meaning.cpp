// From an output backwards to what gives its numbers their meaning.
#include "lamina/formats/onnx/output_meaning.h"

#include <algorithm>
#include <map>

#include "lamina/formats/onnx/imported_graph.h"
#include <onnx.pb.h>

namespace lamina::onnx {
namespace {

using lamina_onnx_file::NodeProto;

std::map<std::pair<std::string, std::string>, std::string>& meanings() {
  static std::map<std::pair<std::string, std::string>, std::string> all;
  return all;
}

}  // namespace

bool register_meaning(const char* domain, const char* op, const char* activation) {
  return meanings().emplace(std::pair(domain, op), activation).second;
}

const std::string* find_meaning(const std::string& domain, const std::string& op) {
  const auto found = meanings().find({domain, op});
  return found == meanings().end() ? nullptr : &found->second;
}

OutputMeaning ImportedGraph::meaning(size_t output) const {
  OutputMeaning result;
  if (output >= outputs_.size()) return result;
  std::string value = outputs_[output].name;
  bool first = true;
  const auto& nodes = model_->graph().node();  // every node stands behind those that it reads
  for (int i = nodes.size() - 1; i >= 0; --i) {
    const NodeProto& node = nodes[i];
    const auto at = std::find(node.output().begin(), node.output().end(), value);
    if (at == node.output().end()) continue;
    // TFLite says of each value what its integers stand for.
    const std::string place = std::to_string(at - node.output().begin());
    for (const auto& attribute : node.attribute()) {
      if (!first) break;
      if (attribute.name() == "out_scales_" + place && attribute.floats_size() == 1) result.scale = attribute.floats(0);
      if (attribute.name() == "out_zeros_" + place && attribute.ints_size() == 1) result.zero = attribute.ints(0);
    }
    first = false;
    const std::string* const said = find_meaning(node.domain(), node.op_type());
    if (!said || !said->empty()) {
      if (said) result.activation = *said;
      break;
    }
    if (node.input_size() == 0) break;
    value = node.input(0);
  }
  return result;
}

}  // namespace lamina::onnx
