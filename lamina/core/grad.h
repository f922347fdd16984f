// Derivatives: functions from functions of tensors to functions of tensors.
#pragma once

#include <functional>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// A function of tensors.
using TensorFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
/// A function of tensors to one scalar.
using ScalarFunction = std::function<Tensor(const std::vector<Tensor>&)>;

/// The gradients of the scalar `output` with respect to `inputs`, as pending tensors that can be
/// differentiated in their turn. Zeros for an input that does not influence the output. One input may be made
/// of another: the other's gradient counts the way through it, as in TensorFlow and PyTorch. (An input that
/// so many operations led to that they are not remembered stands for itself.)
///
/// Looking at values changes no gradient. The engine remembers how recent values came about; how much it
/// remembers is bounded (some ten thousand operations a thread), and large arguments that were let go or
/// overwritten since are not kept alive. Where a gradient would have to pass what is forgotten, this throws
/// InvalidArgument; grad() and value_and_grad() keep everything that they need. Results of a Step and of
/// Model::predict are data: no gradient leads through them. Throws InvalidArgument, too, when output is not a
/// floating scalar, or when the path from an input to it passes an op without derivative (naming the op).
std::vector<Tensor> gradients(const Tensor& output, const std::vector<Tensor>& inputs);

/// Vector-Jacobian product: gradients of `outputs` weighted by `cotangents` of the same shapes. Each input
/// stands for itself, also where it is made of another: for an op's derivative in its inputs and results.
std::vector<Tensor> vjp(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                        const std::vector<Tensor>& cotangents);

/// `grad(f)(x)`: the gradients of f at x with respect to each element of x. `grad(grad(f))`-like nesting
/// works.
TensorFunction grad(ScalarFunction f);

/// Like grad, with the value of f in front: {f(x), df/dx0, df/dx1, ...}.
TensorFunction value_and_grad(ScalarFunction f);

/// The same tensor, through which no gradient flows.
Tensor stop_gradient(const Tensor& x);

}  // namespace lamina
