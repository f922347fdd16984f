// Records of solve, solve_triangular and inv.
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/shape_ops.h"

namespace lamina::linalg {
namespace {

using namespace detail;

std::vector<TensorType> infer(const InferArgs& args) {
  check_matrices(args, true);
  const TensorType &a = args.inputs[0], &b = args.inputs[1];
  if (a.dtype != b.dtype) args.fail("a and b must have one dtype");
  if (b.shape.rank() != a.shape.rank() || with_matrix(b.shape, a.shape[-2], a.shape[-1]) != a.shape ||
      b.shape[-2] != a.shape[-1]) {
    args.fail("b must have the rows and the leading axes of a");
  }
  return {b};
}

double flops_of_solve(const CostArgs& args) {
  const Shape &a = args.inputs[0].shape, &b = args.inputs[1].shape;
  const auto n = static_cast<double>(a[-1]);
  return 2.0 / 3 * static_cast<double>(a.size()) * n + 2 * static_cast<double>(b.size()) * n;
}

double flops_of_triangular(const CostArgs& args) {
  return static_cast<double>(args.inputs[1].shape.size()) * static_cast<double>(args.inputs[0].shape[-1]);
}

std::vector<Tensor> vjp_solve(const VjpArgs& args) {
  const Tensor b = solve(transposed(args.inputs[0]), args.grads[0]);
  return {-matmul(b, args.outputs[0], false, true), b};
}

std::vector<Tensor> vjp_triangular(const VjpArgs& args) {
  const bool lower = args.attrs.as<SolveTriangularAttrs>().lower;
  const Tensor b = solve_triangular(transposed(args.inputs[0]), args.grads[0], !lower);
  const Tensor a = -matmul(b, args.outputs[0], false, true);
  return {lower ? lower_part(a) : upper_part(a), b};
}

const Op& solve_op = register_op({.name = "solve",
                                  .doc = "x with a x = b, by Gauss's elimination with exchanges of rows",
                                  .inputs = {{"a", DTypeClass::kFloating}, {"b", DTypeClass::kFloating}},
                                  .outputs = {"x"},
                                  .infer = infer,
                                  .flops = flops_of_solve,
                                  .vjp = vjp_solve});

std::vector<TensorType> infer_inv(const InferArgs& args) {
  check_matrices(args, true);
  return {args.inputs[0]};
}

double flops_of_inv(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return 2.0 * static_cast<double>(x.size()) * static_cast<double>(x[-1]);
}

std::vector<Tensor> vjp_inv(const VjpArgs& args) {
  const Tensor inverse = transposed(args.outputs[0]);
  return {-matmul(inverse, matmul(args.grads[0], inverse))};
}

const Op& inv_op = register_op({.name = "inv",
                                .doc = "the inverse of x, by Gauss's elimination with exchanges of rows",
                                .inputs = {{"x", DTypeClass::kFloating}},
                                .outputs = {"inverse"},
                                .infer = infer_inv,
                                .flops = flops_of_inv,
                                .vjp = vjp_inv});

const Op& triangular_op =
    register_op<SolveTriangularAttrs>({.name = "solve_triangular",
                                       .doc = "x with a x = b for a that is triangular",
                                       .inputs = {{"a", DTypeClass::kFloating}, {"b", DTypeClass::kFloating}},
                                       .outputs = {"x"},
                                       .infer = infer,
                                       .flops = flops_of_triangular,
                                       .vjp = vjp_triangular});

Tensor solved(const Op& op, const Attrs& attrs, const Tensor& a, const Tensor& b) {
  const bool vectors = b.rank() == a.rank() - 1;
  const auto [square, right] = system_of(op.name.c_str(), a, vectors ? expand_dims(b, -1) : b);
  const Tensor x = cast(apply(op, attrs, {square.x, right})[0], square.wanted);
  return vectors ? squeeze(x, -1) : x;
}

}  // namespace

Tensor solve(const Tensor& a, const Tensor& b) {
  if (is_symbolic(a) || is_symbolic(b)) return detail::record({"Solve", Json::object(), {a, b}});
  return solved(solve_op, {}, a, b);
}

Tensor solve_triangular(const Tensor& a, const Tensor& b, bool lower) {
  if (is_symbolic(a) || is_symbolic(b))
    return detail::record({"SolveTriangular", Json::object({{"lower", lower}}), {a, b}});
  return solved(triangular_op, SolveTriangularAttrs{lower}, a, b);
}

Tensor inv(const Tensor& x) {
  if (is_symbolic(x)) return detail::record({"Inv", Json::object(), {x}});
  const Floats square = square_matrices_of("inv", x);
  return cast(apply(inv_op, {}, {square.x})[0], square.wanted);
}

}  // namespace lamina::linalg
