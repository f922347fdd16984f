// Record of transpose.
#include "lamina/ops/transpose.h"

#include <numeric>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_transpose(const InferArgs& args) {
  const auto& perm = args.attrs.as<TransposeAttrs>().perm;
  const Shape& shape = args.inputs[0].shape;
  std::vector<bool> seen(static_cast<size_t>(shape.rank()), false);
  Shape result;
  for (int axis : perm) {
    if (axis < 0 || axis >= shape.rank() || seen[static_cast<size_t>(axis)]) {
      args.fail("perm must name each axis once; it names axis " + std::to_string(axis) +
                (axis < 0 || axis >= shape.rank() ? ", which is out of range" : " twice"));
    }
    seen[static_cast<size_t>(axis)] = true;
    result.push_back(shape[axis]);
  }
  if (result.rank() != shape.rank()) {
    args.fail("perm must name each of the " + std::to_string(shape.rank()) + " axes; it has " +
              std::to_string(perm.size()) + " entries");
  }
  return {{args.inputs[0].dtype, result}};
}

std::vector<Tensor> vjp_transpose(const VjpArgs& args) {
  const auto& perm = args.attrs.as<TransposeAttrs>().perm;
  std::vector<int> inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) inverse[static_cast<size_t>(perm[i])] = static_cast<int>(i);
  return {transpose(args.grads[0], inverse)};
}

const Op& transpose_op =
    register_op<TransposeAttrs>({.name = "transpose",
                                 .doc = "Axes in another order: axis i of the result is axis perm[i] of x",
                                 .inputs = {{"x"}},
                                 .outputs = {"y"},
                                 .infer = infer_transpose,
                                 .flops = no_flops,
                                 .vjp = vjp_transpose});

}  // namespace

Tensor transpose(const Tensor& x, const std::vector<int>& perm) {
  if (is_symbolic(x)) {
    return detail::recorded("Transpose", {x},
                            Json::object({{"axes", perm.empty() ? Json() : detail::integers_json(perm)}}));
  }
  TransposeAttrs attrs{perm};
  if (perm.empty()) {
    attrs.perm.resize(static_cast<size_t>(x.rank()));
    std::iota(attrs.perm.rbegin(), attrs.perm.rend(), 0);
  }
  for (int& axis : attrs.perm) axis = detail::checked_axis("transpose", x, axis);
  return apply(transpose_op, std::move(attrs), {x})[0];
}

namespace {

const bool transpose_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Transpose", [](const OperationCall& call) {
                           return transpose(call.tensor(0), detail::axes_of(call, "axes").values());
                         }}});

}  // namespace

}  // namespace lamina
