// Formulas of the activations, written with ops.
#include "lamina/ops/activations.h"

#include <cmath>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/last_axis.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/split.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::axis_of;
using detail::floating;
using detail::recorded;
using detail::run_unary;

Tensor times(const Tensor& x, double factor) { return factor == 1 ? x : x * factor; }

/// The activation with one number, under that key, in a graph.
template <Tensor (*activation)(const Tensor&, double)>
Tensor run_with(const OperationCall& call, const char* key, double otherwise) {
  return activation(call.tensor(0), detail::number_of(call, key, otherwise));
}

}  // namespace

// The gradient at 0 is 0, as that of relu, and so it is at 6: of equal operands minimum takes the first.
Tensor relu6(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Relu6", {given});
  const Tensor x = floating(given);
  return minimum(full({}, 6, x.dtype()), relu(x));
}

Tensor leaky_relu(const Tensor& given, double negative_slope) {
  if (is_symbolic(given))
    return recorded("LeakyRelu", {given}, Json::object({{"negative_slope", negative_slope}}));
  const Tensor x = floating(given);
  return where(greater(x, 0), x, x * negative_slope);
}

// The exponential only sees what is not above 0, so that neither it nor its gradient overflows.
Tensor elu(const Tensor& given, double alpha) {
  if (is_symbolic(given)) return recorded("Elu", {given}, Json::object({{"alpha", alpha}}));
  const Tensor x = floating(given);
  return where(greater(x, 0), x, times(expm1(minimum(x, 0)), alpha));
}

// As a sum, of which both parts have a gradient at 0: it is 2 there, as in TensorFlow.
Tensor celu(const Tensor& given, double alpha) {
  if (is_symbolic(given)) return recorded("Celu", {given}, Json::object({{"alpha", alpha}}));
  const Tensor x = floating(given), low = minimum(x, 0);
  return maximum(x, 0) + times(expm1(alpha == 1 ? low : low / alpha), alpha);
}

// Constants of Klambauer et al., "Self-normalizing neural networks", 2017.
Tensor selu(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Selu", {given});
  constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
  const Tensor x = floating(given);
  // At 0 the gradient is that of the line, as in TensorFlow.
  return where(greater_equal(x, 0), x * kScale, expm1(minimum(x, 0)) * (kScale * kAlpha));
}

Tensor gelu(const Tensor& given, bool approximate) {
  if (is_symbolic(given)) return recorded("Gelu", {given}, Json::object({{"approximate", approximate}}));
  const Tensor x = floating(given);
  if (!approximate) return x * 0.5 * (erf(x * std::sqrt(0.5)) + 1.0);
  return x * 0.5 * (tanh((x + x * square(x) * 0.044715) * std::sqrt(2 / std::numbers::pi)) + 1.0);
}

// log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)); the maximum is written so that the gradient at 0 is 1/2.
Tensor softplus(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Softplus", {given});
  // The least finite number stands for -infinity, to which nothing can be added.
  const Tensor floats = floating(given), x = maximum(floats, detail::finite_range(floats.dtype()).first);
  return (x + abs(x)) * 0.5 + log1p(exp(-abs(x)));
}

Tensor softsign(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Softsign", {given});
  const Tensor x = floating(given);
  return x / (abs(x) + 1.0);
}

Tensor log_sigmoid(const Tensor& x) {
  return is_symbolic(x) ? recorded("LogSigmoid", {x}) : -softplus(-floating(x));
}

Tensor hard_sigmoid(const Tensor& x) {
  return is_symbolic(x) ? recorded("HardSigmoid", {x}) : relu6(floating(x) + 3.0) / 6.0;
}

Tensor hard_tanh(const Tensor& x) {
  return is_symbolic(x) ? recorded("HardTanh", {x}) : clip(floating(x), -1, 1);
}

Tensor tanh_shrink(const Tensor& x) {
  return is_symbolic(x) ? recorded("TanhShrink", {x}) : floating(x) - tanh(x);
}

Tensor silu(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Silu", {given});
  const Tensor x = floating(given);
  return x * sigmoid(x);
}

Tensor hard_silu(const Tensor& given) {
  if (is_symbolic(given)) return recorded("HardSilu", {given});
  const Tensor x = floating(given);
  return x * hard_sigmoid(x);
}

Tensor hard_shrink(const Tensor& given, double threshold) {
  if (is_symbolic(given)) return recorded("HardShrink", {given}, Json::object({{"threshold", threshold}}));
  const Tensor x = floating(given);
  return where(greater(abs(x), threshold), x, 0.0);
}

Tensor soft_shrink(const Tensor& given, double threshold) {
  if (!(threshold >= 0)) throw InvalidArgument("soft_shrink: threshold must not be negative");
  if (is_symbolic(given)) return recorded("SoftShrink", {given}, Json::object({{"threshold", threshold}}));
  const Tensor x = floating(given);
  return x - clip(x, -threshold, threshold);
}

