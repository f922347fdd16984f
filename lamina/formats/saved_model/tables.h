// Hash tables of SavedModels: things beyond values, which initializers fill before anything runs. Internal header.
#pragma once

#include <map>
#include <string>

#include "lamina/formats/onnx/value.h"
#include "lamina/formats/saved_model/graph_builder.h"
#include "lamina/formats/saved_model/read_asset.h"

namespace lamina::tensorflow {

bool is_table(const lamina_tensorflow_file::NodeDef& node);

/// What fills the tables of a graph: its own nodes, and the functions that these call.
class Tables {
 public:
  Tables(const lamina_tensorflow_file::MetaGraphDef& meta, const Library& library, ReadAsset read_asset);

  /// Adds what gives the value `name`, keys and values of that table. Throws Unsupported for a table that nothing fills
  /// with constants: one that is filled while the graph runs, or from a checkpoint.
  void add(const lamina_tensorflow_file::NodeDef& table, const std::string& name,
           lamina_onnx_file::GraphProto& graph) const;

 private:
  struct Contents {
    onnx::Value keys, values;
  };
  using Nodes = std::map<std::string, const lamina_tensorflow_file::NodeDef*>;

  template <class List>
  void look(const List& nodes, const Nodes& arguments, int depth);
  void fill(const lamina_tensorflow_file::NodeDef& filler, const Nodes& known);
  Contents from_file(const lamina_tensorflow_file::NodeDef& table, const lamina_tensorflow_file::NodeDef& filler,
                     const std::string& file) const;

  const Library& library_;
  ReadAsset read_asset_;
  std::map<std::string, std::string> assets_;  // files by the nodes that give where they lie
  std::map<std::string, Contents> filled_;  // by the table's node
};

}  // namespace lamina::tensorflow
