// Evaluator: walks the nodes of an ONNX graph and computes each with its operator. Internal header.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/onnx/tensor_data.h"
#include <onnx.pb.h>

namespace lamina::onnx {

/// What all graphs of a model share: versions of operator sets, functions, and the constants inside of subgraphs.
class Definitions {
 public:
  using Opsets = std::map<std::string, int, std::less<>>;

  /// Reads the initializers of every subgraph of `model`, which loses them; those of the model's own graph stay.
  /// Throws InvalidArgument for operator sets that are not known, all in one message.
  Definitions(lamina_onnx_file::ModelProto& model, ExternalData external);

  const Opsets& opsets() const { return opsets_; }
  const Opsets& opsets_of(const lamina_onnx_file::FunctionProto& function) const;
  const ExternalData& external() const { return external_; }
  const lamina_onnx_file::FunctionProto* function(const lamina_onnx_file::NodeProto& node) const;
  const std::vector<std::pair<std::string, Value>>& initializers(const lamina_onnx_file::GraphProto& graph) const;

 private:
  void take_initializers(lamina_onnx_file::NodeProto& node);

  Opsets opsets_;
  ExternalData external_;
  std::map<std::string, const lamina_onnx_file::FunctionProto*, std::less<>> functions_;
  std::map<const lamina_onnx_file::FunctionProto*, Opsets> function_opsets_;
  std::map<const lamina_onnx_file::GraphProto*, std::vector<std::pair<std::string, Value>>> initializers_;
};

/// The versions that a list imports. Throws InvalidArgument for those of the future and for domains that are not
/// known and not in `own`.
Definitions::Opsets read_opsets(
    const google::protobuf::RepeatedPtrField<lamina_onnx_file::OperatorSetIdProto>& imports,
    const std::vector<std::string>& own);

/// The operator of a node in the versions that `opsets` says, or null.
const Operator* find_operator(const lamina_onnx_file::NodeProto& node, const Definitions::Opsets& opsets);
/// The version of its operator set by which a node goes; 1 where none is imported.
int opset_of(const lamina_onnx_file::NodeProto& node, const Definitions::Opsets& opsets);

using Values = std::unordered_map<std::string, Value>;

class Evaluator {
 public:
  /// @param most  how many nodes may be computed, each as often as loops and functions come to it: functions that call
  ///              each other twice are a short file and no end of work.
  Evaluator(const Definitions& definitions, Random random, int64_t most = int64_t{1} << 32)
      : definitions_(definitions), random_(std::move(random)), opsets_(&definitions.opsets()), left_(most) {}

  /// The outputs of `graph`, whose inputs and initializers `values` holds by name. Throws InvalidArgument, naming the
  /// node, for what cannot be computed, and NeedsValues where a trace does not suffice.
  std::vector<Value> run(const lamina_onnx_file::GraphProto& graph, Values values);
  /// The outputs of one node.
  std::vector<Value> run_node(const lamina_onnx_file::NodeProto& node, const Values& values);

  // For calls of operators.
  std::vector<Value> run_inside(const lamina_onnx_file::GraphProto& graph, const std::vector<Value>& inputs);
  std::pair<Tensor, int> random() { return random_(); }
  const ExternalData& external() const { return definitions_.external(); }

 private:
  struct Scope {
    Values values;
    const Scope* outer = nullptr;
  };
  class Entered;

  void run_nodes(const google::protobuf::RepeatedPtrField<lamina_onnx_file::NodeProto>& nodes, Scope& scope,
                 const std::function<bool(const std::string&)>& keeps);
  std::vector<Value> apply(const lamina_onnx_file::NodeProto& node, const Scope& scope);
  std::vector<Value> call_function(const lamina_onnx_file::FunctionProto& function,
                                   const lamina_onnx_file::NodeProto& node, const std::vector<Value>& inputs);
  static Value find(const std::string& name, const Scope& scope);
  void count();

  const Definitions& definitions_;
  const Random random_;
  const Definitions::Opsets* opsets_;
  const Scope* scope_ = nullptr;  // of the node that is computed
  int depth_ = 0;
  int64_t left_;  // nodes that may be computed still
};

/// The names that a node reads, those inside of its subgraphs included.
void for_each_read(const lamina_onnx_file::NodeProto& node, const std::function<void(const std::string&)>& look);

}  // namespace lamina::onnx
