// Records of lu_factor and slogdet; det.
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/shape_ops.h"

namespace lamina::linalg {
namespace {

using namespace detail;

double flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return 2.0 / 3 * static_cast<double>(x.size()) * static_cast<double>(std::min(x[-1], x[-2]));
}

std::vector<TensorType> infer_lu(const InferArgs& args) {
  check_matrices(args, false);
  const TensorType& x = args.inputs[0];
  Shape pivots = without_last(x.shape, 2);
  pivots.push_back(std::min(x.shape[-1], x.shape[-2]));
  return {x, {DType::kInt32, pivots}};
}

std::vector<TensorType> infer_slogdet(const InferArgs& args) {
  check_matrices(args, true);
  const TensorType one{args.inputs[0].dtype, without_last(args.inputs[0].shape, 2)};
  return {one, one};
}

std::vector<TensorType> infer_det(const InferArgs& args) { return {infer_slogdet(args)[0]}; }

/// d log|det x| / dx, times g.
Tensor along_inverse(const Tensor& g, const Tensor& x) {
  return expand_dims(expand_dims(g, -1), -1) * transposed(inv(x));
}

std::vector<Tensor> vjp_slogdet(const VjpArgs& args) {
  if (!args.grads[1].defined()) return {Tensor()};
  return {along_inverse(args.grads[1], args.inputs[0])};
}

std::vector<Tensor> vjp_det(const VjpArgs& args) {
  return {along_inverse(args.grads[0] * args.outputs[0], args.inputs[0])};
}

const Op& lu_op =
    register_op({.name = "lu_factor",
                 .doc = "Triangular factors of x with its rows exchanged, and these exchanges",
                 .inputs = {{"x", DTypeClass::kFloating}},
                 .outputs = {"lu", "pivots"},
                 .infer = infer_lu,
                 .flops = flops,
                 .no_gradient = "the factors jump where pivots change; solve, inv and det have theirs"});

const Op& slogdet_op = register_op({.name = "slogdet",
                                    .doc = "Sign of the determinant and logarithm of its magnitude",
                                    .inputs = {{"x", DTypeClass::kFloating}},
                                    .outputs = {"sign", "logabsdet"},
                                    .infer = infer_slogdet,
                                    .flops = flops,
                                    .vjp = vjp_slogdet});

const Op& det_op = register_op({.name = "det",
                                .doc = "Determinant",
                                .inputs = {{"x", DTypeClass::kFloating}},
                                .outputs = {"y"},
                                .infer = infer_det,
                                .flops = flops,
                                .vjp = vjp_det});

}  // namespace

Lu lu_factor(const Tensor& x) {
  if (is_symbolic(x)) {
    auto parts = detail::record_all({"LuFactor", Json::object(), {x}});
    return {parts[0], parts[1]};
  }
  const Floats matrices = matrices_of("lu_factor", x);
  auto parts = apply(lu_op, {}, {matrices.x});
  return {cast(parts[0], matrices.wanted), parts[1]};
}

Slogdet slogdet(const Tensor& x) {
  if (is_symbolic(x)) {
    auto parts = detail::record_all({"Slogdet", Json::object(), {x}});
    return {parts[0], parts[1]};
  }
  const Floats square = square_matrices_of("slogdet", x);
  auto parts = apply(slogdet_op, {}, {square.x});
  return {cast(parts[0], square.wanted), cast(parts[1], square.wanted)};
}

Tensor logdet(const Tensor& x) {
  if (is_symbolic(x)) return detail::record({"Logdet", Json::object(), {x}});
  return slogdet(x).logabsdet;
}

Tensor det(const Tensor& x) {
  if (is_symbolic(x)) return detail::record({"Det", Json::object(), {x}});
  const Floats square = square_matrices_of("det", x);
  return cast(apply(det_op, {}, {square.x})[0], square.wanted);
}

}  // namespace lamina::linalg
