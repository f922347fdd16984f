// Records of affine_transform and its adjoint.
#include "lamina/ops/affine_transform.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"

#include <algorithm>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/affine_transform.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace detail {

bool is_affine_interpolation(const std::string& name) { return name == "nearest" || name == "bilinear"; }

std::optional<FillMode> fill_mode_of(const std::string& name) {
  if (name == "constant") return FillMode::kConstant;
  if (name == "nearest") return FillMode::kNearest;
  if (name == "reflect") return FillMode::kReflect;
  if (name == "wrap") return FillMode::kWrap;
  return std::nullopt;
}

}  // namespace detail

namespace {

/// Up to here float32 counts pixels exactly.
constexpr int64_t kMostPixels = 1 << 24;

std::vector<TensorType> infer_transform(const InferArgs& args) {
  const auto& attrs = args.attrs.as<AffineTransformAttrs>();
  const Shape &images = args.inputs[0].shape, &transform = args.inputs[1].shape;
  if (images.rank() != 4) args.fail("images must be (batch, height, width, channels)");
  if (std::max(images[1], images[2]) > kMostPixels) {
    args.fail("images may have up to " + std::to_string(kMostPixels) + " rows and columns");
  }
  if (args.inputs[1].dtype != DType::kFloat32 || transform.rank() != 2 || transform[1] != 8 ||
      (transform[0] != 1 && transform[0] != images[0])) {
    args.fail("transform must be float32 of shape (1, 8) or (" + std::to_string(images[0]) +
              ", 8): a row for each image");
  }
  if (!detail::is_affine_interpolation(attrs.interpolation)) {
    args.fail("interpolation must be \"nearest\" or \"bilinear\", not \"" + attrs.interpolation + "\"");
  }
  if (!detail::fill_mode_of(attrs.fill_mode)) {
    args.fail("fill_mode must be \"constant\", \"nearest\", \"reflect\" or \"wrap\", not \"" +
              attrs.fill_mode + "\"");
  }
  return {args.inputs[0]};
}

/// A multiply-add for each of the four pixels around a place.
double blend_flops(const CostArgs& args) {
  const bool nearest = args.attrs.as<AffineTransformAttrs>().interpolation == "nearest";
  return nearest ? 0 : 8.0 * static_cast<double>(args.outputs[0].shape.size());
}

/// The transformation is linear but for the constant: its derivative fills with 0.
Tensor derivative(const char* op, const VjpArgs& args) {
  AffineTransformAttrs attrs = args.attrs.as<AffineTransformAttrs>();
  attrs.fill_value = 0;
  return apply(find_op(op), attrs, {args.grads[0], args.inputs[1]})[0];
}

const Op& transform_op = register_op<AffineTransformAttrs>({
    .name = "affine_transform",
    .doc = "y[n, y, x] = x[n] at the place (x', y') to which row n of the transforms leads from (x, y)",
    .inputs = {{"x", DTypeClass::kFloating}, {"transform", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = infer_transform,
    .flops = blend_flops,
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> {
      return {derivative("affine_transform_grad", args), Tensor()};
    },
});

[[maybe_unused]] const Op& grad_op = register_op<AffineTransformAttrs>({
    .name = "affine_transform_grad",
    .doc = "gradient of affine_transform with respect to the images",
    .inputs = {{"dy", DTypeClass::kFloating}, {"transform", DTypeClass::kFloating}},
    .outputs = {"dx"},
    .infer = infer_transform,
    .flops = blend_flops,
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> {
      return {derivative("affine_transform", args), Tensor()};
    },
});

Tensor with_axis_in_front(const Tensor& x) {
  std::vector<int64_t> dims = x.shape().dims();
  dims.insert(dims.begin(), 1);
  return reshape(x, Shape(dims));
}

}  // namespace

Tensor affine_transform(const Tensor& images, const Tensor& transform, const AffineTransformAttrs& options) {
  if (is_symbolic(images) || is_symbolic(transform))
    return detail::record({"AffineTransform",
                           Json::object({{"interpolation", options.interpolation},
                                         {"fill_mode", options.fill_mode},
                                         {"fill_value", options.fill_value},
                                         {"data_format", "channels_last"}}),
                           {images, transform}});
  const Tensor rows = transform.rank() == 1 ? with_axis_in_front(transform) : transform;
  if (images.rank() != 3) return apply(transform_op, options, {images, rows})[0];
  return reshape(apply(transform_op, options, {with_axis_in_front(images), rows})[0], images.shape());
}

}  // namespace lamina
