// Operations of keras.ops.nn that graphs in files hold and that other ops make up: activations, moments and
// norms.
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/activation_formulas.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/split.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::run_unary;

double number_of(const OperationCall& call, const char* key, double otherwise) {
  const Json* number = call.config.find(key);
  return number && !number->is_null() ? number->as_double() : otherwise;
}

Tensor leaky_relu(const OperationCall& call) {
  return detail::leaky_relu(call.tensor(0), number_of(call, "negative_slope", 0.2));
}
Tensor elu(const OperationCall& call) { return detail::elu(call.tensor(0), number_of(call, "alpha", 1)); }
Tensor celu(const OperationCall& call) { return detail::celu(call.tensor(0), number_of(call, "alpha", 1)); }
Tensor hard_shrink(const OperationCall& call) {
  return detail::hard_shrink(call.tensor(0), number_of(call, "threshold", 0.5));
}
Tensor soft_shrink(const OperationCall& call) {
  const double threshold = number_of(call, "threshold", 0.5);
  if (!(threshold >= 0)) throw InvalidArgument("operation SoftShrink: threshold must not be negative");
  return detail::soft_shrink(call.tensor(0), threshold);
}
Tensor squareplus(const OperationCall& call) {
  return detail::squareplus(call.tensor(0), number_of(call, "b", 4));
}

// Unlike the activation of that name, the operation approximates unless it is told not to.
Tensor gelu(const OperationCall& call) {
  const Json* approximate = call.config.find("approximate");
  return detail::gelu(call.tensor(0), !approximate || approximate->is_null() || approximate->as_bool());
}

Tensor threshold(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return where(greater(x, call.config.at("threshold").as_double()), x,
               call.config.at("default_value").as_double());
}

Tensor glu(const OperationCall& call) {
  const std::vector<Tensor> halves = split(call.tensor(0), 2, detail::axis_of(call, -1));
  return halves[0] * sigmoid(halves[1]);
}

// Half precision is too narrow for the squares.
std::vector<Tensor> moments(const OperationCall& call) {
  const Tensor& given = call.tensor(0);
  const bool half = given.dtype() == DType::kFloat16 || given.dtype() == DType::kBFloat16;
  const Tensor x = half ? cast(given, DType::kFloat32) : given;
  const Axes axes = detail::axes_of(call, "axes");
  const bool keepdims = detail::flag_of(call, "keepdims");
  return {cast(mean(x, axes, keepdims), given.dtype()), cast(variance(x, axes, keepdims), given.dtype())};
}

Tensor normalize(const OperationCall& call) {
  const Tensor x = detail::floating(call.tensor(0));
  const Axes axes = detail::axes_of(call);
  const double order = number_of(call, "order", 2), epsilon = number_of(call, "epsilon", 1e-7);
  // The square is what is bounded: the root of 0 has no gradient.
  if (order == 2) return x * rsqrt(maximum(sum(square(x), axes, /*keepdims=*/true), epsilon * epsilon));
  if (!(order >= 1) || order != std::floor(order))
    throw InvalidArgument("operation Normalize: order must be a whole number from 1, received " +
                          std::to_string(order));
  // Norms of matrices are something else.
  if (axes.size() != 1)
    throw InvalidArgument("operation Normalize: expected one axis for an order other than 2, received " +
                          std::to_string(axes.size()));
  const Tensor norm =
      order == 1 ? sum(abs(x), axes, true) : power(sum(power(abs(x), order), axes, true), 1 / order);
  return x / maximum(norm, epsilon);
}

const bool nn_operations_recorded =
    detail::register_operations(detail::kNnOps, {{"Relu6", run_unary<detail::relu6>},
                                                 {"LeakyRelu", leaky_relu},
                                                 {"Elu", elu},
                                                 {"Celu", celu},
                                                 {"Selu", run_unary<detail::selu>},
                                                 {"Gelu", gelu},
                                                 {"Glu", glu},
                                                 {"Softplus", run_unary<detail::softplus>},
                                                 {"Softsign", run_unary<detail::softsign>},
                                                 {"Squareplus", squareplus},
                                                 {"SparsePlus", run_unary<detail::sparse_plus>},
                                                 {"SparseSigmoid", run_unary<detail::sparse_sigmoid>},
                                                 {"LogSigmoid", run_unary<detail::log_sigmoid>},
                                                 {"HardSigmoid", run_unary<detail::hard_sigmoid>},
                                                 {"HardTanh", run_unary<detail::hard_tanh>},
                                                 {"HardShrink", hard_shrink},
                                                 {"SoftShrink", soft_shrink},
                                                 {"TanhShrink", run_unary<detail::tanh_shrink>},
                                                 {"Silu", run_unary<detail::silu>},
                                                 {"HardSilu", run_unary<detail::hard_silu>},
                                                 {"Threshold", threshold},
                                                 {"Normalize", normalize}}) &&
    register_operation({.class_name = "Moments", .module = detail::kNnOps, .run_all = moments});

}  // namespace
}  // namespace lamina
