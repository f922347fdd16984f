// Rows of the elementwise ops for the op harness: values against std:: functions, gradients against
// differences.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

const std::vector<DType> kNumeric = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16,
                                     DType::kInt32,   DType::kInt64,   DType::kInt16,   DType::kInt8};
const std::vector<DType> kFloating = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};
const double kNan = std::nan("");
const double kInfinity = INFINITY;

OpRow unary(const char* op, double (*f)(double), double lo, double hi, std::vector<double> avoid = {}) {
  return {.op = op,
          .inputs = {{.shape = {3, 37}, .lo = lo, .hi = hi, .avoid = std::move(avoid)}},
          .dtypes = kFloating,
          .reference = elementwise(f)};
}

/// NaN, infinities, zeros and large numbers: values only.
OpRow edges(const char* op, double (*f)(double),
            std::vector<double> values = {NAN, INFINITY, -INFINITY, 0, 1, -1, 90, -110, 1e30, -1e30}) {
  const Shape shape{static_cast<int64_t>(values.size())};
  return {.op = op,
          .label = "edges",
          .inputs = {{.shape = shape, .values = std::move(values)}},
          .dtypes = {DType::kFloat32, DType::kFloat64},
          .reference = elementwise(f),
          .gradient = false};
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double relu(double x) { return x <= 0 ? 0 : x; }
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
double negative(double x) { return -x; }
double square(double x) { return x * x; }
double reciprocal(double x) { return 1 / x; }
double rsqrt(double x) { return 1 / std::sqrt(x); }
double std_exp(double x) { return std::exp(x); }
double std_expm1(double x) { return std::expm1(x); }
double std_log(double x) { return std::log(x); }
double std_log1p(double x) { return std::log1p(x); }
double std_sqrt(double x) { return std::sqrt(x); }
double std_sin(double x) { return std::sin(x); }
double std_cos(double x) { return std::cos(x); }
double std_tan(double x) { return std::tan(x); }
double std_tanh(double x) { return std::tanh(x); }
double std_erf(double x) { return std::erf(x); }
double std_abs(double x) { return std::abs(x); }
double std_floor(double x) { return std::floor(x); }
double std_ceil(double x) { return std::ceil(x); }
double std_round(double x) { return std::nearbyint(x); }

const OpRows unary_rows({
    unary("negative", negative, -2, 2),
    unary("abs", std_abs, -2, 2, {0}),
    unary("sign", sign, -2, 2, {0}),
    unary("exp", std_exp, -3, 3),
    unary("expm1", std_expm1, -3, 3),
    unary("log", std_log, 0.1, 4),
    unary("log1p", std_log1p, -0.8, 4),
    unary("sqrt", std_sqrt, 0.1, 4),
    unary("rsqrt", rsqrt, 0.2, 4),
    unary("square", square, -2, 2),
    unary("reciprocal", reciprocal, 0.3, 3),
    unary("sin", std_sin, -7, 7),
    unary("cos", std_cos, -7, 7),
    unary("tan", std_tan, -1.2, 1.2),
    unary("tanh", std_tanh, -4, 4),
    unary("sigmoid", sigmoid, -6, 6),
    unary("relu", relu, -2, 2, {0}),
    unary("erf", std_erf, -3, 3),
    unary("floor", std_floor, -3, 3, {-3, -2, -1, 0, 1, 2, 3}),
    unary("ceil", std_ceil, -3, 3, {-3, -2, -1, 0, 1, 2, 3}),
    unary("round", std_round, -3, 3, {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5}),
    edges("exp", std_exp, {kNan, kInfinity, -kInfinity, 0, -0.0, 1, -1, 20, -110, 1e-30}),
    edges("expm1", std_expm1, {kNan, kInfinity, -kInfinity, 0, -0.0, 1, -1, 20, -110, 1e-30}),
    edges("log", std_log),
    edges("log1p", std_log1p),
    edges("tanh", std_tanh),
    edges("sigmoid", sigmoid),
    edges("erf", std_erf),
    edges("relu", relu),
    edges("sign", sign),
    edges("sqrt", std_sqrt),
    edges("round", std_round, {0.5, 1.5, 2.5, -0.5, -1.5, 1e8, -1e30, kInfinity}),
    edges("sin", std_sin, {kNan, 0, 1e4, -1e5, 12345678, 1e-20}),
    edges("cos", std_cos, {kNan, 0, 1e4, -1e5, 12345678, 1e-20}),
});

OpRow predicate(const char* op, double (*f)(double)) {
  return {.op = op,
          .inputs = {{.shape = {6}, .values = {kNan, kInfinity, -kInfinity, 0, 1, -3}}},
          .dtypes = {DType::kFloat32, DType::kFloat64},
          .out_dtypes = {DType::kBool},
          .reference = elementwise(f),
          .gradient = false};
}

const OpRows predicate_rows({
    predicate("isnan", [](double x) { return std::isnan(x) ? 1.0 : 0.0; }),
    predicate("isfinite", [](double x) { return std::isfinite(x) ? 1.0 : 0.0; }),
    predicate("logical_not", [](double x) { return x == 0 ? 1.0 : 0.0; }),
});

using Function2 = double (*)(double, double);

OpRow binary(const char* op, Function2 f, std::vector<DType> dtypes = kNumeric) {
  // Halves of small integers: exact in every dtype; integers take the whole numbers among them.
  return {.op = op,
          .inputs = {{.shape = {4, 19}, .lo = -3, .hi = 3}, {.shape = {4, 19}, .lo = -3, .hi = 3}},
          .dtypes = std::move(dtypes),
          .reference = elementwise(f)};
}

/// Shapes that broadcast in both arguments, away from kinks.
OpRow broadcasting(const char* op, Function2 f, double lo = 0.5, double hi = 3) {
  return {.op = op,
          .label = "broadcast",
          .inputs = {{.shape = {4, 1, 3}, .lo = lo, .hi = hi}, {.shape = {5, 1}, .lo = lo + 0.003, .hi = hi}},
          .reference = elementwise(f)};
}

double plus(double a, double b) { return a + b; }
double minus(double a, double b) { return a - b; }
double times(double a, double b) { return a * b; }
double over(double a, double b) { return a / b; }
double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? kNan : std::max(a, b); }
double smaller(double a, double b) { return std::isnan(a) || std::isnan(b) ? kNan : std::min(a, b); }
double raised(double a, double b) { return std::pow(a, b); }
double modulo(double a, double b) { return a - std::floor(a / b) * b; }
double floored(double a, double b) { return std::floor(a / b); }

