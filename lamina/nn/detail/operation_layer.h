// OperationLayer: a public op as a node in a graph of layers, as Keras records operations. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/symbol.h"
#include "lamina/nn/layer.h"

namespace lamina::detail {

/// Holds the arguments of one recorded op. The inputs of its call are the tensors among them, in order.
class OperationLayer final : public LayerOf<OperationLayer> {
 public:
  /// `call.args` as they were given; the tensors in them only say where inputs go. Throws InvalidArgument for
  /// a class that is no operation.
  OperationLayer(OperationCall call, const std::string& name);

  std::string class_name() const override { return call_.class_name; }
  std::string module() const override { return operation_->module; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  DType input_dtype(DType given) const override { return given; }
  Json serialize() const override;

  const OperationCall& recorded() const { return call_; }

 private:
  OperationCall call_;
  const Operation* operation_;
};

/// The tensors among the arguments, in order.
std::vector<Tensor> tensors_of(const OperationCall& call);

}  // namespace lamina::detail
