// Records of the reductions.
#include "lamina/ops/reduce.h"

#include <algorithm>
#include <numeric>

#include "lamina/core/grad.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

bool reduces(const ReduceAttrs& attrs, int axis) {
  return std::find(attrs.axes.begin(), attrs.axes.end(), axis) != attrs.axes.end();
}

/// The shape after reducing `shape`, with or without the reduced axes.
Shape reduced(const Shape& shape, const ReduceAttrs& attrs, bool keepdims) {
  Shape result;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (!reduces(attrs, axis)) {
      result.push_back(shape[axis]);
    } else if (keepdims) {
      result.push_back(1);
    }
  }
  return result;
}

Shape checked_shape(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ReduceAttrs>();
  const Shape& shape = args.inputs[0].shape;
  for (size_t i = 0; i < attrs.axes.size(); ++i) {
    const int axis = attrs.axes[i];
    if (axis < 0 || axis >= shape.rank()) args.fail("axis " + std::to_string(axis) + " is out of range");
    if (i > 0 && attrs.axes[i - 1] >= axis) args.fail("axes must ascend without repetition");
  }
  return reduced(shape, attrs, attrs.keepdims);
}

std::vector<TensorType> infer_accumulated(const InferArgs& args) {
  const DType dtype = args.inputs[0].dtype;
  const bool narrow = dtype == DType::kBool || (is_integer(dtype) && size_of(dtype) < 4);
  return {{narrow ? DType::kInt32 : dtype, checked_shape(args)}};
}

std::vector<TensorType> infer_mean(const InferArgs& args) {
  return {{args.inputs[0].dtype, checked_shape(args)}};
}

std::vector<TensorType> infer_extreme(const InferArgs& args) {
  const Shape result = checked_shape(args);
  if (args.inputs[0].shape.size() == 0 && result.size() > 0) {
    args.fail("no elements to choose from: the reduced axes must not be empty");
  }
  return {{args.inputs[0].dtype, result}};
}

std::vector<TensorType> infer_bool(const InferArgs& args) { return {{DType::kBool, checked_shape(args)}}; }

/// `y`, a result of the reduction, repeated to the shape of its input.
Tensor expanded(const Tensor& y, const Shape& shape, const ReduceAttrs& attrs) {
  return broadcast_to(reshape(y, reduced(shape, attrs, true)), shape);
}

std::vector<Tensor> vjp_sum(const VjpArgs& args) {
  if (!is_floating(args.inputs[0].dtype())) return {Tensor()};
  return {expanded(args.grads[0], args.inputs[0].shape(), args.attrs.as<ReduceAttrs>())};
}

std::vector<Tensor> vjp_mean(const VjpArgs& args) {
  const Shape& shape = args.inputs[0].shape();
  const double count =
      static_cast<double>(shape.size()) / static_cast<double>(std::max<int64_t>(args.outputs[0].size(), 1));
  return {expanded(args.grads[0] / count, shape, args.attrs.as<ReduceAttrs>())};
}

std::vector<Tensor> vjp_extreme(const VjpArgs& args) {
  const Tensor& x = args.inputs[0];
  if (!is_floating(x.dtype())) return {Tensor()};
  const auto& attrs = args.attrs.as<ReduceAttrs>();
  const Tensor chosen = stop_gradient(cast(equal(x, expanded(args.outputs[0], x.shape(), attrs)), x.dtype()));
  const Tensor share = args.grads[0] / sum(chosen, attrs.axes, attrs.keepdims);
  return {multiply(chosen, expanded(share, x.shape(), attrs))};
}

/// The product by halving each reduced axis until one element is left. The gradient goes through it rather
/// than as product over element, which fails where an element is zero.
std::vector<Tensor> prod_tree(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ReduceAttrs>();
  Tensor x = inputs[0];
  for (int axis : attrs.axes) {
    if (x.shape()[axis] == 0) {
      Shape one = x.shape();
      one.set(axis, 1);
      x = ones(one, x.dtype());
    }
    while (x.shape()[axis] > 1) {
      const int64_t extent = x.shape()[axis];
      std::vector<int64_t> starts(static_cast<size_t>(axis) + 1, 0);
      std::vector<int64_t> stops(x.shape().begin(), x.shape().begin() + axis + 1);
      const auto part = [&](int64_t from, int64_t to) {
        starts.back() = from;
        stops.back() = to;
        return slice(x, starts, stops);
      };
      Tensor half = multiply(part(0, extent / 2), part(extent / 2, extent / 2 * 2));
      x = extent % 2 ? concatenate({half, part(extent - 1, extent)}, axis) : half;
    }
  }
  return {reshape(x, reduced(inputs[0].shape(), attrs, attrs.keepdims))};
}

const Op& sum_op = register_op<ReduceAttrs>({.name = "sum",
                                             .doc = "Sum of the elements over axes",
                                             .inputs = {{"x"}},
                                             .outputs = {"sum"},
                                             .infer = infer_accumulated,
                                             .flops = detail::flops_per_input_element<1>,
                                             .vjp = vjp_sum});

const Op& mean_op = register_op<ReduceAttrs>({.name = "mean",
                                              .doc = "Arithmetic mean of the elements over axes",
                                              .inputs = {{"x", DTypeClass::kFloating}},
                                              .outputs = {"mean"},
                                              .infer = infer_mean,
                                              .flops = detail::flops_per_input_element<1>,
                                              .vjp = vjp_mean});

const Op& max_op = register_op<ReduceAttrs>({.name = "max",
                                             .doc = "Largest element over axes; NaN if any is NaN",
                                             .inputs = {{"x"}},
                                             .outputs = {"max"},
                                             .infer = infer_extreme,
                                             .flops = detail::flops_per_input_element<1>,
                                             .vjp = vjp_extreme});

