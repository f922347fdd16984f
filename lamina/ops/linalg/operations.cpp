// keras.ops.linalg in graphs of layers and their files.
#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg.h"

namespace lamina::linalg {
namespace {

using detail::flag_of;

constexpr char kLinalgOps[] = "keras.src.ops.linalg";

template <Tensor (*op)(const Tensor&, bool)>
Tensor with_upper(const OperationCall& call) {
  return op(call.tensor(0), flag_of(call, "upper"));
}

Tensor run_solve(const OperationCall& call) { return solve(call.tensor(0), call.tensor(1)); }
Tensor run_triangular(const OperationCall& call) {
  return solve_triangular(call.tensor(0), call.tensor(1), flag_of(call, "lower"));
}

std::optional<double> number_of(const OperationCall& call, const char* key) {
  const Json* value = call.config.find(key);
  if (!value || value->is_null()) return {};
  return value->as_double();
}

Tensor run_lstsq(const OperationCall& call) {
  return lstsq(call.tensor(0), call.tensor(1), number_of(call, "rcond"));
}
Tensor run_pinv(const OperationCall& call) { return pinv(call.tensor(0), number_of(call, "rcond")); }
Tensor run_rank(const OperationCall& call) { return matrix_rank(call.tensor(0), number_of(call, "tol")); }

Tensor run_norm(const OperationCall& call) {
  const Json* order = call.config.find("ord");
  const Axes axes = detail::axes_of(call);
  const bool keepdims = flag_of(call, "keepdims");
  if (!order || order->is_null()) return norm(call.tensor(0), std::nullopt, axes, keepdims);
  if (order->is_string()) return norm(call.tensor(0), NormOrder(order->as_string()), axes, keepdims);
  return norm(call.tensor(0), NormOrder(order->as_double()), axes, keepdims);
}

std::vector<Tensor> run_qr(const OperationCall& call) {
  const Json* mode = call.config.find("mode");
  const auto [q, r] = qr(call.tensor(0), mode && mode->is_string() ? mode->as_string() : "reduced");
  return {q, r};
}

std::vector<Tensor> run_eigh(const OperationCall& call) {
  const auto [values, vectors] = eigh(call.tensor(0));
  return {values, vectors};
}

std::vector<Tensor> run_lu(const OperationCall& call) {
  const auto [lu, pivots] = lu_factor(call.tensor(0));
  return {lu, pivots};
}

std::vector<Tensor> run_slogdet(const OperationCall& call) {
  const auto [sign, logabsdet] = slogdet(call.tensor(0));
  return {sign, logabsdet};
}

std::vector<Tensor> run_svd(const OperationCall& call) {
  const Json *full = call.config.find("full_matrices"), *vectors = call.config.find("compute_uv");
  const bool both = !vectors || !vectors->is_bool() || vectors->as_bool();
  const auto [u, s, vh] = svd(call.tensor(0), !full || !full->is_bool() || full->as_bool(), both);
  if (!both) return {s};
  return {u, s, vh};
}

using Runs = std::vector<Tensor>(const OperationCall&);

bool register_several(const char* class_name, const char* module, Runs* run) {
  return register_operation({.class_name = class_name, .module = module, .run_all = run});
}

const bool operations_recorded =
    detail::register_operations(kLinalgOps, {{"Cholesky", with_upper<cholesky>},
                                             {"CholeskyInverse", with_upper<cholesky_inverse>},
                                             {"Solve", run_solve, {"a", "b"}},
                                             {"SolveTriangular", run_triangular, {"a", "b"}},
                                             {"Inv", detail::run_unary<inv>},
                                             {"Det", detail::run_unary<det>},
                                             {"Lstsq", run_lstsq, {"a", "b"}},
                                             {"Norm", run_norm},
                                             {"Pinv", run_pinv},
                                             {"MatrixRank", run_rank}}) &&
    register_several("Qr", kLinalgOps, run_qr) && register_several("Eigh", kLinalgOps, run_eigh) &&
    register_several("LuFactor", kLinalgOps, run_lu) && register_several("SVD", kLinalgOps, run_svd) &&
    register_several("Slogdet", detail::kNumpyOps, run_slogdet) &&
    detail::register_operations(detail::kMathOps, {{"Logdet", detail::run_unary<logdet>}});

}  // namespace
}  // namespace lamina::linalg