/// Shapes that broadcast to no elements, by an axis of extent 0 and by a row that is repeated 0 times.
OpRow of_nothing(const char* op, Function2 f) {
  return {.op = op,
          .label = "of_nothing",
          .inputs = {{.shape = {0, 1, 3}}, {.shape = {2, 1}}},
          .reference = elementwise(f)};
}

OpRow edges2(const char* op, Function2 f) {
  return {.op = op,
          .label = "edges",
          .inputs = {{.shape = {7}, .values = {kNan, 1, kNan, kInfinity, -kInfinity, 0, 2}},
                     {.shape = {7}, .values = {1, kNan, kNan, 1, kInfinity, 0, 2}}},
          .reference = elementwise(f),
          .gradient = false};
}

OpRow integers(const char* op, Function2 f) {
  return {.op = op,
          .label = "integers",
          .inputs = {{.shape = {6}, .values = {7, -7, 7, -7, 0, 6}},
                     {.shape = {6}, .values = {3, 3, -3, -3, 5, 1}}},
          .dtypes = {DType::kInt32, DType::kInt64, DType::kInt16, DType::kInt8},
          .reference = elementwise(f),
          .gradient = false};
}

const OpRows binary_rows({
    binary("add", plus),
    binary("subtract", minus),
    binary("multiply", times),
    broadcasting("add", plus),
    broadcasting("subtract", minus),
    broadcasting("multiply", times),
    broadcasting("divide", over),
    broadcasting("power", raised),
    {.op = "maximum",
     .inputs = {{.shape = {4, 3}, .lo = -2, .hi = -0.1}, {.shape = {3}, .lo = 0.1, .hi = 2}},
     .reference = elementwise(larger)},
    {.op = "minimum",
     .inputs = {{.shape = {4, 3}, .lo = -2, .hi = -0.1}, {.shape = {3}, .lo = 0.1, .hi = 2}},
     .reference = elementwise(smaller)},
    {.op = "mod",
     .inputs = {{.shape = {20}, .lo = 0.1, .hi = 0.9}, {.shape = {20}, .lo = 1, .hi = 2}},
     .reference = elementwise(modulo)},
    {.op = "floor_divide",
     .inputs = {{.shape = {20}, .lo = 4.1, .hi = 4.9}, {.shape = {20}, .lo = 1.97, .hi = 1.99}},
     .reference = elementwise(floored)},
    of_nothing("add", plus),
    of_nothing("divide", over),
    of_nothing("power", raised),
    edges2("maximum", larger),
    edges2("minimum", smaller),
    edges2("divide", over),
    integers("mod", modulo),
    integers("floor_divide", floored),
    integers("maximum", larger),
});

