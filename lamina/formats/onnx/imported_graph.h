// ImportedGraph: an ONNX model as a function of its inputs and weights. Internal header.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lamina/formats/detail/byte_source.h"
#include "lamina/formats/onnx/output_meaning.h"
#include "lamina/formats/onnx/value.h"

namespace lamina_onnx_file {
class ModelProto;
}  // namespace lamina_onnx_file

namespace lamina::onnx {

class Definitions;

/// A key and the number of a use, for operators that draw random numbers.
using Random = std::function<std::pair<Tensor, int>()>;

/// An input or output as the file declares it.
struct Declared {
  std::string name;
  ElementType type = ElementType::kUndefined;
  /// Extents, -1 for open ones; nothing where the file says none, and for what is no tensor.
  std::optional<Shape> shape;
  enum class Kind { kTensor, kSequence, kOptional, kOther } kind = Kind::kTensor;
  bool tensor() const { return kind == Kind::kTensor; }
  bool texts() const { return tensor() && type == ElementType::kString; }
  /// As a model has it: texts are tensors of bytes (lamina/formats/text_tensors.h), with one axis more.
  std::optional<Shape> tensor_shape() const;
  DType dtype() const;
};

/// A value in a file of its own, as the tests of ONNX keep inputs and outputs of their models. Throws FileError, which
/// calls the bytes `name`.
Value parse_value(std::string_view bytes, Declared::Kind kind, const std::string& name);

/// A constant of the file that a layer makes a weight of.
struct GraphWeight {
  std::string name;
  TensorType type;        ///< as the weight lies
  bool trainable = true;
  Order order = {};       ///< of the axes that it lies in, where no run has to move it; none: the file's
  Tensor value = {};  ///< as the file had it; undefined where somebody else keeps it
};

/// Parsed, checked, and freed of all that constants decide: nodes whose inputs are constants are computed when the file
/// is read.
class ImportedGraph {
 public:
  /// `name`: what to call the bytes in messages. `folder`: where external data lie, or "" for nowhere. Throws FileError
  /// for bytes that are no ONNX file, for graphs that are cyclic or lack a value, and for operators that are not known
  /// (all in one message, with the names of their nodes).
  static ImportedGraph parse(const lamina::detail::ByteSource& bytes, const std::string& name, const std::string& folder);
  static ImportedGraph parse(std::string_view bytes, const std::string& name, const std::string& folder) {
    return parse(lamina::detail::ByteSource(bytes), name, folder);
  }

  /// A graph that was made of a file of another format: the operators of `model`, which has no initializers, and the
  /// constants that they read by name.
  static ImportedGraph translated(std::shared_ptr<lamina_onnx_file::ModelProto> model,
                                  std::vector<std::pair<std::string, Value>> constants);

  /// The same of bytes_without_weights(), whose weights are these.
  static ImportedGraph restore(std::string_view bytes, std::vector<GraphWeight> weights);

  /// Whether it was written as ONNX, and not made of a file of another format.
  bool of_onnx() const { return of_onnx_; }
  const std::vector<Declared>& inputs() const { return inputs_; }
  const std::vector<Declared>& outputs() const { return outputs_; }
  const std::vector<GraphWeight>& weights() const { return weights_; }
  /// What the numbers of an output are.
  OutputMeaning meaning(size_t output) const;
  /// What the file says of itself under that key; "" where it says nothing.
  std::string metadata(const std::string& key) const;
  /// Lets go of the values of the weights, which are somewhere else now.
  void forget_weights();

  /// Leaves out what lies behind one value, which becomes the only output, and all that only leads there.
  /// @param name  a value, or a node, whose first output it is; empty: the features that the last operator weighs
  ///              (Operator's parameters.weighs) on the way to the first output.
  /// Returns the value's name. Throws InvalidArgument, suggesting the nearest, for an unknown name, for one that no input
  /// leads to, and where nothing is weighed.
  std::string cut(const std::string& name);
  /// Says that the first input takes any number of samples where the file says one. Whether the graph computes the same
  /// then has to be tried. Returns whether anything changed.
  bool open_batch();
  /// Whether the first to compute with the first input brings it to a scale: arithmetic with a constant, or batch
  /// normalization.
  bool scales_input() const;
  /// What the file says of itself: "Image.BitmapPixelFormat", "Bgr8"; https://onnx.ai/onnx/repo-docs/MetadataProps.html
  std::vector<std::pair<std::string, std::string>> metadata() const;

  /// The file again, without the values of the weights.
  std::string bytes_without_weights() const;

  /// The outputs for these inputs and weights, in their orders.
  /// @param most  how many nodes and turns of loops may be computed; beyond that it throws InvalidArgument.
  std::vector<Value> run(const std::vector<Value>& inputs, const std::vector<Tensor>& weights,
                         const Random& random, int64_t most = int64_t{1} << 32) const;

 private:
  ImportedGraph() = default;
  void read(const lamina::detail::ByteSource& bytes);
  void prepare(const std::string& folder);
  void require_known_operators() const;
  void fold_constants();
  void choose_weights();

  std::shared_ptr<lamina_onnx_file::ModelProto> model_;
  std::shared_ptr<Definitions> definitions_;
  bool of_onnx_ = true;
  std::vector<Declared> inputs_, outputs_;
  std::unordered_map<std::string, Value> constants_;
  std::vector<GraphWeight> weights_;
};

}  // namespace lamina::onnx