Tensor squareplus(const Tensor& given, double b) {
  if (is_symbolic(given)) return recorded("Squareplus", {given}, Json::object({{"b", b}}));
  const Tensor x = floating(given);
  return (x + sqrt(square(x) + b)) * 0.5;
}

Tensor sparse_plus(const Tensor& given) {
  if (is_symbolic(given)) return recorded("SparsePlus", {given});
  const Tensor x = floating(given);
  return where(less(x, 1), square(maximum(x, -1) + 1.0) * 0.25, x);
}

// Without a gradient at -1 and 1.
Tensor sparse_sigmoid(const Tensor& given) {
  if (is_symbolic(given)) return recorded("SparseSigmoid", {given});
  const Tensor x = floating(given);
  return where(less_equal(x, -1), 0.0, where(greater_equal(x, 1), 1.0, (x + 1.0) * 0.5));
}

// The threshold is Martins and Astudillo's where one element is left; with more, Keras adds up the sums of
// all of them.
Tensor sparsemax(const Tensor& given, int axis) {
  if (is_symbolic(given)) return recorded("Sparsemax", {given}, Json::object({{"axis", axis}}));
  const auto along = [](const Tensor& x) {
    const Tensor falling = flip(sort(x), -1), sums = cumsum(falling, -1);
    const Tensor places = cast(arange(x.shape()[-1]) + 1, x.dtype());
    const Tensor left = greater(falling - (sums - 1.0) / places, 0.0);
    const Tensor count = sum(cast(left, x.dtype()), -1, /*keepdims=*/true);
    return maximum(x - (sum(where(left, sums, 0.0), -1, /*keepdims=*/true) - 1.0) / count, 0.0);
  };
  if (given.rank() == 0) return ones_like(floating(given));
  return detail::along_last_axis("sparsemax", floating(given), axis, along);
}

Tensor glu(const Tensor& x, int axis) {
  if (is_symbolic(x)) return recorded("Glu", {x}, Json::object({{"axis", axis}}));
  const std::vector<Tensor> halves = split(floating(x), 2, axis);
  return halves[0] * sigmoid(halves[1]);
}

Tensor threshold(const Tensor& given, double threshold, double default_value) {
  if (is_symbolic(given))
    return recorded("Threshold", {given},
                    Json::object({{"threshold", threshold}, {"default_value", default_value}}));
  const Tensor x = floating(given);
  return where(greater(x, threshold), x, default_value);
}

namespace {

const bool activations_recorded = detail::register_operations(
    detail::kNnOps,
    {{"Relu6", run_unary<relu6>},
     {"LeakyRelu",
      [](const OperationCall& call) { return run_with<leaky_relu>(call, "negative_slope", 0.2); }},
     {"Elu", [](const OperationCall& call) { return run_with<elu>(call, "alpha", 1); }},
     {"Celu", [](const OperationCall& call) { return run_with<celu>(call, "alpha", 1); }},
     {"Selu", run_unary<selu>},
     {"Gelu",
      [](const OperationCall& call) {
        const Json* approximate = call.config.find("approximate");
        return gelu(call.tensor(0), !approximate || approximate->is_null() || approximate->as_bool());
      }},
     {"Silu", run_unary<silu>},
     {"Softplus", run_unary<softplus>},
     {"Softsign", run_unary<softsign>},
     {"LogSigmoid", run_unary<log_sigmoid>},
     {"HardSigmoid", run_unary<hard_sigmoid>},
     {"HardTanh", run_unary<hard_tanh>},
     {"TanhShrink", run_unary<tanh_shrink>},
     {"HardSilu", run_unary<hard_silu>},
     {"HardShrink", [](const OperationCall& call) { return run_with<hard_shrink>(call, "threshold", 0.5); }},
     {"SoftShrink", [](const OperationCall& call) { return run_with<soft_shrink>(call, "threshold", 0.5); }},
     {"Squareplus", [](const OperationCall& call) { return run_with<squareplus>(call, "b", 4); }},
     {"SparsePlus", run_unary<sparse_plus>},
     {"SparseSigmoid", run_unary<sparse_sigmoid>},
     {"Sparsemax", [](const OperationCall& call) { return sparsemax(call.tensor(0), axis_of(call, -1)); }},
     {"Glu", [](const OperationCall& call) { return glu(call.tensor(0), axis_of(call, -1)); }},
     {"Threshold", [](const OperationCall& call) {
        return threshold(call.tensor(0), call.config.at("threshold").as_double(),
                         call.config.at("default_value").as_double());
      }}});

}  // namespace
}  // namespace lamina
