// Record of eigh.
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina::linalg {
namespace {

using namespace detail;

std::vector<TensorType> infer(const InferArgs& args) {
  check_matrices(args, true);
  const TensorType& x = args.inputs[0];
  return {{x.dtype, without_last(x.shape, 1)}, x};
}

double flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return 9 * static_cast<double>(x.size()) * static_cast<double>(x[-1]);
}

// M. Seeger et al., Auto-differentiating linear algebra (arXiv:1710.08717), 4.4, of eigenvectors as columns.
std::vector<Tensor> vjp(const VjpArgs& args) {
  const Tensor &w = args.outputs[0], &v = args.outputs[1];
  Tensor inner = zeros_like(v);
  if (args.grads[1].defined()) {
    const Tensor apart = expand_dims(w, -2) - expand_dims(w, -1);
    const Tensor differ = ops::not_equal(apart, 0.0);
    inner = where(differ, matmul(v, args.grads[1], true) / where(differ, apart, 1.0), 0.0);
  }
  if (args.grads[0].defined()) inner = inner + diagonal_matrices(args.grads[0]);
  const Tensor whole = matmul(matmul(v, inner), v, false, true);
  return {0.5 * (whole + transposed(whole))};
}

const Op& eigh_op =
    register_op({.name = "eigh",
                 .doc = "Eigenvalues, ascending, and eigenvectors, as columns, of symmetric x",
                 .inputs = {{"x", DTypeClass::kFloating}},
                 .outputs = {"eigenvalues", "eigenvectors"},
                 .infer = infer,
                 .flops = flops,
                 .vjp = vjp});

}  // namespace

Eigh eigh(const Tensor& x) {
  if (is_symbolic(x)) {
    auto parts = detail::record_all({"Eigh", Json::object(), {x}});
    return {parts[0], parts[1]};
  }
  const Floats square = square_matrices_of("eigh", x);
  auto parts = apply(eigh_op, {}, {square.x});
  return {cast(parts[0], square.wanted), cast(parts[1], square.wanted)};
}

}  // namespace lamina::linalg
