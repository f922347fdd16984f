// Activation functions that other ops make up, with their parameters: one formula for layers, names of
// activations and operations of graphs. Internal header; of tensors that have values or stand for arguments.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina::detail {

Tensor relu6(const Tensor& x);
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
Tensor elu(const Tensor& x, double alpha = 1);
Tensor celu(const Tensor& x, double alpha = 1);
Tensor selu(const Tensor& x);
Tensor gelu(const Tensor& x, bool approximate = false);
Tensor softplus(const Tensor& x);
Tensor softsign(const Tensor& x);
Tensor log_sigmoid(const Tensor& x);
Tensor hard_sigmoid(const Tensor& x);
Tensor hard_tanh(const Tensor& x);
Tensor tanh_shrink(const Tensor& x);
Tensor silu(const Tensor& x);
Tensor hard_silu(const Tensor& x);
Tensor hard_shrink(const Tensor& x, double threshold = 0.5);
Tensor soft_shrink(const Tensor& x, double threshold = 0.5);
Tensor squareplus(const Tensor& x, double b = 4);
Tensor sparse_plus(const Tensor& x);
Tensor sparse_sigmoid(const Tensor& x);

}  // namespace lamina::detail
