// Translating TFLite graphs into nodes that the evaluator of imported graphs runs. Internal header.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <onnx.pb.h>
#include "lamina/formats/onnx/value.h"
#include "lamina/formats/tflite/file.h"
#include "lamina/formats/tflite/tensors.h"

namespace lamina::tflite {

/// The domains of the nodes: builtin operators, and custom ones.
inline constexpr const char* kDomain = "tflite";
inline constexpr const char* kCustomDomain = "tflite.custom";

/// Makes nodes of the operators of one file. Each builtin operator becomes a node of its name, whose
/// attributes are the fields of its options; "out_types", and "in_scales_0", "in_zeros_0", "in_axis_0" (and
/// so on for each input, "out_..." for each output, "mid_..." for each value within) say what TFLite says of
/// tensors.
class Translator {
 public:
  explicit Translator(const File& file) : file_(file), constants_(file) {}

  /// The first graph of the file.
  std::shared_ptr<lamina_onnx_file::ModelProto> translate();
  std::vector<std::pair<std::string, onnx::Value>> take_constants() { return std::move(values_); }

  // For operators that are graphs or things beyond values.
  /// One graph while it is translated.
  struct Graph {
    const fb::SubGraph& tables;
    lamina_onnx_file::GraphProto& nodes;
    std::vector<std::string> names;  ///< of its tensors' values
    std::set<int32_t> settled;  ///< tensors that inputs and operators give, and constants that are taken over
    std::map<int32_t, std::string> handles;  ///< which variable a tensor stands for
    bool branch = false;                     ///< may or may not run, or more than once
  };
  /// The name of the value of a tensor; a constant of the file becomes one of the model.
  std::string value_name(Graph& graph, int32_t tensor);
  /// The nodes of graph `index` into `target`, whose inputs get the values of those names; the names of its
  /// outputs. Throws InvalidArgument for a graph that is not there, that takes another number, or is nested
  /// too deep.
  std::vector<std::string> inline_graph(int64_t index, const std::vector<std::string>& inputs,
                                        lamina_onnx_file::GraphProto& target, bool branch);
  int64_t inputs_of(int64_t index) const;
  std::string fresh_name(const std::string& stem) { return stem + ":" + std::to_string(++fresh_); }

  /// The name of the value that each variable holds at this place of the program.
  std::map<std::string, std::string> variables;

 private:
  void translate_operators(Graph& graph);
  void translate_operator(Graph& graph, const fb::Operator& op);
  const fb::SubGraph& subgraph(int64_t index) const;

  const File& file_;
  Constants constants_;
  std::vector<std::pair<std::string, onnx::Value>> values_;
  int depth_ = 0;
  int64_t fresh_ = 0;
  int64_t nodes_ = 0;
};

/// How an operator becomes nodes, where it does not become one of its name.
using Translation = void (*)(Translator& translator, Translator::Graph& graph, const fb::Operator& op);
/// Adds one, before main.
bool register_translation(const char* name, Translation translation);

/// The fields of an operator's options as attributes of `node`.
void write_options(const fb::Operator& op, lamina_onnx_file::NodeProto& node);
/// Those of a custom operator: a map, or any bytes as attribute "bytes".
void write_custom_options(std::string_view bytes, lamina_onnx_file::NodeProto& node);
/// Adds an attribute.
void write_attribute(lamina_onnx_file::NodeProto& node, const std::string& name,
                     const std::vector<int64_t>& values);
void write_attribute(lamina_onnx_file::NodeProto& node, const std::string& name,
                     const std::vector<float>& values);

}  // namespace lamina::tflite
