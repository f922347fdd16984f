// The activation functions of Keras that other ops make up.
#include "lamina/ops/detail/activation_formulas.h"

#include <cmath>
#include <numbers>

#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

Tensor times(const Tensor& x, double factor) { return factor == 1 ? x : x * factor; }

}  // namespace

// The gradient at 0 is 0, as that of relu, and so it is at 6: of equal operands minimum takes the first.
Tensor relu6(const Tensor& x) { return minimum(full({}, 6, x.dtype()), relu(x)); }
Tensor leaky_relu(const Tensor& x, double negative_slope) {
  return where(greater(x, 0), x, x * negative_slope);
}

// The exponential only sees what is not above 0, so that neither it nor its gradient overflows.
Tensor elu(const Tensor& x, double alpha) {
  return where(greater(x, 0), x, times(expm1(minimum(x, 0)), alpha));
}

// As a sum, of which both parts have a gradient at 0: it is 2 there, as in TensorFlow.
Tensor celu(const Tensor& x, double alpha) {
  const Tensor low = minimum(x, 0);
  return maximum(x, 0) + times(expm1(alpha == 1 ? low : low / alpha), alpha);
}

// Constants of Klambauer et al., "Self-normalizing neural networks", 2017.
Tensor selu(const Tensor& x) {
  constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
  // At 0 the gradient is that of the line, as in TensorFlow.
  return where(greater_equal(x, 0), x * kScale, expm1(minimum(x, 0)) * (kScale * kAlpha));
}

// The approximation: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
Tensor gelu(const Tensor& x, bool approximate) {
  if (!approximate) return x * 0.5 * (erf(x * std::sqrt(0.5)) + 1.0);
  return x * 0.5 * (tanh((x + x * square(x) * 0.044715) * std::sqrt(2 / std::numbers::pi)) + 1.0);
}

// log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)); the maximum is written so that the gradient at 0 is 1/2.
Tensor softplus(const Tensor& x) { return (x + abs(x)) * 0.5 + log1p(exp(-abs(x))); }

Tensor softsign(const Tensor& x) { return x / (abs(x) + 1.0); }
Tensor log_sigmoid(const Tensor& x) { return -softplus(-x); }
Tensor hard_sigmoid(const Tensor& x) { return relu6(x + 3.0) / 6.0; }
Tensor hard_tanh(const Tensor& x) { return clip(x, -1, 1); }
Tensor tanh_shrink(const Tensor& x) { return x - tanh(x); }
Tensor silu(const Tensor& x) { return x * sigmoid(x); }
Tensor hard_silu(const Tensor& x) { return x * hard_sigmoid(x); }
Tensor hard_shrink(const Tensor& x, double threshold) { return where(greater(abs(x), threshold), x, 0.0); }
Tensor soft_shrink(const Tensor& x, double threshold) { return x - clip(x, -threshold, threshold); }
Tensor squareplus(const Tensor& x, double b) { return (x + sqrt(square(x) + b)) * 0.5; }
Tensor sparse_plus(const Tensor& x) { return where(less(x, 1), square(maximum(x, -1) + 1.0) * 0.25, x); }
// Without a gradient at -1 and 1.
Tensor sparse_sigmoid(const Tensor& x) {
  return where(less_equal(x, -1), 0.0, where(greater_equal(x, 1), 1.0, (x + 1.0) * 0.5));
}

}  // namespace lamina::detail
