// GraphWriter: walks the traces of a graph in step and lets writers turn each op into nodes. Internal header.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lamina/formats/onnx/export/writer.h"

namespace lamina::onnx {

/// What all graphs of one file share: what cannot be written, each once.
struct Refusals {
  std::vector<std::string> lines;
  std::set<std::string> seen;
  void add(const std::string& line) {
    if (seen.insert(line).second) lines.push_back(line);
  }
};

class GraphWriter {
 public:
  GraphWriter(Builder& builder, Extents& extents, Refusals& refusals)
      : builder_(builder), extents_(extents), refusals_(refusals) {}

  /// The outputs of the graph that is `graphs[i]` in trace i, for those inputs. `places` says for each node what it is
  /// a part of, or is empty. What cannot be written goes to the refusals, and names are then of no use.
  std::vector<WrittenPtr> write(const std::vector<const Graph*>& graphs, const std::vector<WrittenPtr>& inputs,
                                const std::vector<ValueId>& outputs, const std::vector<std::string>& places = {});

  /// One node by the body of its op.
  void write_body(std::span<const Node* const> nodes, const std::vector<WrittenPtr>& inputs,
                  const std::vector<WrittenPtr>& outputs);

  Builder& builder() { return builder_; }
  Extents& extents() { return extents_; }
  Refusals& refusals() { return refusals_; }

 private:
  void write_node(std::span<const Node* const> nodes, const std::vector<WrittenPtr>& inputs,
                  const std::vector<WrittenPtr>& outputs, const std::vector<bool>& used);

  Builder& builder_;
  Extents& extents_;
  Refusals& refusals_;
};

/// A constant tensor as a value, under that name.
WrittenPtr written_constant(const Tensor& tensor, const std::string& name, size_t traces);

/// What traces captured at the same place, as one constant. Throws Unsupported where they differ.
WrittenPtr written_capture(const std::vector<Tensor>& captured, const std::string& name);

}  // namespace lamina::onnx
