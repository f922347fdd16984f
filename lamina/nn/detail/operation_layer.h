// OperationLayer: a public op as a node in a graph of layers, as Keras records operations. Internal header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/nn/layer.h"

namespace lamina::detail {

/// Holds the arguments of one recorded op. The inputs of its call are the symbolic tensors among them, in
/// order; tensors with a value stay with it.
class OperationLayer final : public LayerOf<OperationLayer> {
 public:
  /// `call.args` as they were given; the symbolic tensors in them only say where inputs go. Throws
  /// InvalidArgument for a class that is no operation.
  OperationLayer(OperationCall call, const std::string& name);

  std::string class_name() const override { return call_.class_name; }
  std::string module() const override { return operation_->module; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return given; }
  bool checks_by_running() const override { return true; }
  Json serialize() const override;

  /// In its arguments tensors with a value are JSON, as Keras writes them, or stay in their list, where
  /// undefined ones say where inputs go.
  const OperationCall& recorded() const { return call_; }

 private:
  /// For as many samples as one of the constants has, where the op fits no other number.
  std::optional<TensorSpecs> specs_for_constants(const TensorSpecs& inputs) const;

  OperationCall call_;
  std::vector<Tensor> constants_;  // for each argument; undefined for all but tensors with a value
  const Operation* operation_;
};

/// The symbolic tensors among the arguments, in order.
std::vector<Tensor> tensors_of(const OperationCall& call);

}  // namespace lamina::detail
