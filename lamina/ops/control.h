// Control flow as ops: a choice, a loop, a scan. What is chosen or repeated is traced once, planned once, and
// runs inside the program that it is part of.
//
// Functions given here are traced: they are called once, with tensors that have no values yet, and must not
// look at them. They may read tensors from outside, which become inputs of the op; gradients flow to those,
// too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lamina/core/grad.h"
#include "lamina/core/tensor.h"

namespace lamina {

/// true_fn(operands) where `pred` is true, else false_fn(operands); the other one does not run.
///
/// `pred`: a bool scalar. Both functions return the same number of tensors, of the same shapes and dtypes.
/// Throws InvalidArgument otherwise. Differentiable, any number of times.
std::vector<Tensor> cond(const Tensor& pred, const TensorFunction& true_fn, const TensorFunction& false_fn,
                         const std::vector<Tensor>& operands = {});

struct WhileLoopOptions {
  /// The most times that the body may run; 0 or more. Gradients need it, and take time in proportion to it.
  /// A loop that would go on beyond throws InvalidArgument when it runs. (Keras's maximum_iterations ends the
  /// loop without a word.)
  std::optional<int64_t> max_iterations = std::nullopt;
};

/// The loop variables after `while (cond(variables)) variables = body(variables);`.
///
/// `cond` returns a bool scalar, `body` the new loop variables, of the shapes and dtypes of `init`. Throws
/// InvalidArgument otherwise. Differentiable, any number of times, where max_iterations is given.
std::vector<Tensor> while_loop(const std::function<Tensor(const std::vector<Tensor>&)>& cond,
                               const TensorFunction& body, const std::vector<Tensor>& init,
                               WhileLoopOptions options = {});

struct ScanOptions {
  /// How many steps to run; needed where there are no xs, and else their first extent.
  std::optional<int64_t> length = std::nullopt;
  /// From the last element of xs to the first; ys keep the places of the xs.
  bool reverse = false;
};

/// What a step of a scan, and a scan, give.
struct ScanResult {
  std::vector<Tensor> carry;
  std::vector<Tensor> ys;
};

/// One step: the carry so far and one slice of each of the xs, without their first axis.
using ScanFunction =
    std::function<ScanResult(const std::vector<Tensor>& carry, const std::vector<Tensor>& x)>;

/// Runs `f` over the first axis of `xs`, one step after the other, each with the carry that the one before
/// left: custom recurrent cells, cumulative sums, decoding loops. The final carry, and the ys of all steps
/// stacked along a new first axis.
///
/// A carry keeps its shape and dtype; the xs have one first extent, which is `length` where that is given.
/// Throws InvalidArgument otherwise. Differentiable, any number of times: the gradient is a scan in the other
/// direction, which needs the carry of every step and keeps it only if a gradient is taken.
ScanResult scan(const ScanFunction& f, const std::vector<Tensor>& init, const std::vector<Tensor>& xs,
                ScanOptions options = {});

}  // namespace lamina
