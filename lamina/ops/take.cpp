// Records of take and scatter_add, each the other's adjoint, and of the embedding's take.
#include "lamina/ops/take.h"

#include "lamina/graph/op.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_take(const InferArgs& args) {
  const int axis = args.attrs.as<TakeAttrs>().axis;
  const Shape& shape = args.inputs[0].shape;
  if (axis < 0 || axis >= shape.rank()) args.fail("axis " + std::to_string(axis) + " is out of range");
  Shape result;
  for (int i = 0; i < axis; ++i) result.push_back(shape[i]);
  for (int64_t extent : args.inputs[1].shape) result.push_back(extent);
  for (int i = axis + 1; i < shape.rank(); ++i) result.push_back(shape[i]);
  return {{args.inputs[0].dtype, result}};
}

std::vector<TensorType> infer_scatter_add(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ScatterAddAttrs>();
  const Shape& updates = args.inputs[0].shape;
  const Shape& indices = args.inputs[1].shape;
  bool fits = attrs.axis >= 0 && attrs.axis <= updates.rank() - indices.rank();
  for (int i = 0; fits && i < indices.rank(); ++i) fits = updates[attrs.axis + i] == indices[i];
  if (!fits) {
    args.fail("updates must have the indices' shape " + indices.str() + " from axis " +
              std::to_string(attrs.axis) + " on");
  }
  if (attrs.size < 0) args.fail("size must not be negative");
  Shape result;
  for (int i = 0; i < attrs.axis; ++i) result.push_back(updates[i]);
  result.push_back(attrs.size);
  for (int i = attrs.axis + indices.rank(); i < updates.rank(); ++i) result.push_back(updates[i]);
  return {{args.inputs[0].dtype, result}};
}

std::vector<Tensor> vjp_take(const VjpArgs& args) {
  const int axis = args.attrs.as<TakeAttrs>().axis;
  return {scatter_add(args.grads[0], args.inputs[1], axis, args.inputs[0].shape()[axis]), Tensor()};
}

// Updates that were dropped had no influence.
std::vector<Tensor> vjp_scatter_add(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<ScatterAddAttrs>();
  const Tensor& indices = args.inputs[1];
  const Tensor taken = take(args.grads[0], indices, attrs.axis);
  const Tensor wide = cast(indices, DType::kInt64);
  const auto size = static_cast<double>(attrs.size);
  Shape shape = indices.shape();
  for (int i = attrs.axis + indices.rank(); i < taken.rank(); ++i) shape.push_back(1);
  const Tensor counts = reshape(logical_and(greater_equal(wide, -size), less(wide, size)), shape);
  return {where(counts, taken, 0.0), Tensor()};
}

std::vector<TensorType> infer_lookup(const InferArgs& args) {
  const Shape& table = args.inputs[0].shape;
  if (table.rank() != 2) args.fail("the table must be (rows, width), not " + table.str());
  Shape result = args.inputs[1].shape;
  result.push_back(table[1]);
  return {{args.inputs[0].dtype, result}};
}

std::vector<Tensor> vjp_lookup(const VjpArgs& args) {
  return {scatter_add(args.grads[0], args.inputs[1], 0, args.inputs[0].shape()[0]), Tensor()};
}

std::vector<Tensor> lookup_body(const Attrs&, std::span<const Tensor> inputs) {
  return {take(inputs[0], inputs[1], 0)};
}

const Op& take_op = register_op<TakeAttrs>({.name = "take",
                                            .doc = "Slices of x at the indices along an axis",
                                            .inputs = {{"x"}, {"indices", DTypeClass::kInteger}},
                                            .outputs = {"y"},
                                            .infer = infer_take,
                                            .flops = no_flops,
                                            .vjp = vjp_take});

const Op& lookup_op = register_op({.name = "embedding_lookup",
                                   .doc = "Rows of a table at ids, all of which must be in it",
                                   .inputs = {{"table"}, {"ids", DTypeClass::kInteger}},
                                   .outputs = {"y"},
                                   .infer = infer_lookup,
                                   .vjp = vjp_lookup,
                                   .body = lookup_body});

const Op& scatter_add_op = register_op<ScatterAddAttrs>(
    {.name = "scatter_add",
     .doc = "Zeros to which each slice of updates is added at its index",
     .inputs = {{"updates", DTypeClass::kNumeric}, {"indices", DTypeClass::kInteger}},
     .outputs = {"y"},
     .infer = infer_scatter_add,
     .flops = detail::flops_per_input_element<1>,
     .vjp = vjp_scatter_add});

}  // namespace

Tensor take(const Tensor& x, const Tensor& indices, std::optional<int> axis) {
  if (is_symbolic(x) || is_symbolic(indices)) {
    return detail::recorded("Take", {x, detail::operand(indices)},
                            Json::object({{"axis", axis ? Json(*axis) : Json()}}));
  }
  if (!axis) return take(reshape(x, {-1}), indices, 0);
  return apply(take_op, TakeAttrs{detail::checked_axis("take", x, *axis)}, {x, indices})[0];
}

Tensor embedding_lookup(const Tensor& table, const Tensor& ids) {
  return apply(lookup_op, {}, {table, ids})[0];
}

Tensor scatter_add(const Tensor& updates, const Tensor& indices, int axis, int64_t size) {
  const int rank = updates.rank() - indices.rank() + 1;
  return apply(scatter_add_op, ScatterAddAttrs{axis < 0 ? axis + rank : axis, size}, {updates, indices})[0];
}

namespace {

const bool take_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Take",
                         [](const OperationCall& call) {
                           const Axes axis = detail::axes_of(call);
                           return take(call.tensor(0), detail::indices_of(call, 1),
                                       axis.empty() ? std::nullopt : std::optional<int>(axis.values()[0]));
                         },
                         {"x", "indices"}}});

}  // namespace

}  // namespace lamina
