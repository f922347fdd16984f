// Activation functions, element by element, and what belongs to them. As keras.ops.
//
// Common to all: the result has the shape of `x`; bool and integers become float32 first. Where a formula has
// a kink, the gradient is TensorFlow's. relu, sigmoid and tanh stand in lamina/ops/unary.h, softmax in
// lamina/ops/softmax.h. Layers take them by name: lamina/nn/activations/activation.h.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// min(max(x, 0), 6).
Tensor relu6(const Tensor& x);
/// x where it is above 0, else negative_slope x.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
/// x where it is above 0, else alpha (exp(x) - 1). Clevert, Unterthiner and Hochreiter, 2015.
Tensor elu(const Tensor& x, double alpha = 1.0);
/// max(x, 0) + min(0, alpha (exp(x / alpha) - 1)). Barron, 2017.
Tensor celu(const Tensor& x, double alpha = 1.0);
/// elu, scaled such that mean 0 and variance 1 stay. Klambauer et al., 2017.
Tensor selu(const Tensor& x);
/// x times the normal distribution's function at x. Hendrycks and Gimpel, 2016.
/// @param approximate  whether by tanh, as keras.ops.gelu does unless it is told not to; layers do not.
Tensor gelu(const Tensor& x, bool approximate = true);
/// x sigmoid(x), also called swish.
Tensor silu(const Tensor& x);
/// log(1 + exp(x)), without overflow.
Tensor softplus(const Tensor& x);
/// x / (1 + |x|).
Tensor softsign(const Tensor& x);
/// log(sigmoid(x)), without overflow.
Tensor log_sigmoid(const Tensor& x);
/// relu6(x + 3) / 6.
Tensor hard_sigmoid(const Tensor& x);
/// x between -1 and 1, and these beyond.
Tensor hard_tanh(const Tensor& x);
/// x - tanh(x).
Tensor tanh_shrink(const Tensor& x);
/// x hard_sigmoid(x), also called hard_swish.
Tensor hard_silu(const Tensor& x);
/// x where |x| is above the threshold, else 0.
Tensor hard_shrink(const Tensor& x, double threshold = 0.5);
/// x less what lies between -threshold and threshold. Throws InvalidArgument for a negative threshold.
Tensor soft_shrink(const Tensor& x, double threshold = 0.5);
/// (x + sqrt(x^2 + b)) / 2.
Tensor squareplus(const Tensor& x, double b = 4);
/// 0 up to -1, (x + 1)^2 / 4 up to 1, x from there on. Martins and Astudillo, 2016, for two classes.
Tensor sparse_plus(const Tensor& x);
/// 0 up to -1, (x + 1) / 2 up to 1, 1 from there on.
Tensor sparse_sigmoid(const Tensor& x);
/// Like softmax along `axis`, but with zeros: after Martins and Astudillo, 2016, as Keras computes it, whose
/// shares add up to 1 only where one of them is left. Throws InvalidArgument for an axis that x lacks.
Tensor sparsemax(const Tensor& x, int axis = -1);
/// The first half of x along `axis` times the sigmoid of the second. Dauphin et al., 2016. Throws
/// InvalidArgument for an odd extent and an axis that x lacks.
Tensor glu(const Tensor& x, int axis = -1);
/// x where it is above the threshold, else default_value.
Tensor threshold(const Tensor& x, double threshold, double default_value);

}  // namespace lamina
