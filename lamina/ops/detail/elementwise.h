// What the records of elementwise ops share: type rules, conversion of plain numbers, gradients of
// broadcasts. Internal.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"

namespace lamina::detail {

/// Shape that all inputs broadcast to; fails naming the shapes otherwise.
Shape broadcast_inputs(const InferArgs& args);
/// infer of an op whose output has the inputs' common shape and dtype; fails when the dtypes differ.
std::vector<TensorType> infer_same(const InferArgs& args);
/// infer of an op whose inputs share one dtype and whose output is bool.
std::vector<TensorType> infer_predicate(const InferArgs& args);

/// vjp of an op through which no gradient flows: its derivative is zero wherever it exists.
std::vector<Tensor> no_flow(const VjpArgs& args);

/// `grad` summed over the axes along which a tensor of `shape` was broadcast.
Tensor sum_to(const Tensor& grad, const Shape& shape);

/// x as a dtype that arithmetic knows: bool becomes int32.
Tensor numeric(const Tensor& x);
/// x as a floating dtype: bool and integers become float32.
Tensor floating(const Tensor& x);
/// A number as a scalar tensor that fits `like`: see lamina/ops/binary.h.
Tensor scalar_like(double value, const Tensor& like);

}  // namespace lamina::detail
