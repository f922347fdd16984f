// Record of qr.
#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"

namespace lamina::linalg {
namespace {

using namespace detail;

std::vector<TensorType> infer(const InferArgs& args) {
  check_matrices(args, false);
  const TensorType& x = args.inputs[0];
  const int64_t rows = x.shape[-2], columns = x.shape[-1];
  const int64_t width = args.attrs.as<FactorsAttrs>().full ? rows : std::min(rows, columns);
  return {{x.dtype, with_matrix(x.shape, rows, width)}, {x.dtype, with_matrix(x.shape, width, columns)}};
}

double flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return 4 * static_cast<double>(x.size()) * static_cast<double>(std::min(x[-1], x[-2]));
}

// As for the real case of M. Seeger et al., Auto-differentiating linear algebra (arXiv:1710.08717), 4.3, of
// columns instead of rows.
std::vector<Tensor> vjp(const VjpArgs& args) {
  const Tensor &q = args.outputs[0], &r = args.outputs[1];
  if (q.shape()[-1] != r.shape()[-1]) {
    throw Unsupported(
        "qr: gradients need at least as many rows as columns and q of the shape of x, which is " +
        args.inputs[0].type().str() + "; mode \"reduced\" of the transpose may help");
  }
  const Tensor dq = args.grads[0].defined() ? args.grads[0] : zeros_like(q);
  const Tensor dr = args.grads[1].defined() ? args.grads[1] : zeros_like(r);
  const Tensor inner = matmul(r, dr, false, true) - matmul(dq, q, true);
  const Tensor below = strictly_lower_part(inner);
  const Tensor symmetric = lower_part(inner) + transposed(below);
  const Tensor whole = dq + matmul(q, symmetric);
  return {transposed(solve_triangular(r, transposed(whole)))};
}

const Op& qr_op =
    register_op<FactorsAttrs>({.name = "qr",
                               .doc = "x = q r with orthonormal columns of q and upper triangular r",
                               .inputs = {{"x", DTypeClass::kFloating}},
                               .outputs = {"q", "r"},
                               .infer = infer,
                               .flops = flops,
                               .vjp = vjp});

}  // namespace

Qr qr(const Tensor& x, const std::string& mode) {
  if (mode != "reduced" && mode != "complete")
    throw InvalidArgument("qr: mode must be \"reduced\" or \"complete\", not \"" + mode + "\"");
  if (is_symbolic(x)) {
    auto parts = detail::record_all({"Qr", Json::object({{"mode", mode}}), {x}});
    return {parts[0], parts[1]};
  }
  const Floats matrices = matrices_of("qr", x);
  auto parts = apply(qr_op, FactorsAttrs{mode == "complete"}, {matrices.x});
  return {cast(parts[0], matrices.wanted), cast(parts[1], matrices.wanted)};
}

}  // namespace lamina::linalg
