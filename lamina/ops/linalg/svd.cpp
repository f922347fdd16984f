// Records of svd and of singular values alone.
#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina::linalg {
namespace {

using namespace detail;

TensorType values_of(const TensorType& x) {
  Shape shape = without_last(x.shape, 2);
  shape.push_back(std::min(x.shape[-1], x.shape[-2]));
  return {x.dtype, shape};
}

std::vector<TensorType> infer_svd(const InferArgs& args) {
  check_matrices(args, false);
  const TensorType& x = args.inputs[0];
  const int64_t rows = x.shape[-2], columns = x.shape[-1], least = std::min(rows, columns);
  const bool full = args.attrs.as<FactorsAttrs>().full;
  return {{x.dtype, with_matrix(x.shape, rows, full ? rows : least)},
          values_of(x),
          {x.dtype, with_matrix(x.shape, full ? columns : least, columns)}};
}

std::vector<TensorType> infer_values(const InferArgs& args) {
  check_matrices(args, false);
  return {values_of(args.inputs[0])};
}

template <int each>
double flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return each * static_cast<double>(x.size()) * static_cast<double>(std::min(x[-1], x[-2]));
}

// J. Townsend, Differentiating the singular value decomposition (2016), 3.
std::vector<Tensor> vjp_svd(const VjpArgs& args) {
  const Tensor &u = args.outputs[0], &s = args.outputs[1], &vh = args.outputs[2];
  if (u.shape()[-1] != s.shape()[-1] || vh.shape()[-2] != s.shape()[-1]) {
    throw Unsupported("svd: gradients through all of u and vh are not defined for x that is not square: " +
                      args.inputs[0].type().str() + "; say full_matrices = false");
  }
  const Tensor row = expand_dims(s, -2), column = expand_dims(s, -1);
  const Tensor apart = row * row - column * column, differ = ops::not_equal(apart, 0.0);
  const Tensor inverse = where(differ, 1.0 / where(differ, apart, 1.0), 0.0);
  const Tensor stands = ops::not_equal(row, 0.0);
  const Tensor divided = where(stands, 1.0 / where(stands, row, 1.0), 0.0);
  Tensor inner = zeros_like(apart);
  if (args.grads[1].defined()) inner = inner + diagonal_matrices(args.grads[1]);
  Tensor besides = zeros_like(args.inputs[0]);
  if (args.grads[0].defined()) {
    const Tensor turned = matmul(u, args.grads[0], true);
    inner = inner + inverse * (turned - transposed(turned)) * row;
    const Tensor off = args.grads[0] - matmul(u, turned);  // what u's columns cannot make
    besides = besides + matmul(off * divided, vh);
  }
  if (args.grads[2].defined()) {
    const Tensor turned = matmul(vh, args.grads[2], false, true);
    inner = inner + column * (inverse * (turned - transposed(turned)));
    const Tensor off = args.grads[2] - matmul(turned, vh, true);
    besides = besides + matmul(u * divided, off);
  }
  return {matmul(matmul(u, inner), vh) + besides};
}

std::vector<Tensor> vjp_values(const VjpArgs& args) {
  const auto [u, s, vh] = svd(args.inputs[0], false);
  return {matmul(u * expand_dims(args.grads[0], -2), vh)};
}

const Op& svd_op =
    register_op<FactorsAttrs>({.name = "svd",
                               .doc = "x = u diag(s) vh with orthonormal u and vh, s descending",
                               .inputs = {{"x", DTypeClass::kFloating}},
                               .outputs = {"u", "s", "vh"},
                               .infer = infer_svd,
                               .flops = flops<14>,
                               .vjp = vjp_svd});

const Op& values_op = register_op<FactorsAttrs>({.name = "singular_values",
                                                 .doc = "Singular values, descending",
                                                 .inputs = {{"x", DTypeClass::kFloating}},
                                                 .outputs = {"s"},
                                                 .infer = infer_values,
                                                 .flops = flops<3>,
                                                 .vjp = vjp_values});

}  // namespace

Svd svd(const Tensor& x, bool full_matrices, bool compute_uv) {
  if (is_symbolic(x)) {
    const Json config = Json::object({{"full_matrices", full_matrices}, {"compute_uv", compute_uv}});
    auto parts = detail::record_all({"SVD", config, {x}});
    if (!compute_uv) return {Tensor(), parts[0], Tensor()};
    return {parts[0], parts[1], parts[2]};
  }
  const Floats matrices = matrices_of("svd", x);
  if (!compute_uv) return {Tensor(), cast(apply(values_op, {}, {matrices.x})[0], matrices.wanted), Tensor()};
  auto parts = apply(svd_op, FactorsAttrs{full_matrices}, {matrices.x});
  for (Tensor& part : parts) part = cast(part, matrices.wanted);
  return {parts[0], parts[1], parts[2]};
}

}  // namespace lamina::linalg
