// Records of the elementwise functions of one tensor.
#include "lamina/ops/unary.h"

#include <limits>
#include <numbers>

#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/tiles.h"
#include "lamina/ops/full.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::Predicate;
using detail::Unary;

template <Unary kFunction>
TileFunction tile(std::span<const DType> inputs, DType) {
  return detail::unary_tile(kFunction, inputs[0]);
}
template <Predicate kFunction>
TileFunction predicate(std::span<const DType> inputs, DType) {
  return detail::predicate_tile(kFunction, inputs[0]);
}

using Vjp = std::vector<Tensor> (*)(const VjpArgs& args);

/// The record of a function whose result has x's dtype.
template <Unary kFunction>
const Op& define(const char* name, const char* doc, DTypeClass dtypes, Vjp vjp, int cost = 1,
                 bool own_inverse = false) {
  return register_op({.name = name,
                      .doc = doc,
                      .inputs = {{"x", dtypes}},
                      .outputs = {"y"},
                      .infer = detail::infer_same,
                      .vjp = vjp,
                      .tile = tile<kFunction>,
                      .elementwise = true,
                      .tile_cost = cost,
                      .own_inverse = own_inverse});
}

template <Predicate kFunction>
const Op& define_predicate(const char* name, const char* doc) {
  return register_op({.name = name,
                      .doc = doc,
                      .inputs = {{"x"}},
                      .outputs = {"y"},
                      .infer = detail::infer_predicate,
                      .vjp = detail::no_flow,
                      .tile = predicate<kFunction>,
                      .elementwise = true});
}

Tensor run(const Op& op, const Tensor& x) { return std::move(apply(op, {}, {x})[0]); }

constexpr DTypeClass kNumeric = DTypeClass::kNumeric;
constexpr DTypeClass kFloating = DTypeClass::kFloating;

const Tensor& x_of(const VjpArgs& args) { return args.inputs[0]; }
const Tensor& y_of(const VjpArgs& args) { return args.outputs[0]; }
const Tensor& g_of(const VjpArgs& args) { return args.grads[0]; }
using Grads = std::vector<Tensor>;

const Op& negative_op = define<Unary::kNegative>(
    "negative", "-x", kNumeric, [](const VjpArgs& a) { return Grads{negative(g_of(a))}; }, 1,
    /*own_inverse=*/true);
const Op& abs_op = define<Unary::kAbs>("abs", "|x|", kNumeric,
                                       [](const VjpArgs& a) { return Grads{g_of(a) * sign(x_of(a))}; });
const Op& sign_op = define<Unary::kSign>("sign", "-1, 0 or 1; NaN for NaN", kNumeric, detail::no_flow);
const Op& exp_op = define<Unary::kExp>(
    "exp", "e^x", kFloating, [](const VjpArgs& a) { return Grads{g_of(a) * y_of(a)}; }, 8);
const Op& expm1_op = define<Unary::kExpm1>(
    "expm1", "e^x - 1, exact near 0", kFloating,
    [](const VjpArgs& a) { return Grads{g_of(a) * (y_of(a) + 1.0)}; }, 8);
const Op& log_op = define<Unary::kLog>(
    "log", "natural logarithm", kFloating, [](const VjpArgs& a) { return Grads{g_of(a) / x_of(a)}; }, 10);
const Op& log1p_op = define<Unary::kLog1p>(
    "log1p", "log(1 + x), exact near 0", kFloating,
    [](const VjpArgs& a) { return Grads{g_of(a) / (x_of(a) + 1.0)}; }, 12);
const Op& sqrt_op = define<Unary::kSqrt>(
    "sqrt", "square root", kFloating, [](const VjpArgs& a) { return Grads{g_of(a) * 0.5 / y_of(a)}; }, 3);
const Op& rsqrt_op = define<Unary::kRsqrt>(
    "rsqrt", "1 / sqrt(x)", kFloating,
    [](const VjpArgs& a) { return Grads{g_of(a) * -0.5 * (y_of(a) * square(y_of(a)))}; }, 5);
const Op& square_op = define<Unary::kSquare>(
    "square", "x * x", kNumeric, [](const VjpArgs& a) { return Grads{g_of(a) * (x_of(a) * 2.0)}; });
const Op& reciprocal_op = define<Unary::kReciprocal>(
    "reciprocal", "1 / x", kFloating, [](const VjpArgs& a) { return Grads{-g_of(a) * square(y_of(a))}; }, 3);
const Op& sin_op = define<Unary::kSin>(
    "sin", "sine", kFloating, [](const VjpArgs& a) { return Grads{g_of(a) * cos(x_of(a))}; }, 12);
const Op& cos_op = define<Unary::kCos>(
    "cos", "cosine", kFloating, [](const VjpArgs& a) { return Grads{-g_of(a) * sin(x_of(a))}; }, 12);
const Op& tan_op = define<Unary::kTan>(
    "tan", "tangent", kFloating, [](const VjpArgs& a) { return Grads{g_of(a) * (square(y_of(a)) + 1.0)}; },
    60);
const Op& tanh_op = define<Unary::kTanh>(
    "tanh", "hyperbolic tangent", kFloating,
    [](const VjpArgs& a) { return Grads{g_of(a) * (1.0 - square(y_of(a)))}; }, 12);
