// Records of cumsum, cumprod and logcumsumexp, along the last axis.
#include "lamina/ops/cumulative.h"

#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/last_axis.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_scan(const InferArgs& args) {
  if (args.inputs[0].shape.rank() == 0) args.fail("x must have an axis");
  return {args.inputs[0]};
}

using Combine = Tensor (*)(const Tensor& a, const Tensor& b);

/// Elements from `start` to `stop` along the last axis.
Tensor part(const Tensor& x, int64_t start, int64_t stop) { return index(x, {ellipsis, Slice{start, stop}}); }

/// The scan in steps that double how far back they reach, so that n places take log2(n) of them.
template <Combine combine>
std::vector<Tensor> doubling_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  Tensor x = inputs[0];
  const int64_t n = x.shape()[-1];
  for (int64_t step = 1; step < n; step *= 2) {
    const Tensor both = combine(part(x, 0, n - step), part(x, step, n));
    x = attrs.as<CumulativeAttrs>().reverse ? concatenate({both, part(x, n - step, n)}, -1)
                                            : concatenate({part(x, 0, step), both}, -1);
  }
  return {x};
}

Tensor log_add_exp(const Tensor& a, const Tensor& b) { return logsumexp(stack({a, b}, 0), 0); }

std::vector<Tensor> vjp_sum(const VjpArgs& args);

const Op& cumsum_op = register_op<CumulativeAttrs>(
    {.name = "cumsum",
     .doc = "y[i] = x[0] + ... + x[i] along the last axis; from its end when reverse",
     .inputs = {{"x", DTypeClass::kNumeric}},
     .outputs = {"y"},
     .infer = infer_scan,
     .flops = detail::flops_per_input_element<1>,
     .vjp = vjp_sum});

const Op& cumprod_op = register_op<CumulativeAttrs>(
    {.name = "cumprod",
     .doc = "y[i] = x[0] * ... * x[i] along the last axis; from its end when reverse",
     .inputs = {{"x", DTypeClass::kNumeric}},
     .outputs = {"y"},
     .infer = infer_scan,
     .flops = detail::flops_per_input_element<1>,
     .vjp = detail::vjp_of_body<doubling_body<multiply>>,
     .body = doubling_body<multiply>});

const Op& logcumsumexp_op = register_op<CumulativeAttrs>(
    {.name = "logcumsumexp",
     .doc = "y[i] = log(exp(x[0]) + ... + exp(x[i])) along the last axis; from its end when reverse",
     .inputs = {{"x", DTypeClass::kFloating}},
     .outputs = {"y"},
     .infer = infer_scan,
     .flops = detail::flops_per_input_element<4>,
     .vjp = detail::vjp_of_body<doubling_body<log_add_exp>>,
     .body = doubling_body<log_add_exp>});

Tensor scanned(const Op& op, const Tensor& x, bool reverse) {
  return apply(op, CumulativeAttrs{reverse}, {x})[0];
}

std::vector<Tensor> vjp_sum(const VjpArgs& args) {
  return {scanned(cumsum_op, args.grads[0], !args.attrs.as<CumulativeAttrs>().reverse)};
}

Tensor along(const char* function, const Op& op, const Tensor& given, std::optional<int> axis,
             std::optional<DType> dtype) {
  Tensor x = dtype ? cast(given, *dtype) : given;
  if (x.dtype() == DType::kBool) x = cast(x, DType::kInt32);
  return detail::along_last_axis(function, x, axis,
                                 [&](const Tensor& rows) { return scanned(op, rows, false); });
}

Tensor drawn(const char* class_name, const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) {
  return detail::recorded(
      class_name, {x},
      Json::object({{"axis", axis ? Json(*axis) : Json()}, {"dtype", dtype ? Json(name(*dtype)) : Json()}}));
}

}  // namespace

Tensor cumsum(const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) {
  if (is_symbolic(x)) return drawn("Cumsum", x, axis, dtype);
  return along("cumsum", cumsum_op, x, axis, dtype);
}

Tensor cumprod(const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) {
  if (is_symbolic(x)) return drawn("Cumprod", x, axis, dtype);
  return along("cumprod", cumprod_op, x, axis, dtype);
}

Tensor logcumsumexp(const Tensor& x, std::optional<int> axis) {
  return along("logcumsumexp", logcumsumexp_op, x, axis, {});
}

namespace {

template <Tensor (*op)(const Tensor&, std::optional<int>, std::optional<DType>)>
Tensor run(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return op(x, detail::optional_axis_of(call), detail::dtype_of(call, x.dtype()));
}

const bool cumulative_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Cumsum", run<cumsum>}, {"Cumprod", run<cumprod>}});

}  // namespace

}  // namespace lamina
