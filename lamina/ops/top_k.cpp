// Record of top_k; in_top_k as a composition.
#include "lamina/ops/top_k.h"

#include <limits>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_top_k(const InferArgs& args) {
  const TensorType& x = args.inputs[0];
  const int64_t k = args.attrs.as<TopKAttrs>().k;
  if (x.shape.rank() == 0) args.fail("x must have an axis");
  if (k < 0 || k > x.shape[-1]) {
    args.fail("k must be from 0 to " + std::to_string(x.shape[-1]) + ", the last extent of x, not " +
              std::to_string(k));
  }
  if (x.shape[-1] > std::numeric_limits<int32_t>::max()) args.fail("the axis is too long for an int32 index");
  Shape shape = x.shape;
  shape.set(-1, k);
  return {{x.dtype, shape}, {DType::kInt32, shape}};
}

std::vector<Tensor> vjp_top_k(const VjpArgs& args) {
  if (!args.grads[0].defined()) return {Tensor()};
  return {scatter_add_along_axis(args.grads[0], args.outputs[1], -1, args.inputs[0].shape()[-1])};
}

const Op& top_k_op =
    register_op<TopKAttrs>({.name = "top_k",
                            .doc = "The k largest elements along the last axis, descending, and their places",
                            .inputs = {{"x"}},
                            .outputs = {"values", "indices"},
                            .infer = infer_top_k,
                            .flops = detail::flops_per_input_element<1>,
                            .vjp = vjp_top_k});

}  // namespace

std::vector<Tensor> top_k(const Tensor& x, int64_t k, bool sorted) {
  if (is_symbolic(x)) return detail::record_all({"TopK", Json::object({{"k", k}, {"sorted", sorted}}), {x}});
  return apply(top_k_op, TopKAttrs{k}, {x});
}

Tensor in_top_k(const Tensor& targets, const Tensor& predictions, int64_t k) {
  if (is_symbolic(targets) || is_symbolic(predictions))
    return detail::recorded("InTopK", {targets, predictions}, Json::object({{"k", k}}));
  const Shape &rows = targets.shape(), &shape = predictions.shape();
  if (!is_integer(targets.dtype()) || !is_floating(predictions.dtype()) || rows.rank() != 1 ||
      shape.rank() != 2 || rows[0] != shape[0]) {
    throw InvalidArgument("in_top_k: expected integers (batch,) and floats (batch, classes), received " +
                          targets.type().str() + " and " + predictions.type().str());
  }
  const Tensor ids = expand_dims(targets, 1);
  const Tensor own = take_along_axis(predictions, ids, 1);
  const Tensor larger = sum(cast(predictions > own, DType::kInt32), 1);
  const Tensor tells = all(isfinite(predictions), 1) && squeeze(isfinite(own), 1) && targets >= 0.0;
  return tells && cast(larger, DType::kInt64) < static_cast<double>(k);
}

namespace {

std::vector<Tensor> run_top_k(const OperationCall& call) {
  return top_k(call.tensor(0), call.config.at("k").as_int());
}

std::vector<TensorType> infer_drawn(const OperationCall& call, const std::vector<TensorType>& inputs) {
  const int64_t k = call.config.at("k").as_int();
  TensorType values = inputs.at(0);
  const bool fits = values.shape.rank() > 0 && k >= 0 && (values.shape[-1] < 0 || k <= values.shape[-1]);
  if (!fits) {
    throw InvalidArgument("top_k: k must be from 0 to the last extent of " + values.str() + ", not " +
                          std::to_string(k));
  }
  values.shape.set(-1, k);
  return {values, {DType::kInt32, values.shape}};
}

Tensor run_in_top_k(const OperationCall& call) {
  return in_top_k(call.tensor(0), call.tensor(1), call.config.at("k").as_int());
}

const bool top_k_recorded =
    register_operation(
        {.class_name = "TopK", .module = detail::kMathOps, .run_all = run_top_k, .infer = infer_drawn}) &&
    detail::register_operations(detail::kMathOps, {{"InTopK", run_in_top_k, {"targets", "predictions"}}});

}  // namespace

}  // namespace lamina
