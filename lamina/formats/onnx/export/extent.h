// Extents: integers of a graph that follow from the open axes of its inputs, and how ONNX computes them. Internal header.
//
// A model is traced several times, each time with other extents for its open axes. What comes out the same is a
// constant; what does not must be found again in the extents of values, or as a sum or product of these, in every
// trace. So no extent of a trace gets into a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/formats/onnx/export/builder.h"
#include "lamina/graph/op.h"

namespace lamina::onnx {

/// An integer in each of the traces.
struct Extent {
  std::vector<int64_t> values;

  bool fixed() const;
  /// Of a fixed one.
  int64_t value() const { return values.at(0); }
  /// "7", or "23, 24, 26 and 29".
  std::string str() const;
  bool operator==(const Extent&) const = default;
};

/// A value of a graph that is written. Images may lie with their channels behind the batch, as ONNX's operators want
/// them; either form is made of the other one where somebody asks for it.
struct Written {
  DType dtype = DType::kFloat32;
  std::vector<Shape> shapes;   ///< in each trace, in Lamina's order of axes
  std::string plain;           ///< its name in that order; "" where it does not lie so
  std::string channels_first;  ///< its name as (batch, channels, ...); "" likewise
  Tensor constant = {};        ///< what it holds, where that is known when the file is written:
  std::string wish = {};       ///< then nobody names it before it is asked for, in this order or that
  struct Made;
  std::shared_ptr<const Made> made = {};  ///< by which op, for writers that know something better than its result

  int rank() const { return shapes.at(0).rank(); }
  /// Whether it lies as (batch, channels, ...) and in no other order.
  bool lies_channels_first() const { return plain.empty() && !constant.defined(); }
  Extent extent(int axis) const;
};
using WrittenPtr = std::shared_ptr<Written>;
struct Written::Made {
  const Op* op;
  Attrs attrs;
  std::vector<WrittenPtr> inputs;
};

/// Names in either order; a Transpose is added where it does not lie so yet. Channels first is for two axes and more.
const std::string& plain_name(Builder& builder, Written& value);
const std::string& channels_first_name(Builder& builder, Written& value);
/// The constant that `value` holds, with its axes in that order.
std::string constant_in_order(Builder& builder, const Written& value, const std::vector<int>& order);
/// The place of axis `axis` of `rank` in (batch, channels, ...).
int channels_first_axis(int axis, int rank);

/// The extents that a graph can ask values for.
class Extents {
 public:
  Extents(Builder& builder, const Extents* outer) : builder_(builder), outer_(outer) {}

  /// From here on the extents of `value` may be used.
  void add(const WrittenPtr& value);
  /// The name of the extent as int64 (1,). Throws Unsupported where nothing gives it.
  std::string list(const Extent& extent);
  /// The same without axes.
  std::string scalar(const Extent& extent);
  /// Several as int64 (n,).
  std::string list(const std::vector<Extent>& extents);

 private:
  struct Known {
    Extent extent;
    std::weak_ptr<Written> value;
    int axis = 0;
    std::string name;  // "" until somebody asks
  };
  std::string find(const Extent& extent);
  std::string name_of(const Known& known);
  std::vector<const Known*> all() const;

  Builder& builder_;
  const Extents* outer_;
  std::vector<Known> known_;
  std::vector<std::pair<Extent, std::string>> made_;
};

}  // namespace lamina::onnx
