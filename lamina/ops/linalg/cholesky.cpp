// Record of cholesky, and the inverse that a factor gives.
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"

namespace lamina::linalg {
namespace {

using namespace detail;

std::vector<TensorType> infer(const InferArgs& args) {
  check_matrices(args, true);
  return {args.inputs[0]};
}

double flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return static_cast<double>(x.size()) * static_cast<double>(x[-1]) / 3;
}

// I. Murray, Differentiation of the Cholesky decomposition (arXiv:1602.07527), 10.
std::vector<Tensor> vjp(const VjpArgs& args) {
  const Tensor &l = args.outputs[0], &g = args.grads[0];
  const Tensor inner = lower_part(matmul(l, g, true));
  const Tensor half = inner - 0.5 * (inner - strictly_lower_part(inner));  // the diagonal counts once
  const Tensor left = solve_triangular(transposed(l), half);
  const Tensor both = transposed(solve_triangular(transposed(l), transposed(left)));
  return {0.5 * (both + transposed(both))};
}

const Op& cholesky_op =
    register_op({.name = "cholesky",
                 .doc = "Lower triangular L with x = L times its transpose, for positive definite x",
                 .inputs = {{"x", DTypeClass::kFloating}},
                 .outputs = {"l"},
                 .infer = infer,
                 .flops = flops,
                 .vjp = vjp});

}  // namespace

Tensor cholesky(const Tensor& x, bool upper) {
  if (is_symbolic(x)) return detail::record({"Cholesky", Json::object({{"upper", upper}}), {x}});
  const Floats square = square_matrices_of("cholesky", x);
  const Tensor lower = apply(cholesky_op, {}, {square.x})[0];
  return cast(upper ? transposed(lower) : lower, square.wanted);
}

Tensor cholesky_inverse(const Tensor& x, bool upper) {
  if (is_symbolic(x)) return detail::record({"CholeskyInverse", Json::object({{"upper", upper}}), {x}});
  const Floats square = square_matrices_of("cholesky_inverse", x);
  const Tensor inverse = solve_triangular(square.x, identity_like(square.x), !upper);
  const Tensor product = upper ? matmul(inverse, inverse, false, true) : matmul(inverse, inverse, true);
  return cast(product, square.wanted);
}

}  // namespace lamina::linalg
