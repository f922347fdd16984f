// check_gradients: whether the derivatives of a function of yours are right.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/core/grad.h"

namespace lamina {

/// Options of check_gradients.
struct GradientCheckOptions {
  /// A gradient may differ from the expected one by tolerance * (1 + |expected|); by ten times as much of the
  /// second order.
  double tolerance = 1e-6;
  double step = 1e-5;    ///< by which an element is moved up and down; above 0
  int order = 1;         ///< 2: the gradients of the gradients, too
  int64_t elements = 0;  ///< of each input that are moved, evenly spread; 0: all
  uint64_t seed = 1;     ///< of the weights, below
};

/// Compares the gradients of `f` at `inputs` with central differences, (f(x + step) - f(x - step)) / (2
/// step), element by element. Floating inputs are taken as float64, others as they are. Where `f` gives
/// several numbers, random weights make one of them; results that are not floating take no part.
///
/// For layers and ops of your own, in their tests:
///
///   const Swish layer({.dtype = "float64"});
///   check_gradients([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{layer(in[0])}; }, {x});
///
/// By weights, too: Model::call_with_weights is such a function. Keep away from kinks (relu at 0) and ties
/// (max of equals): there is no derivative. `f` is compiled once, so its results may depend on its arguments
/// alone.
///
/// Throws InvalidArgument, naming input, element, the expected and the received gradient, for the first that
/// differs (with their number), for no floating input or result, and for results that are computed in less
/// than float64, whose differences would say nothing.
void check_gradients(const TensorFunction& f, const std::vector<Tensor>& inputs,
                     const GradientCheckOptions& options = {});

}  // namespace lamina