const Op& min_op = register_op<ReduceAttrs>({.name = "min",
                                             .doc = "Smallest element over axes; NaN if any is NaN",
                                             .inputs = {{"x"}},
                                             .outputs = {"min"},
                                             .infer = infer_extreme,
                                             .flops = detail::flops_per_input_element<1>,
                                             .vjp = vjp_extreme});

const Op& prod_op = register_op<ReduceAttrs>({.name = "prod",
                                              .doc = "Product of the elements over axes",
                                              .inputs = {{"x"}},
                                              .outputs = {"product"},
                                              .infer = infer_accumulated,
                                              .flops = detail::flops_per_input_element<1>,
                                              .vjp = detail::vjp_of_body<prod_tree>});

const Op& any_op = register_op<ReduceAttrs>({.name = "any",
                                             .doc = "Whether any element over axes differs from zero",
                                             .inputs = {{"x"}},
                                             .outputs = {"any"},
                                             .infer = infer_bool,
                                             .flops = detail::flops_per_input_element<1>,
                                             .no_gradient = "the result is bool"});

const Op& all_op = register_op<ReduceAttrs>({.name = "all",
                                             .doc = "Whether all elements over axes differ from zero",
                                             .inputs = {{"x"}},
                                             .outputs = {"all"},
                                             .infer = infer_bool,
                                             .flops = detail::flops_per_input_element<1>,
                                             .no_gradient = "the result is bool"});

/// What the user gave, in the one form that the ops take.
ReduceAttrs canonical(const char* function, const Tensor& x, const Axes& axes, bool keepdims) {
  ReduceAttrs attrs{axes.values(), keepdims};
  if (axes.empty()) {
    attrs.axes.resize(static_cast<size_t>(x.rank()));
    std::iota(attrs.axes.begin(), attrs.axes.end(), 0);
  }
  for (int& axis : attrs.axes) axis = detail::checked_axis(function, x, axis);
  std::sort(attrs.axes.begin(), attrs.axes.end());
  return attrs;
}

Tensor reduce(const Op& op, const Tensor& x, const Axes& axes, bool keepdims) {
  return std::move(apply(op, canonical(op.name.c_str(), x, axes, keepdims), {x})[0]);
}

Tensor draw(const char* name, const Tensor& x, const Axes& axes, bool keepdims) {
  return detail::recorded(name, {x},
                          Json::object({{"axis", detail::axes_json(axes)}, {"keepdims", keepdims}}));
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Sum", x, axes, keepdims);
  return reduce(sum_op, x, axes, keepdims);
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Mean", x, axes, keepdims);
  return reduce(mean_op, is_floating(x.dtype()) ? x : cast(x, DType::kFloat32), axes, keepdims);
}

Tensor max(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Max", x, axes, keepdims);
  return reduce(max_op, x, axes, keepdims);
}

Tensor min(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Min", x, axes, keepdims);
  return reduce(min_op, x, axes, keepdims);
}

Tensor prod(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Prod", x, axes, keepdims);
  return reduce(prod_op, x, axes, keepdims);
}

Tensor ops::any(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Any", x, axes, keepdims);
  return reduce(any_op, x, axes, keepdims);
}

Tensor all(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("All", x, axes, keepdims);
  return reduce(all_op, x, axes, keepdims);
}

Tensor variance(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Var", x, axes, keepdims);
  const Tensor floating = is_floating(x.dtype()) ? x : cast(x, DType::kFloat32);
  return mean(square(subtract(floating, mean(floating, axes, /*keepdims=*/true))), axes, keepdims);
}

Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return draw("Logsumexp", x, axes, keepdims);
  const Tensor largest = stop_gradient(max(x, axes, /*keepdims=*/true));
  const Tensor shift = where(isfinite(largest), largest, zeros_like(largest));
  const Tensor shifted = log(sum(exp(subtract(x, shift)), axes, /*keepdims=*/true));
  const Tensor result = add(shifted, shift);
  return keepdims ? result
                  : reshape(result, reduced(x.shape(), canonical("logsumexp", x, axes, keepdims), false));
}

namespace {

template <Tensor (*reduction)(const Tensor&, const Axes&, bool)>
Tensor run_reduction(const OperationCall& call) {
  return reduction(call.tensor(0), detail::axes_of(call), detail::flag_of(call, "keepdims"));
}

// Max and Min may begin with a number of their own.
template <Tensor (*reduction)(const Tensor&, const Axes&, bool),
          Tensor (*combine)(const Tensor&, const Tensor&)>
Tensor run_extreme(const OperationCall& call) {
  const Json* initial = call.config.find("initial");
  const Tensor result = run_reduction<reduction>(call);
  if (!initial || initial->is_null()) return result;
  return combine(result, detail::scalar_like(initial->as_double(), result));
}

Tensor run_prod(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return prod(cast(x, detail::dtype_of(call, x.dtype())), detail::axes_of(call),
              detail::flag_of(call, "keepdims"));
}

const bool reduce_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Sum", run_reduction<sum>},
                                                    {"Mean", run_reduction<mean>},
                                                    {"Max", run_extreme<max, maximum>},
                                                    {"Min", run_extreme<min, minimum>},
                                                    {"Amax", run_reduction<max>},
                                                    {"Amin", run_reduction<min>},
                                                    {"Prod", run_prod},
                                                    {"Any", run_reduction<ops::any>},
                                                    {"All", run_reduction<all>},
                                                    {"Var", run_reduction<variance>}});
const bool math_recorded =
    detail::register_operations(detail::kMathOps, {{"Logsumexp", run_reduction<logsumexp>}});

}  // namespace

}  // namespace lamina
