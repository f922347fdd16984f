// Records of slice normalisation and its gradient. A tensor that is absent is empty and has one axis.
#include "lamina/ops/normalization.h"

#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

const Shape kAbsent{0};

/// Absent, and not a slice of no elements, which may have the same shape.
bool absent(const Shape& shape) { return shape == kAbsent; }

Shape slice_shape(const InferArgs& args) {
  const auto& attrs = args.attrs.as<NormalizationAttrs>();
  const Shape& x = args.inputs[0].shape;
  if (attrs.axis < 0 || attrs.axis >= x.rank())
    args.fail("axis " + std::to_string(attrs.axis) + " is out of range");
  if (!(attrs.epsilon >= 0)) args.fail("epsilon must not be negative");
  Shape result;
  for (int i = attrs.axis; i < x.rank(); ++i) result.push_back(x[i]);
  return result;
}

void check_slice(const InferArgs& args, size_t input, const Shape& slice) {
  const Shape& given = args.inputs[input].shape;
  if (given == slice || absent(given)) return;
  args.fail(args.op.inputs[input].name + " must have the shape of a slice, " + slice.str() + ", not " +
            given.str());
}

std::vector<TensorType> infer_normalization(const InferArgs& args) {
  detail::check_one_dtype(args);
  const Shape slice = slice_shape(args);
  check_slice(args, 1, slice);
  check_slice(args, 2, slice);
  return {args.inputs[0]};
}

std::vector<TensorType> infer_grad(const InferArgs& args) {
  detail::check_one_dtype(args);
  const Shape slice = slice_shape(args);
  check_slice(args, 1, slice);
  if (args.inputs[2].shape != args.inputs[0].shape)
    args.fail("the gradient of the output must have shape " + args.inputs[0].shape.str());
  const TensorType parameter{args.inputs[0].dtype, slice};
  return {args.inputs[0], parameter, parameter};
}

/// The axes that a slice takes, and those before.
std::vector<int> axes_of(const Attrs& attrs, const Tensor& x, bool slices) {
  const int axis = attrs.as<NormalizationAttrs>().axis;
  std::vector<int> axes;
  for (int i = slices ? axis : 0; i < (slices ? x.rank() : axis); ++i) axes.push_back(i);
  return axes;
}

Tensor sum_over(const Tensor& x, const std::vector<int>& axes) { return axes.empty() ? x : sum(x, axes); }

struct Normalized {
  Tensor x, inverse;
};

Normalized normalized(const Attrs& any_attrs, const Tensor& x) {
  const auto& attrs = any_attrs.as<NormalizationAttrs>();
  const std::vector<int> axes = axes_of(any_attrs, x, true);
  const Tensor moved = attrs.center ? x - mean(x, axes, true) : x;
  const Tensor inverse = rsqrt(mean(square(moved), axes, true) + attrs.epsilon);
  return {moved * inverse, inverse};
}

std::vector<Tensor> body(const Attrs& attrs, std::span<const Tensor> inputs) {
  Tensor y = normalized(attrs, inputs[0]).x;
  if (!absent(inputs[1].shape())) y = y * inputs[1];
  if (!absent(inputs[2].shape())) y = y + inputs[2];
  return {y};
}

// With n = moved * inverse and g = dy gamma: dx = inverse (g - mean(g) - n mean(g n)), the first mean only
// where a mean was taken off.
std::vector<Tensor> grad_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  const Tensor& dy = inputs[2];
  const std::vector<int> axes = axes_of(attrs, dy, true), others = axes_of(attrs, dy, false);
  const Normalized n = normalized(attrs, inputs[0]);
  const Tensor g = absent(inputs[1].shape()) ? dy : dy * inputs[1];
  Tensor dx = g - n.x * mean(g * n.x, axes, true);
  if (attrs.as<NormalizationAttrs>().center) dx = dx - mean(g, axes, true);
  return {dx * n.inverse, sum_over(dy * n.x, others), sum_over(dy, others)};
}

std::vector<Tensor> vjp_normalization(const VjpArgs& args) {
  const std::vector<Tensor> found =
      apply(find_op("layer_normalization_grad"), args.attrs, {args.inputs[0], args.inputs[1], args.grads[0]});
  const auto parameter = [&](size_t i) { return absent(args.inputs[i].shape()) ? Tensor() : found[i]; };
  return {found[0], parameter(1), parameter(2)};
}

const DTypeClass kFloating = DTypeClass::kFloating;

const Op& normalization_op = register_op<NormalizationAttrs>({
    .name = "layer_normalization",
    .doc = "(x - mean) / sqrt(variance + epsilon) * gamma + beta over the axes from one on; without center, "
           "of the elements as they are",
    .inputs = {{"x", kFloating}, {"gamma", kFloating}, {"beta", kFloating}},
    .outputs = {"y"},
    .infer = infer_normalization,
    .vjp = vjp_normalization,
    .body = body,
});

[[maybe_unused]] const Op& grad_op = register_op<NormalizationAttrs>({
    .name = "layer_normalization_grad",
    .doc = "gradients of layer_normalization with respect to x, gamma and beta",
    .inputs = {{"x", kFloating}, {"gamma", kFloating}, {"dy", kFloating}},
    .outputs = {"dx", "dgamma", "dbeta"},
    .infer = infer_grad,
    .vjp = detail::vjp_of_body<grad_body>,
    .body = grad_body,
});

Tensor normalize(const char* function, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                 NormalizationAttrs attrs) {
  attrs.axis = detail::checked_axis(function, x, attrs.axis);
  const bool half = x.dtype() == DType::kFloat16 || x.dtype() == DType::kBFloat16;
  const DType inside = half ? DType::kFloat32 : x.dtype();
  const auto prepared = [&](const Tensor& given) {
    if (!given.defined()) return zeros(kAbsent, inside);
    return half && given.dtype() == x.dtype() ? cast(given, inside) : given;
  };
  const Tensor y = apply(normalization_op, attrs, {prepared(x), prepared(gamma), prepared(beta)})[0];
  return half ? cast(y, x.dtype()) : y;
}

}  // namespace

Tensor layer_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta, int axis,
                           double epsilon) {
  return normalize("layer_normalization", x, gamma, beta, {axis, epsilon, true});
}

Tensor rms_normalization(const Tensor& x, const Tensor& scale, int axis, double epsilon) {
  return normalize("rms_normalization", x, scale, {}, {axis, epsilon, false});
}

}  // namespace lamina
