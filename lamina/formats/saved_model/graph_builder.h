// GraphBuilder: nodes and functions of TensorFlow as nodes that ONNX's evaluator walks. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <onnx.pb.h>
#include <tensorflow.pb.h>

namespace lamina::tensorflow {

/// The functions of a file, and how much may be made of them: functions that call each other twice are a
/// short file and no end of nodes.
struct Library {
  explicit Library(const lamina_tensorflow_file::GraphDef& graph);

  /// Null for a name that is none of them.
  const lamina_tensorflow_file::FunctionDef* find(const std::string& name) const;

  std::map<std::string, const lamina_tensorflow_file::FunctionDef*> functions;
  std::unordered_set<const lamina_tensorflow_file::FunctionDef*> writing, reading;  ///< variables
  int64_t nodes_left = int64_t{1} << 16;  ///< and 64 for each node of the file
  int depth = 0;
};

/// The function that a node calls, in its place: by name, or in an attribute. Null for other nodes. Throws
/// InvalidArgument for a function that is missing.
const lamina_tensorflow_file::FunctionDef* called(const lamina_tensorflow_file::NodeDef& node,
                                                  const Library& library);

/// Makes one graph of the nodes of a file, as far as results need them.
class GraphBuilder {
 public:
  /// What stands for a node that has no operator: a placeholder, a variable. Empty for all others.
  using Outside = std::function<std::string(const lamina_tensorflow_file::NodeDef&)>;

  GraphBuilder(lamina_onnx_file::GraphProto& graph, Library& library, Outside outside)
      : graph_(graph), library_(library), outside_(std::move(outside)) {}

  /// Adds what gives `results` ("node:place") of a file's own nodes; returns the names of these values.
  std::vector<std::string> add_graph(const lamina_tensorflow_file::GraphDef& graph,
                                     const std::vector<std::string>& results);
  /// Adds the nodes of a function, which takes these values; returns the names of what it gives.
  std::vector<std::string> add_function(const lamina_tensorflow_file::FunctionDef& function,
                                        const std::string& prefix, const std::vector<std::string>& arguments);
  /// Adds a node that gives `value` under another name.
  void add_identity(const std::string& value, const std::string& name);

 private:
  class Body;
  template <class Nodes>
  std::vector<std::string> add(const Nodes& nodes, Body& body, const std::vector<std::string>& results);
  void add_node(const lamina_tensorflow_file::NodeDef& node, const Body& body);
  void add_attribute(lamina_onnx_file::NodeProto& node, const std::string& name,
                     const lamina_tensorflow_file::AttrValue& value);

  lamina_onnx_file::GraphProto& graph_;
  Library& library_;
  Outside outside_;
};

}  // namespace lamina::tensorflow
