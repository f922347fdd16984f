// Records of dynamic_slice and slice_update, each in the other's gradient.
#include "lamina/ops/dynamic_slice.h"

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

void check_part(const InferArgs& args, const Shape& part) {
  const Shape &x = args.inputs[0].shape, &starts = args.inputs[1].shape;
  if (starts != Shape{x.rank()}) args.fail("start_indices must be one for each axis of inputs");
  bool fits = part.rank() == x.rank();
  for (int i = 0; fits && i < x.rank(); ++i) fits = part[i] >= 0 && part[i] <= x[i];
  if (!fits) args.fail("a part of shape " + part.str() + " does not lie in inputs");
}

std::vector<TensorType> infer_slice(const InferArgs& args) {
  const Shape& shape = args.attrs.as<DynamicSliceAttrs>().shape;
  check_part(args, shape);
  return {{args.inputs[0].dtype, shape}};
}

std::vector<TensorType> infer_update(const InferArgs& args) {
  if (args.inputs[2].dtype != args.inputs[0].dtype)
    args.fail("inputs and updates must have one dtype; cast them first");
  check_part(args, args.inputs[2].shape);
  return {args.inputs[0]};
}

std::vector<Tensor> vjp_slice(const VjpArgs& args) {
  return {slice_update(zeros_like(args.inputs[0]), args.inputs[1], args.grads[0]), Tensor()};
}

std::vector<Tensor> vjp_update(const VjpArgs& args) {
  const Tensor &starts = args.inputs[1], &updates = args.inputs[2], &grad = args.grads[0];
  return {slice_update(grad, starts, zeros_like(updates)), Tensor(),
          dynamic_slice(grad, starts, updates.shape())};
}

const Op& slice_op =
    register_op<DynamicSliceAttrs>({.name = "dynamic_slice",
                                    .doc = "The part of inputs of a shape that begins at start_indices",
                                    .inputs = {{"inputs"}, {"start_indices", DTypeClass::kInteger}},
                                    .outputs = {"y"},
                                    .infer = infer_slice,
                                    .flops = no_flops,
                                    .vjp = vjp_slice});

const Op& update_op =
    register_op({.name = "slice_update",
                 .doc = "inputs with updates in place of the part that begins at start_indices",
                 .inputs = {{"inputs"}, {"start_indices", DTypeClass::kInteger}, {"updates"}},
                 .outputs = {"y"},
                 .infer = infer_update,
                 .flops = no_flops,
                 .vjp = vjp_update,
                 .in_place = {{0, 0}}});

/// `shape` with the extents that reach to the end.
Shape to_the_end(const Tensor& inputs, const Tensor& starts, Shape shape) {
  std::vector<int64_t> first;
  for (int i = 0; i < shape.rank() && i < inputs.rank(); ++i) {
    if (shape[i] != -1) continue;
    if (first.empty()) first = starts.to_vector<int64_t>();
    const int64_t start = static_cast<size_t>(i) < first.size() ? first[static_cast<size_t>(i)] : 0;
    if (start < 0 || start > inputs.shape()[i]) {
      throw InvalidArgument("dynamic_slice: the start " + std::to_string(start) + " is outside of axis " +
                            std::to_string(i) + " of " + inputs.type().str());
    }
    shape.set(i, inputs.shape()[i] - start);
  }
  return shape;
}

}  // namespace

Tensor dynamic_slice(const Tensor& inputs, const Tensor& start_indices, const Shape& shape) {
  if (is_symbolic(inputs) || is_symbolic(start_indices)) {
    return detail::recorded("Slice", {inputs, start_indices},
                            Json::object({{"shape", detail::integers_json(shape)}}));
  }
  return apply(slice_op, DynamicSliceAttrs{to_the_end(inputs, start_indices, shape)},
               {inputs, start_indices})[0];
}

Tensor slice_update(const Tensor& inputs, const Tensor& start_indices, const Tensor& updates) {
  if (is_symbolic(inputs) || is_symbolic(start_indices) || is_symbolic(updates))
    return detail::recorded("SliceUpdate", {inputs, start_indices, updates});
  return apply(update_op, {}, {inputs, start_indices, updates})[0];
}

namespace {

const bool dynamic_slice_recorded = detail::register_operations(
    detail::kCoreOps, {{"Slice",
                        [](const OperationCall& call) {
                          return dynamic_slice(call.tensor(0), detail::indices_of(call, 1),
                                               Shape(detail::integers_of(call, "shape")));
                        },
                        {"inputs", "start_indices"}},
                       {"SliceUpdate",
                        [](const OperationCall& call) {
                          return slice_update(call.tensor(0), detail::indices_of(call, 1), call.tensor(2));
                        },
                        {"inputs", "start_indices", "updates"}}});

}  // namespace

}  // namespace lamina
