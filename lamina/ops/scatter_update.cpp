// Record of scatter_update; scatter and the segment reductions in terms of it.
#include "lamina/ops/scatter_update.h"

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_update(const InferArgs& args) {
  const TensorType &x = args.inputs[0], &indices = args.inputs[1], &updates = args.inputs[2];
  if (updates.dtype != x.dtype) args.fail("inputs and updates must have one dtype; cast them first");
  const std::string& reduction = args.attrs.as<ScatterUpdateAttrs>().reduction;
  if (reduction != "" && reduction != "add" && reduction != "mul" && reduction != "max" && reduction != "min")
    args.fail("reduction must be none, \"add\", \"mul\", \"max\" or \"min\", not \"" + reduction + "\"");
  if (x.dtype == DType::kBool && reduction != "") args.fail("of bool there is no reduction");
  if (indices.shape.rank() == 0 || indices.shape[-1] < 1 || indices.shape[-1] > x.shape.rank())
    args.fail("the last extent of the indices must be from 1 to the number of axes of inputs");
  Shape expected;
  for (int i = 0; i + 1 < indices.shape.rank(); ++i) expected.push_back(indices.shape[i]);
  for (auto i = static_cast<int>(indices.shape[-1]); i < x.shape.rank(); ++i) expected.push_back(x.shape[i]);
  if (updates.shape != expected) args.fail("updates must have the shape " + expected.str());
  return {x};
}

double update_flops(const CostArgs& args) {
  const bool reduces = !args.attrs.as<ScatterUpdateAttrs>().reduction.empty();
  return reduces ? static_cast<double>(args.inputs[2].shape.size()) : 0;
}

/// What x has at the indices.
Tensor at_places(const Tensor& x, const Tensor& indices) {
  const auto depth = static_cast<int>(indices.shape()[-1]);
  Shape rows{1};
  std::vector<int64_t> strides(static_cast<size_t>(depth));
  int64_t count = 1;
  for (int i = depth - 1; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = count;
    count *= x.shape()[i];
  }
  rows.set(0, count);
  for (int i = depth; i < x.rank(); ++i) rows.push_back(x.shape()[i]);
  const Tensor ids = sum(cast(indices, DType::kInt64) * Tensor::from(strides, {depth}), -1);
  return take(reshape(x, rows), ids, 0);
}

/// Which updates stay when the last one at each place does: by their numbers, written like them.
Tensor last_ones(const Shape& inputs, const Tensor& indices) {
  Shape places, each;
  for (int i = 0; i < indices.shape()[-1]; ++i) places.push_back(inputs[i]);
  for (int i = 0; i + 1 < indices.rank(); ++i) each.push_back(indices.shape()[i]);
  const Tensor numbers = reshape(arange(each.size(), DType::kInt64), each);
  return equal(at_places(scatter_update(zeros(places, DType::kInt64), indices, numbers), indices), numbers);
}

const Op& update_operation();

Tensor updated(const Tensor& x, const Tensor& indices, const Tensor& updates, const char* reduction) {
  return apply(update_operation(), ScatterUpdateAttrs{reduction}, {x, indices, updates})[0];
}

/// Each factor's share is the product of the others, which is found without dividing by it where it is 0.
std::vector<Tensor> vjp_product(const VjpArgs& args) {
  const Tensor &x = args.inputs[0], &indices = args.inputs[1], &updates = args.inputs[2];
  const auto is_zero = [](const Tensor& factor) { return equal(factor, 0.0); };
  const auto without_zeros = [&](const Tensor& factor) { return where(is_zero(factor), 1.0, factor); };
  const Tensor zeros =
      updated(cast(is_zero(x), x.dtype()), indices, cast(is_zero(updates), x.dtype()), "add");
  const Tensor product = updated(without_zeros(x), indices, without_zeros(updates), "mul");
  const auto others = [&](const Tensor& factor, const Tensor& count, const Tensor& whole) {
    const Tensor only_one = where(equal(count, 1.0), whole, 0.0);
    const Tensor divided = where(equal(count, 0.0), whole / without_zeros(factor), 0.0);
    return where(is_zero(factor), only_one, divided);
  };
  const Tensor& grad = args.grads[0];
  return {grad * others(x, zeros, product), Tensor(),
          at_places(grad, indices) * others(updates, at_places(zeros, indices), at_places(product, indices))};
}

std::vector<Tensor> vjp_update(const VjpArgs& args) {
  const std::string& reduction = args.attrs.as<ScatterUpdateAttrs>().reduction;
  const Tensor &x = args.inputs[0], &indices = args.inputs[1], &updates = args.inputs[2],
               &grad = args.grads[0];
  if (reduction == "add") return {grad, Tensor(), at_places(grad, indices)};
  if (reduction == "mul") return vjp_product(args);
  if (reduction.empty()) {
    Tensor last = last_ones(x.shape(), indices);
    while (last.rank() < updates.rank()) last = expand_dims(last, -1);
    return {scatter_update(grad, indices, zeros_like(updates)), Tensor(),
            where(last, at_places(grad, indices), 0.0)};
  }
  const Tensor own = cast(equal(x, args.outputs[0]), x.dtype());
  const Tensor theirs = cast(equal(updates, at_places(args.outputs[0], indices)), x.dtype());
  const Tensor share = grad / maximum(scatter_update(own, indices, theirs, "add"), 1.0);
  return {own * share, Tensor(), theirs * at_places(share, indices)};
}

