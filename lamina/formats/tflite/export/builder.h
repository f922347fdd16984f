// Builder: tensors and operators of a TFLite graph while it is written. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/formats/detail/pieces.h"
#include "lamina/formats/tflite/file.h"

namespace lamina::tflite {

/// Makes the table of an operator's options, with the number of its fused activation.
using MakeOptions =
    std::function<flatbuffers::Offset<void>(flatbuffers::FlatBufferBuilder&, int8_t activation)>;

/// Options of one operator: which table of the union, and how it is made.
struct WrittenOptions {
  fb::Options kind = fb::Options_NONE;
  MakeOptions make = {};
};

class Builder {
 public:
  struct TensorEntry {
    std::string name;
    DType dtype;
    Shape shape;
    Tensor constant = {};  ///< undefined for what operators and inputs give
    std::vector<float> scales =
        {};  ///< of integers that stand for reals: one, or one for each place of `axis`
    int64_t zero = 0;
    int axis = 0;
    std::vector<int> open = {};  ///< axes of an input whose extents interpreters may change
    /// Of a large constant that is another one in another order or type: that one, and how it becomes this. `constant`
    /// waits then; what is written is made of `source` when its turn comes, and let go.
    Tensor source = {};
    std::function<Tensor(const Tensor&)> arrange = {};
    std::string arrangement = {};  ///< equal where `arrange` does the same
  };
  struct OperatorEntry {
    fb::BuiltinOperator code;
    std::vector<int32_t> inputs, outputs;
    WrittenOptions options;
    int8_t activation = 0;
  };

  /// Adds a tensor; its number. A name that is taken gets a number behind.
  int32_t add(const std::string& name, DType dtype, const Shape& shape);
  int32_t constant(const Tensor& value, const std::string& name);
  /// A constant made of constant `id`; `how` says the same as `arrange`.
  int32_t arranged(int32_t id, const std::string& how, std::function<Tensor(const Tensor&)> arrange);
  /// A list of int32, made once for all who want it.
  int32_t integers(const std::vector<int64_t>& values);
  /// A number without axes.
  int32_t number(double value, DType dtype);

  /// Adds an operator with one output of that type; the number of what it gives.
  int32_t op(fb::BuiltinOperator code, const std::vector<int32_t>& inputs, DType dtype, const Shape& shape,
             WrittenOptions options = {});
  /// The same with several.
  std::vector<int32_t> ops(fb::BuiltinOperator code, const std::vector<int32_t>& inputs,
                           const std::vector<TensorType>& outputs, WrittenOptions options = {});

  int32_t size() const { return static_cast<int32_t>(tensors_.size()); }
  TensorEntry& tensor(int32_t i) { return tensors_.at(static_cast<size_t>(i)); }
  const TensorEntry& tensor(int32_t i) const { return tensors_.at(static_cast<size_t>(i)); }
  std::vector<OperatorEntry>& operators() { return operators_; }
  const std::vector<OperatorEntry>& operators() const { return operators_; }
  /// What the operators that follow are a part of: "sequential/dense". Opens the names of what they give.
  void set_place(const std::string& place) { place_ = place; }

  /// Operators that only add a bias, or clip to RELU's and RELU6's ranges, become part of the product before
  /// them.
  void fuse(const std::vector<int32_t>& outputs);
  /// The file, without copies of its constants. Throws InvalidArgument for what takes 2 GB or more.
  /// @param metadata  what the file says of itself: names and texts
  lamina::detail::Pieces finish(const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs,
                                const std::map<std::string, std::string>& metadata = {});

 private:
  void fuse_biases(const std::vector<int32_t>& outputs);
  void fuse_activations(const std::vector<int32_t>& outputs);
  /// For each tensor how often it is read, and the place of its operator.
  struct Uses {
    std::map<int32_t, size_t> maker;
    std::map<int32_t, int> readers;
  };
  Uses uses(const std::vector<int32_t>& outputs) const;
  void drop(const std::vector<bool>& gone);

  std::vector<TensorEntry> tensors_;
  std::vector<OperatorEntry> operators_;
  std::map<std::string, int> taken_;
  std::map<std::string, int32_t> small_;
  std::string place_;
};

/// The format's number of a dtype. Throws Unsupported for one that it lacks.
int8_t written_type(DType dtype);

}  // namespace lamina::tflite
