// Writing: one application of an op, for the writer that turns it into ONNX nodes. Internal header.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/onnx/export/extent.h"
#include "lamina/formats/onnx/export/writers.h"
#include "lamina/graph/graph.h"

namespace lamina::onnx {

class GraphWriter;

/// One application of an op in all traces, which its writer turns into nodes. Where the traces differ, the writer has
/// to ask for what differs: attrs() and fixed extents are refused then.
class Writing {
 public:
  Writing(GraphWriter& graph, std::span<const Node* const> nodes, std::vector<WrittenPtr> inputs,
          std::vector<WrittenPtr> outputs, std::vector<bool> used);

  int opset() const;
  const std::string& op() const { return nodes_[0]->op->name; }

  // ---- Attributes ----
  size_t traces() const { return nodes_.size(); }
  template <class A>
  const A& attrs(size_t trace) const {
    return nodes_[trace]->attrs.as<A>();
  }
  /// Those of all traces. Throws Unsupported where they differ.
  template <class A>
  const A& attrs() const {
    require_same_attributes();
    return attrs<A>(0);
  }
  const Attrs& raw_attrs(size_t trace) const { return nodes_[trace]->attrs; }
  /// An integer of the attributes in each trace: `f(attrs)`.
  template <class A, class F>
  Extent extent_of(F&& f) const {
    Extent extent;
    for (size_t i = 0; i < traces(); ++i) extent.values.push_back(f(attrs<A>(i)));
    return extent;
  }

  // ---- Inputs ----
  size_t size() const { return inputs_.size(); }
  /// bfloat16 counts as float32, which it is written as.
  DType dtype(size_t i) const { return written(inputs_.at(i)->dtype); }
  int rank(size_t i) const { return inputs_.at(i)->rank(); }
  Extent extent(size_t i, int axis) const { return inputs_.at(i)->extent(axis); }
  std::vector<Extent> extents(size_t i) const;
  /// Of one that is the same in all traces; throws Unsupported for others, with `what` it is.
  int64_t fixed(size_t i, int axis, const char* what) const;
  /// Whether it stands for an argument that is left out: empty, of one axis.
  bool absent(size_t i) const;
  /// The elements, or an undefined tensor where only a run knows them.
  const Tensor& constant(size_t i) const { return inputs_.at(i)->constant; }
  /// Its name, in Lamina's order of axes.
  const std::string& in(size_t i);
  /// Its name as (batch, channels, ...).
  const std::string& channels_first(size_t i);
  /// Its name with axis order[i] in place i: of a constant, one that lies so in the file.
  std::string in_order(size_t i, const std::vector<int>& order);
  /// Whether it lies as (batch, channels, ...) and in no other order.
  bool lies_channels_first(size_t i) const { return inputs_.at(i)->lies_channels_first(); }

  /// The value itself, and its shape in a trace.
  const WrittenPtr& input(size_t i) const { return inputs_.at(i); }
  const Shape& shape(size_t i, size_t trace) const { return inputs_.at(i)->shapes.at(trace); }

  // ---- Outputs ----
  size_t outputs() const { return outputs_.size(); }
  bool used(size_t i) const { return used_.at(i); }
  DType out_dtype(size_t i) const { return written(outputs_.at(i)->dtype); }
  int out_rank(size_t i) const { return outputs_.at(i)->rank(); }
  Extent out_extent(size_t i, int axis) const { return outputs_.at(i)->extent(axis); }
  std::vector<Extent> out_extents(size_t i) const;
  /// Says under which name the output is written.
  void out(size_t i, const std::string& name);
  void out_channels_first(size_t i, const std::string& name);
  /// The output is input `input`, unchanged.
  void out_same(size_t i, size_t input);

  // ---- Nodes ----
  Builder& builder();
  std::string node(const std::string& type, const Names& inputs, const Attributes& attributes = {}) {
    return builder().node(type, inputs, attributes);
  }
  std::string integers(const std::vector<int64_t>& values) { return builder().integers(values); }
  std::string number(double value, DType dtype) { return builder().number(value, dtype); }
  std::string cast(const std::string& x, DType dtype) { return builder().cast(x, dtype); }
  Extents& extents();
  /// The type in which ONNX's run times compute: int32 for narrower integers, as they wrap around the same.
  static DType wide(DType dtype);
  /// `x` of `from` as `to`, where these differ.
  std::string as(const std::string& x, DType from, DType to) { return from == to ? x : cast(x, to); }
  /// Reductions, Squeeze and Unsqueeze: axes are attributes in old operator sets, inputs in new ones.
  std::string over_axes(const std::string& type, const std::string& x, const std::vector<int64_t>& axes, int since,
                        Attributes attributes = {});

  // ---- Graphs inside ----
  /// Writes the op's body in its place.
  void body();
  /// The graphs of an attribute, `f(attrs)`, in all traces.
  template <class A, class F>
  std::vector<const Graph*> graphs_of(F&& f) const {
    std::vector<const Graph*> graphs;
    for (size_t i = 0; i < traces(); ++i) graphs.push_back(&f(attrs<A>(i)));
    return graphs;
  }
  /// What an input becomes inside: the same value, seen from there.
  WrittenPtr seen_inside(size_t i) const;
  /// Writes such graphs in `inner`, which is inside of the graph of this op or that itself, with these values for their
  /// inputs. The outputs are those that `wanted` names, or all that the graphs have.
  std::vector<WrittenPtr> inside(Builder& inner, const std::vector<const Graph*>& graphs,
                                 const std::vector<WrittenPtr>& inputs, const std::vector<ValueId>& wanted = {});
  /// Declares an input of a graph inside, and an output that is `name`.
  static WrittenPtr inner_input(Builder& inner, const Written& like, const std::string& wish);
  static void inner_output(Builder& inner, const Written& value);
  /// A value of the type that input `input` of graphs has in them.
  static WrittenPtr value_like(const std::vector<const Graph*>& graphs, ValueId value, const std::string& name);

  [[noreturn]] void refuse(const std::string& why) const { throw Unsupported(why); }

 private:
  static DType written(DType dtype) { return dtype == DType::kBFloat16 ? DType::kFloat32 : dtype; }
  void require_same_attributes() const;

  GraphWriter& graph_;
  const std::span<const Node* const> nodes_;
  const std::vector<WrittenPtr> inputs_, outputs_;
  const std::vector<bool> used_;
};

}  // namespace lamina::onnx