const Op& update_op =
    register_op<ScatterUpdateAttrs>({.name = "scatter_update",
                                     .doc = "inputs with updates at indices of their leading axes, in order",
                                     .inputs = {{"inputs"}, {"indices", DTypeClass::kInteger}, {"updates"}},
                                     .outputs = {"y"},
                                     .infer = infer_update,
                                     .flops = update_flops,
                                     .vjp = vjp_update,
                                     .in_place = {{0, 0}}});

const Op& update_operation() { return update_op; }

}  // namespace

Tensor scatter_update(const Tensor& inputs, const Tensor& indices, const Tensor& updates,
                      const std::optional<std::string>& reduction) {
  if (is_symbolic(inputs) || is_symbolic(indices) || is_symbolic(updates)) {
    return detail::recorded("ScatterUpdate", {inputs, indices, updates},
                            Json::object({{"reduction", reduction ? Json(*reduction) : Json()}}));
  }
  return apply(update_op, ScatterUpdateAttrs{reduction.value_or("")}, {inputs, indices, updates})[0];
}

Tensor scatter(const Tensor& indices, const Tensor& values, const Shape& shape) {
  if (is_symbolic(indices) || is_symbolic(values)) {
    return detail::recorded("Scatter", {indices, values},
                            Json::object({{"shape", detail::integers_json(shape)}}));
  }
  return scatter_update(zeros(shape, values.dtype()), indices, values, "add");
}

namespace {

Tensor reduced(const char* class_name, const char* reduction, double empty, const Tensor& data,
               const Tensor& ids, std::optional<int64_t> num_segments, bool sorted) {
  if (is_symbolic(data) || is_symbolic(ids)) {
    return detail::recorded(
        class_name, {data, ids},
        Json::object({{"num_segments", num_segments ? Json(*num_segments) : Json()}, {"sorted", sorted}}));
  }
  if (ids.rank() != 1 || data.rank() == 0 || data.shape()[0] != ids.shape()[0] || !is_integer(ids.dtype())) {
    throw InvalidArgument(std::string(class_name) +
                          ": expected integers, one for each place of the first axis of " +
                          data.type().str() + ", received " + ids.type().str());
  }
  if (num_segments && *num_segments < 0)
    throw InvalidArgument(std::string(class_name) + ": num_segments must not be negative");
  Shape shape = data.shape();
  shape.set(0, num_segments ? *num_segments : ids.size() == 0 ? 0 : max(ids).item<int64_t>() + 1);
  return scatter_update(full(shape, empty, data.dtype()), expand_dims(ids, -1), data, reduction);
}

}  // namespace

Tensor segment_sum(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments,
                   bool sorted) {
  return reduced("SegmentSum", "add", 0, data, segment_ids, num_segments, sorted);
}
Tensor segment_max(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments,
                   bool sorted) {
  return reduced("SegmentMax", "max", detail::finite_range(data.dtype()).first, data, segment_ids,
                 num_segments, sorted);
}
Tensor segment_min(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments,
                   bool sorted) {
  return reduced("SegmentMin", "min", detail::finite_range(data.dtype()).second, data, segment_ids,
                 num_segments, sorted);
}
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments,
                    bool sorted) {
  return reduced("SegmentProd", "mul", 1, data, segment_ids, num_segments, sorted);
}

namespace {

template <Tensor (*op)(const Tensor&, const Tensor&, std::optional<int64_t>, bool)>
Tensor run_segments(const OperationCall& call) {
  const Json* count = call.config.find("num_segments");
  if (!count || count->is_null())
    throw Unsupported("operation " + call.class_name + ": in a graph num_segments must be given");
  return op(call.tensor(0), detail::indices_of(call, 1), count->as_int(), detail::flag_of(call, "sorted"));
}

Tensor run_update(const OperationCall& call) {
  const Json* reduction = call.config.find("reduction");
  const bool given = reduction && reduction->is_string();
  return scatter_update(call.tensor(0), detail::indices_of(call, 1), call.tensor(2),
                        given ? std::optional<std::string>(reduction->as_string()) : std::nullopt);
}

Tensor run_scatter(const OperationCall& call) {
  return scatter(detail::indices_of(call, 0), call.tensor(1), Shape(detail::integers_of(call, "shape")));
}

const bool scatter_update_recorded =
    detail::register_operations(detail::kCoreOps,
                                {{"ScatterUpdate", run_update, {"inputs", "indices", "updates"}},
                                 {"Scatter", run_scatter, {"indices", "values"}}}) &&
    detail::register_operations(detail::kMathOps,
                                {{"SegmentSum", run_segments<segment_sum>, {"data", "segment_ids"}},
                                 {"SegmentProd", run_segments<segment_prod>, {"data", "segment_ids"}},
                                 {"SegmentMax", run_segments<segment_max>, {"data", "segment_ids"}},
                                 {"SegmentMin", run_segments<segment_min>, {"data", "segment_ids"}}});

}  // namespace

}  // namespace lamina