const Op& sigmoid_op = define<Unary::kSigmoid>(
    "sigmoid", "1 / (1 + e^-x)", kFloating,
    // An op of its own, which the pass on cross-entropies looks for.
    [](const VjpArgs& a) {
      return apply(find_op("sigmoid_grad"), {}, {y_of(a), g_of(a)});
    },
    10);
const Op& relu_op = define<Unary::kRelu>("relu", "max(x, 0)", kNumeric, [](const VjpArgs& a) {
  return Grads{where(greater(y_of(a), 0.0), g_of(a), 0.0)};
});
const Op& erf_op = define<Unary::kErf>(
    "erf", "error function", kFloating,
    [](const VjpArgs& a) {
      return Grads{g_of(a) * (2.0 * std::numbers::inv_sqrtpi) * exp(-square(x_of(a)))};
    },
    16);
const Op& floor_op =
    define<Unary::kFloor>("floor", "largest integral value <= x", kFloating, detail::no_flow);
const Op& ceil_op = define<Unary::kCeil>("ceil", "smallest integral value >= x", kFloating, detail::no_flow);
const Op& round_op =
    define<Unary::kRound>("round", "nearest integral value, halves to even", kFloating, detail::no_flow);
const Op& isnan_op = define_predicate<Predicate::kIsNan>("isnan", "x != x");
const Op& isfinite_op = define_predicate<Predicate::kIsFinite>("isfinite", "|x| < infinity");
const Op& logical_not_op = define_predicate<Predicate::kLogicalNot>("logical_not", "x == 0");

}  // namespace

using detail::floating;
using detail::numeric;

Tensor negative(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Negative", {x}) : run(negative_op, numeric(x));
}
Tensor abs(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Absolute", {x}) : run(abs_op, numeric(x));
}
Tensor sign(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Sign", {x}) : run(sign_op, numeric(x));
}
Tensor exp(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Exp", {x}) : run(exp_op, floating(x));
}
Tensor expm1(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Expm1", {x}) : run(expm1_op, floating(x));
}
Tensor log(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Log", {x}) : run(log_op, floating(x));
}
Tensor log1p(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Log1p", {x}) : run(log1p_op, floating(x));
}
Tensor sqrt(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Sqrt", {x}) : run(sqrt_op, floating(x));
}
Tensor rsqrt(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Rsqrt", {x}) : run(rsqrt_op, floating(x));
}
Tensor square(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Square", {x}) : run(square_op, numeric(x));
}
Tensor reciprocal(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Reciprocal", {x}) : run(reciprocal_op, floating(x));
}
Tensor sin(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Sin", {x}) : run(sin_op, floating(x));
}
Tensor cos(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Cos", {x}) : run(cos_op, floating(x));
}
Tensor tan(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Tan", {x}) : run(tan_op, floating(x));
}
Tensor tanh(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Tanh", {x}) : run(tanh_op, floating(x));
}
Tensor sigmoid(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Sigmoid", {x}) : run(sigmoid_op, floating(x));
}
Tensor relu(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Relu", {x}) : run(relu_op, numeric(x));
}
Tensor erf(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Erf", {x}) : run(erf_op, floating(x));
}
Tensor floor(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Floor", {x}) : run(floor_op, floating(x));
}
Tensor ceil(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Ceil", {x}) : run(ceil_op, floating(x));
}
Tensor round(const Tensor& x) {
  if (is_symbolic(x)) return detail::recorded("Round", {x});
  return is_integer(x.dtype()) ? x : run(round_op, floating(x));
}
Tensor isnan(const Tensor& x) { return is_symbolic(x) ? detail::recorded("Isnan", {x}) : run(isnan_op, x); }
Tensor isfinite(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Isfinite", {x}) : run(isfinite_op, x);
}
Tensor isinf(const Tensor& x) {
  if (is_symbolic(x)) return detail::recorded("Isinf", {x});
  if (!is_floating(x.dtype())) return zeros(x.shape(), DType::kBool);
  return equal(abs(x), std::numeric_limits<double>::infinity());
}
Tensor ops::logical_not(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("LogicalNot", {x}) : run(logical_not_op, x);
}

namespace {

using detail::run_unary;
const bool numpyops_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Negative", run_unary<negative>},
                                                    {"Absolute", run_unary<abs>},
                                                    {"Sign", run_unary<sign>},
                                                    {"Exp", run_unary<exp>},
                                                    {"Expm1", run_unary<expm1>},
                                                    {"Log", run_unary<log>},
                                                    {"Log1p", run_unary<log1p>},
                                                    {"Sqrt", run_unary<sqrt>},
                                                    {"Square", run_unary<square>},
                                                    {"Reciprocal", run_unary<reciprocal>},
                                                    {"Sin", run_unary<sin>},
                                                    {"Cos", run_unary<cos>},
                                                    {"Tan", run_unary<tan>},
                                                    {"Tanh", run_unary<tanh>},
                                                    {"Floor", run_unary<floor>},
                                                    {"Ceil", run_unary<ceil>},
                                                    {"Isnan", run_unary<isnan>},
                                                    {"Isfinite", run_unary<isfinite>},
                                                    {"LogicalNot", run_unary<ops::logical_not>}});
const bool mathops_recorded =
    detail::register_operations(detail::kMathOps, {{"Rsqrt", run_unary<rsqrt>}, {"Erf", run_unary<erf>}});
const bool nnops_recorded =
    detail::register_operations(detail::kNnOps, {{"Sigmoid", run_unary<sigmoid>}, {"Relu", run_unary<relu>}});

}  // namespace

}  // namespace lamina
