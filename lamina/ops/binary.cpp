// Records of the elementwise arithmetic on two tensors.
#include "lamina/ops/binary.h"

#include <cmath>
#include <string>

#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/not_negative.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/tiles.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::Binary;
using detail::scalar_like;
using detail::sum_to;

template <Binary kFunction>
TileFunction tile(std::span<const DType> inputs, DType) {
  return detail::binary_tile(kFunction, inputs[0]);
}

using Vjp = std::vector<Tensor> (*)(const VjpArgs& args);

/// What an op has beyond its function.
struct More {
  int cost = 1;
  DTypeClass dtypes = DTypeClass::kNumeric;
  bool linear = false;
  std::optional<double> neutral_left = {}, neutral_right = {};
};

template <Binary kFunction>
const Op& define(const char* name, const char* doc, Vjp vjp, const More& more = {}) {
  return register_op({.name = name,
                      .doc = doc,
                      .inputs = {{"a", more.dtypes}, {"b", more.dtypes}},
                      .outputs = {"y"},
                      .infer = detail::infer_same,
                      .vjp = vjp,
                      .tile = tile<kFunction>,
                      .elementwise = true,
                      .tile_cost = more.cost,
                      .linear = more.linear,
                      .neutral_left = more.neutral_left,
                      .neutral_right = more.neutral_right});
}

const Tensor& a_of(const VjpArgs& args) { return args.inputs[0]; }
const Tensor& b_of(const VjpArgs& args) { return args.inputs[1]; }
const Tensor& g_of(const VjpArgs& args) { return args.grads[0]; }
/// Gradients of both operands, summed over the axes along which they were broadcast.
std::vector<Tensor> both(const VjpArgs& args, const Tensor& da, const Tensor& db) {
  return {sum_to(da, a_of(args).shape()), sum_to(db, b_of(args).shape())};
}
/// The gradient goes to a where `first`, else to b.
std::vector<Tensor> either(const VjpArgs& args, const Tensor& first) {
  return both(args, where(first, g_of(args), 0.0), where(first, 0.0, g_of(args)));
}

std::vector<Tensor> power_vjp(const VjpArgs& args) {
  const Tensor& a = a_of(args);
  const Tensor& b = b_of(args);
  const Tensor positive = greater(a, 0.0);
  const Tensor log_a = where(positive, log(where(positive, a, 1.0)), 0.0);
  return both(args, g_of(args) * b * power(a, b - 1.0), g_of(args) * args.outputs[0] * log_a);
}

const Op& add_op =
    define<Binary::kAdd>("add", "a + b", [](const VjpArgs& v) { return both(v, g_of(v), g_of(v)); },
                         {.linear = true, .neutral_left = 0, .neutral_right = 0});
const Op& subtract_op = define<Binary::kSubtract>("subtract", "a - b",
                                                  [](const VjpArgs& v) { return both(v, g_of(v), -g_of(v)); },
                                                  {.linear = true, .neutral_right = 0});
const Op& multiply_op = define<Binary::kMultiply>(
    "multiply", "a * b", [](const VjpArgs& v) { return both(v, g_of(v) * b_of(v), g_of(v) * a_of(v)); },
    {.neutral_left = 1, .neutral_right = 1});
const Op& divide_op = define<Binary::kDivide>(
    "divide", "a / b",
    [](const VjpArgs& v) { return both(v, g_of(v) / b_of(v), -g_of(v) * (v.outputs[0] / b_of(v))); },
    {.cost = 3, .dtypes = DTypeClass::kFloating, .neutral_right = 1});
const Op& power_op = define<Binary::kPower>("power", "a^b", power_vjp, {.cost = 60});
const Op& maximum_op =
    define<Binary::kMaximum>("maximum", "the larger of a and b; NaN if either is",
                             [](const VjpArgs& v) { return either(v, greater_equal(a_of(v), b_of(v))); });
const Op& minimum_op =
    define<Binary::kMinimum>("minimum", "the smaller of a and b; NaN if either is",
                             [](const VjpArgs& v) { return either(v, less_equal(a_of(v), b_of(v))); });
const Op& mod_op = define<Binary::kMod>(
    "mod", "a - floor(a / b) * b",
    [](const VjpArgs& v) { return both(v, g_of(v), -g_of(v) * floor_divide(a_of(v), b_of(v))); },
    {.cost = 20});
const Op& floor_divide_op =
    define<Binary::kFloorDivide>("floor_divide", "floor(a / b)", detail::no_flow, {.cost = 4});

Tensor run(const Op& op, const Tensor& a, const Tensor& b) {
  DType dtype = promote(a.dtype(), b.dtype());
  if (dtype == DType::kBool) dtype = DType::kInt32;
  // Eager loops spend a tenth of their recording on counting references: handles move where they can.
  std::vector<Tensor> operands;
  operands.reserve(2);
  operands.push_back(cast(a, dtype));
  operands.push_back(cast(b, dtype));
  return std::move(apply(op, {}, std::move(operands))[0]);
}

