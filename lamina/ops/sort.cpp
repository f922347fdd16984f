// Record of sort, which works along the last axis.
#include "lamina/ops/sort.h"

#include <cmath>
#include <limits>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/last_axis.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take_along_axis.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_sort(const InferArgs& args) {
  const TensorType& x = args.inputs[0];
  if (x.shape.rank() == 0) args.fail("x must have an axis");
  if (x.shape[-1] > std::numeric_limits<int32_t>::max()) args.fail("the axis is too long for an int32 index");
  if (!args.attrs.as<SortAttrs>().order) return {x};
  return {x, {DType::kInt32, x.shape}};
}

double sort_flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return static_cast<double>(x.size()) * std::log2(static_cast<double>(std::max<int64_t>(x[-1], 2)));
}

std::vector<Tensor> vjp_sort(const VjpArgs& args) {
  if (!args.grads[0].defined()) return {Tensor()};
  if (args.outputs.size() < 2)
    return {scatter_add_along_axis(args.grads[0], argsort(args.inputs[0]), -1, args.inputs[0].shape()[-1])};
  return {scatter_add_along_axis(args.grads[0], args.outputs[1], -1, args.inputs[0].shape()[-1])};
}

std::optional<Attrs> without_order(const Attrs&, const std::vector<bool>& used) {
  if (used.size() < 2 || used[1]) return {};
  return SortAttrs{.order = false};
}

const Op& sort_op = register_op<SortAttrs>(
    {.name = "sort",
     .doc = "x in ascending order along the last axis, and where it was: stable, NaN last",
     .inputs = {{"x"}},
     .outputs = {"values", "order"},
     .infer = infer_sort,
     .flops = sort_flops,
     .vjp = vjp_sort,
     .without_unused = without_order});

Tensor sorted(const char* name, const Tensor& x, std::optional<int> axis, size_t which) {
  return detail::along_last_axis(
      name, x, axis, [&](const Tensor& rows) { return apply(sort_op, SortAttrs{}, {rows})[which]; });
}

Tensor drawn(const char* class_name, const Tensor& x, std::optional<int> axis) {
  return detail::recorded(class_name, {x}, Json::object({{"axis", axis ? Json(*axis) : Json()}}));
}

}  // namespace

Tensor sort(const Tensor& x, std::optional<int> axis) {
  if (is_symbolic(x)) return drawn("Sort", x, axis);
  return sorted("sort", x, axis, 0);
}

Tensor argsort(const Tensor& x, std::optional<int> axis) {
  if (is_symbolic(x)) return drawn("Argsort", x, axis);
  if (x.rank() == 0) return zeros({1}, DType::kInt32);
  return sorted("argsort", x, axis, 1);
}

namespace {

template <Tensor (*op)(const Tensor&, std::optional<int>)>
Tensor run(const OperationCall& call) {
  return op(call.tensor(0), detail::optional_axis_of(call));
}

const bool sort_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Sort", run<sort>}, {"Argsort", run<argsort>}});

}  // namespace

}  // namespace lamina
