// Records of lgamma and its derivatives, erfc and erfinv.
#include "lamina/ops/special.h"

#include <numbers>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/float_function.h"
#include "lamina/ops/detail/loop_tiles.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/special_functions.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

LAMINA_LOOP1(LogGamma, C, detail::log_gamma(static_cast<double>(x)));
LAMINA_LOOP1(Digamma, C, detail::digamma(static_cast<double>(x)));
LAMINA_LOOP1(Erfc, C, std::erfc(static_cast<double>(x)));
LAMINA_LOOP1(Erfinv, C, detail::erf_inverse(static_cast<double>(x)));

TileFunction polygamma_tile(std::span<const DType> inputs, DType) {
  return dispatch(inputs[0], [](auto element) -> TileFunction {
    using T = decltype(element);
    if constexpr (!detail::kIsFloating<T>)
      return nullptr;
    else
      return [](const TileArgs& args) {
        using C = detail::Compute<T>;
        const int n = args.attrs->as<PolygammaAttrs>().n;
        const T* x = static_cast<const T*>(args.in[0]);
        T* y = static_cast<T*>(args.out);
        for (int64_t i = 0; i < args.n; ++i)
          y[i] = static_cast<T>(static_cast<C>(detail::polygamma(n, static_cast<C>(x[i]))));
      };
  });
}

template <class F, Tensor (*derivative)(const Tensor& x, const Tensor& y)>
const Op& define(const char* name, const char* doc) {
  return detail::define_float_function<F, derivative>(name, doc, 80);
}

Tensor d_lgamma(const Tensor& x, const Tensor&) { return digamma(x); }
Tensor d_digamma(const Tensor& x, const Tensor&) { return polygamma(1, x); }
Tensor d_erfc(const Tensor& x, const Tensor&) { return exp(-square(x)) * (-2 * std::numbers::inv_sqrtpi); }
Tensor d_erfinv(const Tensor&, const Tensor& y) { return exp(square(y)) / (2 * std::numbers::inv_sqrtpi); }

const Op& lgamma_op = define<LogGamma, d_lgamma>("lgamma", "log |gamma(x)|");
const Op& digamma_op = define<Digamma, d_digamma>("digamma", "the derivative of log gamma(x)");
const Op& erfc_op = define<Erfc, d_erfc>("erfc", "1 - erf(x)");
const Op& erfinv_op = define<Erfinv, d_erfinv>("erfinv", "y with erf(y) = x");

std::vector<TensorType> infer_polygamma(const InferArgs& args) {
  const int n = args.attrs.as<PolygammaAttrs>().n;
  if (n < 1 || n > 101) args.fail("n must be from 1 to 100, not " + std::to_string(n));
  return detail::infer_same(args);
}

const Op& polygamma_op = register_op<PolygammaAttrs>(
    {.name = "polygamma",
     .doc = "the n-th derivative of digamma(x)",
     .inputs = {{"x", DTypeClass::kFloating}},
     .outputs = {"y"},
     .infer = infer_polygamma,
     .vjp =
         [](const VjpArgs& args) {
           const PolygammaAttrs next{args.attrs.as<PolygammaAttrs>().n + 1};
           return std::vector<Tensor>{args.grads[0] * apply(find_op("polygamma"), next, {args.inputs[0]})[0]};
         },
     .tile = polygamma_tile,
     .elementwise = true,
     .tile_cost = 400});

Tensor run(const Op& op, const Tensor& x) { return apply(op, {}, {detail::floating(x)})[0]; }

}  // namespace

Tensor lgamma(const Tensor& x) { return run(lgamma_op, x); }
Tensor digamma(const Tensor& x) { return run(digamma_op, x); }
Tensor polygamma(int n, const Tensor& x) {
  if (n < 0 || n > 100) throw InvalidArgument("polygamma: n must be from 0 to 100, not " + std::to_string(n));
  return n == 0 ? digamma(x) : apply(polygamma_op, PolygammaAttrs{n}, {detail::floating(x)})[0];
}
Tensor erfc(const Tensor& x) { return is_symbolic(x) ? detail::recorded("Erfc", {x}) : run(erfc_op, x); }
Tensor erfinv(const Tensor& x) {
  return is_symbolic(x) ? detail::recorded("Erfinv", {x}) : run(erfinv_op, x);
}

namespace {

const bool special_recorded = detail::register_operations(
    detail::kMathOps, {{"Erfc", detail::run_unary<erfc>}, {"Erfinv", detail::run_unary<erfinv>}});

}  // namespace
}  // namespace lamina