bool drawn(const Tensor& a, const Tensor& b) { return is_symbolic(a) || is_symbolic(b); }
Tensor draw(const char* name, const Tensor& a, const Tensor& b) {
  return detail::recorded(name, {detail::operand(a), detail::operand(b)});
}
Tensor draw(const char* name, const Tensor& a, double b) {
  return detail::recorded(name, {a, detail::number_json(b)});
}
Tensor draw(const char* name, double a, const Tensor& b) {
  return detail::recorded(name, {detail::number_json(a), b});
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return drawn(a, b) ? draw("Add", a, b) : run(add_op, a, b); }
Tensor subtract(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Subtract", a, b) : run(subtract_op, a, b);
}
Tensor multiply(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Multiply", a, b) : run(multiply_op, a, b);
}
Tensor divide(const Tensor& a, const Tensor& b) {
  if (drawn(a, b)) return draw("Divide", a, b);
  return is_floating(promote(a.dtype(), b.dtype()))
             ? run(divide_op, a, b)
             : run(divide_op, detail::floating(a), detail::floating(b));
}
Tensor power(const Tensor& a, const Tensor& b) {
  if (drawn(a, b)) return draw("Power", a, b);
  return run(power_op, a, is_floating(promote(a.dtype(), b.dtype())) ? b : detail::not_negative(b));
}
Tensor maximum(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Maximum", a, b) : run(maximum_op, a, b);
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("Minimum", a, b) : run(minimum_op, a, b);
}
Tensor mod(const Tensor& a, const Tensor& b) { return drawn(a, b) ? draw("Mod", a, b) : run(mod_op, a, b); }
Tensor floor_divide(const Tensor& a, const Tensor& b) {
  return drawn(a, b) ? draw("FloorDivide", a, b) : run(floor_divide_op, a, b);
}

Tensor add(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Add", a, b) : add(a, scalar_like(b, a));
}
Tensor subtract(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Subtract", a, b) : subtract(a, scalar_like(b, a));
}
Tensor subtract(double a, const Tensor& b) {
  return is_symbolic(b) ? draw("Subtract", a, b) : subtract(scalar_like(a, b), b);
}
Tensor multiply(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Multiply", a, b) : multiply(a, scalar_like(b, a));
}
Tensor divide(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Divide", a, b) : divide(a, scalar_like(b, a));
}
Tensor divide(double a, const Tensor& b) {
  return is_symbolic(b) ? draw("Divide", a, b) : divide(scalar_like(a, b), b);
}
Tensor power(const Tensor& a, double b) {
  if (b < 0 && std::nearbyint(b) == b && !is_floating(a.dtype()))
    throw InvalidArgument("power: the exponent " + std::to_string(static_cast<int64_t>(b)) +
                          " is negative, and " + a.type().str() +
                          " are integers, which have no negative powers: cast them to floats first");
  return is_symbolic(a) ? draw("Power", a, b) : run(power_op, a, scalar_like(b, a));
}
Tensor maximum(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Maximum", a, b) : maximum(a, scalar_like(b, a));
}
Tensor minimum(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Minimum", a, b) : minimum(a, scalar_like(b, a));
}
Tensor mod(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("Mod", a, b) : mod(a, scalar_like(b, a));
}
Tensor floor_divide(const Tensor& a, double b) {
  return is_symbolic(a) ? draw("FloorDivide", a, b) : floor_divide(a, scalar_like(b, a));
}

Tensor clip(const Tensor& x, double lo, double hi) {
  if (is_symbolic(x)) return detail::recorded("Clip", {x}, Json::object({{"x_min", lo}, {"x_max", hi}}));
  return maximum(minimum(x, hi), lo);
}

Tensor operator-(const Tensor& x) { return negative(x); }

namespace {

using detail::run_binary;
const bool binary_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Add", run_binary<add>, {"x1", "x2"}},
                        {"Subtract", run_binary<subtract>, {"x1", "x2"}},
                        {"Multiply", run_binary<multiply>, {"x1", "x2"}},
                        {"Divide", run_binary<divide>, {"x1", "x2"}},
                        {"TrueDivide", run_binary<divide>, {"x1", "x2"}},
                        {"Power", run_binary<power>, {"x1", "x2"}},
                        {"Maximum", run_binary<maximum>, {"x1", "x2"}},
                        {"Minimum", run_binary<minimum>, {"x1", "x2"}},
                        {"Mod", run_binary<mod>, {"x1", "x2"}},
                        {"FloorDivide", run_binary<floor_divide>, {"x1", "x2"}},
                        {"Clip", [](const OperationCall& call) {
                           return clip(call.tensor(0), call.config.at("x_min").as_double(),
                                       call.config.at("x_max").as_double());
                         }}});

}  // namespace

}  // namespace lamina