OpRow comparison(const char* op, Function2 f) {
  return {.op = op,
          .inputs = {{.shape = {2, 6}, .values = {1, 2, 3, kNan, kInfinity, 0, -1, 2, 5, 1, kInfinity, -2}},
                     {.shape = {6}, .values = {1, 3, 2, 1, kInfinity, kNan}}},
          .dtypes = {DType::kFloat32, DType::kFloat64},
          .out_dtypes = {DType::kBool},
          .reference = elementwise(f),
          .gradient = false};
}

OpRow logic(const char* op, Function2 f) {
  return {.op = op,
          .inputs = {{.shape = {2, 1}, .values = {0, 1}}, {.shape = {2}, .values = {0, 1}}},
          .dtypes = {DType::kBool},
          .reference = elementwise(f),
          .gradient = false};
}

const OpRows compare_rows({
    comparison("equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }),
    comparison("not_equal", [](double a, double b) { return a != b ? 1.0 : 0.0; }),
    comparison("greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }),
    comparison("greater_equal", [](double a, double b) { return a >= b ? 1.0 : 0.0; }),
    comparison("less", [](double a, double b) { return a < b ? 1.0 : 0.0; }),
    comparison("less_equal", [](double a, double b) { return a <= b ? 1.0 : 0.0; }),
    logic("logical_and", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }),
    logic("logical_or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }),
});

const OpRows choice_rows({
    {.op = "where",
     .inputs = {{.shape = {4, 1}, .values = {1, 0, 0, 1}, .dtype = DType::kBool},
                {.shape = {4, 9}},
                {.shape = {9}}},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kInt8},
     .reference = elementwise([](double c, double a, double b) { return c != 0 ? a : b; })},
    {.op = "where",
     .label = "of_nothing",
     .inputs = {{.shape = {0, 1}, .dtype = DType::kBool}, {.shape = {0, 3}}, {.shape = {3}}},
     .reference = elementwise([](double c, double a, double b) { return c != 0 ? a : b; })},
    {.op = "cast",
     .label = "of_nothing",
     .attrs = CastAttrs{DType::kFloat64},
     .inputs = {{.shape = {0}}},
     .out_dtypes = {DType::kFloat64},
     .reference = elementwise([](double x) { return x; })},
    {.op = "cast",
     .attrs = CastAttrs{DType::kFloat64},
     .inputs = {{.shape = {5}}},
     .out_dtypes = {DType::kFloat64},
     .reference = elementwise([](double x) { return x; })},
    {.op = "cast",
     .label = "to_integers",
     .attrs = CastAttrs{DType::kInt8},
     .inputs = {{.shape = {7}, .values = {kNan, 1e9, -kInfinity, 2.9, -2.9, 127, -128}}},
     .out_dtypes = {DType::kInt8},
     .reference = elementwise([](double x) {
       return std::isnan(x) ? 0 : std::trunc(std::fmax(-128, std::fmin(127, x)));
     }),
     .gradient = false},
    {.op = "cast",
     .label = "to_bool",
     .attrs = CastAttrs{DType::kBool},
     .inputs = {{.shape = {4}, .values = {0, 0.25, kNan, -1}}},
     .out_dtypes = {DType::kBool},
     .reference = elementwise([](double x) { return x != 0 ? 1.0 : 0.0; }),
     .gradient = false},
    {.op = "full",
     .attrs = FullAttrs{{2, 3}, 1.5, DType::kFloat32},
     .dtypes = {DType::kFloat32},
     .reference =
         [](const std::vector<NdArray>&) {
           return std::vector{NdArray({2, 3}, 1.5)};
         },
     .gradient = false},
    {.op = "arange",
     .attrs = ArangeAttrs{4, DType::kInt32},
     .dtypes = {DType::kInt32},
     .reference =
         [](const std::vector<NdArray>&) {
           return std::vector{NdArray({4}, std::vector<double>{0, 1, 2, 3})};
         },
     .gradient = false},
});

const OpWithoutRows random_bits("random_bits", "tests/ops/random_test.cpp checks known answers");
const OpWithoutRows random_uniform("random_uniform", "tests/ops/random_test.cpp checks its distribution");
const OpWithoutRows random_normal("random_normal", "tests/ops/random_test.cpp checks its distribution");
const OpWithoutRows fused("fused_elementwise",
                          "tests/ops/tile_machine_test.cpp checks it against plain loops");

}  // namespace
}  // namespace lamina::testing
