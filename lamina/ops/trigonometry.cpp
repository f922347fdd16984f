// Records of inverse and hyperbolic functions.
#include "lamina/ops/trigonometry.h"

#include <cmath>

#include "lamina/ops/binary.h"
#include "lamina/ops/detail/float_function.h"
#include "lamina/ops/detail/loop_tiles.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

LAMINA_LOOP1(Arcsin, C, std::asin(x));
LAMINA_LOOP1(Arccos, C, std::acos(x));
LAMINA_LOOP1(Arctan, C, std::atan(x));
LAMINA_LOOP1(Sinh, C, std::sinh(x));
LAMINA_LOOP1(Cosh, C, std::cosh(x));
LAMINA_LOOP1(Arcsinh, C, std::asinh(x));
LAMINA_LOOP1(Arccosh, C, std::acosh(x));
LAMINA_LOOP1(Arctanh, C, std::atanh(x));
LAMINA_LOOP2(Arctan2, C, std::atan2(a, b));

template <class F, Tensor (*derivative)(const Tensor& x)>
const Op& define(const char* name, const char* doc) {
  return detail::define_float_function<F, derivative>(name, doc, 30);
}

Tensor d_arcsin(const Tensor& x) { return rsqrt(1.0 - square(x)); }
Tensor d_arccos(const Tensor& x) { return -rsqrt(1.0 - square(x)); }
Tensor d_arctan(const Tensor& x) { return reciprocal(square(x) + 1.0); }
Tensor d_arcsinh(const Tensor& x) { return rsqrt(square(x) + 1.0); }
// The product of two roots, so that large numbers do not overflow.
Tensor d_arccosh(const Tensor& x) { return rsqrt(x - 1.0) * rsqrt(x + 1.0); }
Tensor d_arctanh(const Tensor& x) { return reciprocal((1.0 - x) * (x + 1.0)); }

const Op& arcsin_op = define<Arcsin, d_arcsin>("arcsin", "the angle whose sine is x");
const Op& arccos_op = define<Arccos, d_arccos>("arccos", "the angle whose cosine is x");
const Op& arctan_op = define<Arctan, d_arctan>("arctan", "the angle whose tangent is x");
const Op& sinh_op = define<Sinh, cosh>("sinh", "(e^x - e^-x) / 2");
const Op& cosh_op = define<Cosh, sinh>("cosh", "(e^x + e^-x) / 2");
const Op& arcsinh_op = define<Arcsinh, d_arcsinh>("arcsinh", "inverse of sinh");
const Op& arccosh_op = define<Arccosh, d_arccosh>("arccosh", "inverse of cosh");
const Op& arctanh_op = define<Arctanh, d_arctanh>("arctanh", "inverse of tanh");

const Op& arctan2_op = register_op(
    {.name = "arctan2",
     .doc = "the angle of the point (b, a)",
     .inputs = {{"a", DTypeClass::kFloating}, {"b", DTypeClass::kFloating}},
     .outputs = {"y"},
     .infer = detail::infer_same,
     .vjp =
         [](const VjpArgs& args) {
           const Tensor &a = args.inputs[0], &b = args.inputs[1];
           const Tensor g = args.grads[0] / (square(a) + square(b));
           return std::vector<Tensor>{detail::sum_to(g * b, a.shape()), detail::sum_to(-g * a, b.shape())};
         },
     .tile = detail::floats2<Arctan2>,
     .elementwise = true,
     .tile_cost = 40});

Tensor run(const Op& op, const char* name, const Tensor& x) {
  if (is_symbolic(x)) return detail::recorded(name, {x});
  return apply(op, {}, {detail::floating(x)})[0];
}

}  // namespace

Tensor arcsin(const Tensor& x) { return run(arcsin_op, "Arcsin", x); }
Tensor arccos(const Tensor& x) { return run(arccos_op, "Arccos", x); }
Tensor arctan(const Tensor& x) { return run(arctan_op, "Arctan", x); }
Tensor sinh(const Tensor& x) { return run(sinh_op, "Sinh", x); }
Tensor cosh(const Tensor& x) { return run(cosh_op, "Cosh", x); }
Tensor arcsinh(const Tensor& x) { return run(arcsinh_op, "Arcsinh", x); }
Tensor arccosh(const Tensor& x) { return run(arccosh_op, "Arccosh", x); }
Tensor arctanh(const Tensor& x) { return run(arctanh_op, "Arctanh", x); }

Tensor arctan2(const Tensor& x1, const Tensor& x2) {
  if (is_symbolic(x1) || is_symbolic(x2))
    return detail::recorded("Arctan2", {detail::operand(x1), detail::operand(x2)});
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  return apply(arctan2_op, {}, {detail::floating(both[0]), detail::floating(both[1])})[0];
}

namespace {

using detail::run_unary;
const bool trigonometry_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Arcsin", run_unary<arcsin>},
                                                    {"Arccos", run_unary<arccos>},
                                                    {"Arctan", run_unary<arctan>},
                                                    {"Arctan2", detail::run_binary<arctan2>, {"x1", "x2"}},
                                                    {"Sinh", run_unary<sinh>},
                                                    {"Cosh", run_unary<cosh>},
                                                    {"Arcsinh", run_unary<arcsinh>},
                                                    {"Arccosh", run_unary<arccosh>},
                                                    {"Arctanh", run_unary<arctanh>}});

}  // namespace
}  // namespace lamina
