// Records of the convolution and its gradients.
#include "lamina/ops/conv2d.h"

#include <algorithm>

#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/epilogue.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {

Shape detail::check_conv(const InferArgs& args, const Conv2DAttrs& attrs, const Shape& image,
                         const Shape& kernel) {
  check_pair(args, "strides", attrs.strides);
  check_pair(args, "dilations", attrs.dilations);
  check_padding(args, attrs.padding);
  if (image.rank() != 4) args.fail("the image must be (batch, height, width, channels), not " + image.str());
  check_extents(args, image);
  if (kernel.rank() != 4) {
    args.fail("the kernel must be (height, width, channels / groups, filters), not " + kernel.str());
  }
  check_extents(args, kernel);
  if (attrs.groups < 1 || image[3] % attrs.groups != 0 || kernel[3] % attrs.groups != 0) {
    args.fail("groups must divide channels and filters, not " + std::to_string(attrs.groups));
  }
  if (image[3] / attrs.groups != kernel[2]) {
    args.fail("the kernel reads " + std::to_string(kernel[2]) + " channels per group, the image " +
              image.str() + " has " + std::to_string(image[3] / attrs.groups));
  }
  if (kernel[0] < 1 || kernel[1] < 1) args.fail("the kernel " + kernel.str() + " has no elements");
  if (std::max(kernel[0], kernel[1]) > kMostPixels) {
    args.fail("height and width of the kernel " + kernel.str() + " must be at most " +
              std::to_string(kMostPixels));
  }
  const ConvShape shape = conv_shape(attrs, image, kernel);
  if (attrs.padding != "same" && (shape.rows.output < 1 || shape.columns.output < 1)) {
    args.fail("the window of kernel " + kernel.str() + " is larger than the image " + image.str() +
              " with padding \"" + attrs.padding + "\"");
  }
  return {image[0], shape.rows.output, shape.columns.output, kernel[3]};
}

namespace {

std::vector<TensorType> infer_conv(const InferArgs& args) {
  detail::check_one_dtype(args);
  const Shape& image = args.inputs[0].shape;
  return {{args.inputs[0].dtype,
           detail::check_conv(args, args.attrs.as<Conv2DAttrs>(), image, args.inputs[1].shape)}};
}

std::vector<TensorType> infer_fused(const InferArgs& args) {
  detail::check_one_dtype(args);
  const auto& attrs = args.attrs.as<Conv2DBiasActAttrs>();
  detail::check_activation(args, attrs.activation);
  const Shape result = detail::check_conv(args, attrs.conv, args.inputs[0].shape, args.inputs[1].shape);
  if (args.inputs[2].shape != Shape{result[3]}) args.fail("bias must have shape " + Shape{result[3]}.str());
  return {{args.inputs[0].dtype, result}};
}

void check_gradient(const InferArgs& args, const Shape& expected, const Shape& given) {
  if (expected != given) args.fail("the gradient of the output must have shape " + expected.str());
}

std::vector<TensorType> infer_grad_input(const InferArgs& args) {
  detail::check_one_dtype(args);
  const auto& attrs = args.attrs.as<Conv2DGradAttrs>();
  check_gradient(args, detail::check_conv(args, attrs.conv, attrs.shape, args.inputs[1].shape),
                 args.inputs[0].shape);
  return {{args.inputs[0].dtype, attrs.shape}};
}

std::vector<TensorType> infer_grad_kernel(const InferArgs& args) {
  detail::check_one_dtype(args);
  const auto& attrs = args.attrs.as<Conv2DGradAttrs>();
  check_gradient(args, detail::check_conv(args, attrs.conv, args.inputs[0].shape, attrs.shape),
                 args.inputs[1].shape);
  return {{args.inputs[0].dtype, attrs.shape}};
}

std::vector<TensorType> infer_grad_kernel_bias(const InferArgs& args) {
  const TensorType kernel = infer_grad_kernel(args)[0];
  return {kernel, {kernel.dtype, {kernel.shape[3]}}};
}

// Every element of the kernel is used once at each position of the window, padding included, and by both
// gradients as often as by the convolution.
double window_flops(const Shape& map, const Shape& kernel) {
  return 2.0 * static_cast<double>(map.size()) * static_cast<double>(kernel[0] * kernel[1] * kernel[2]);
}
double conv_flops(const CostArgs& args) { return window_flops(args.outputs[0].shape, args.inputs[1].shape); }
double grad_input_flops(const CostArgs& args) {
  return window_flops(args.inputs[0].shape, args.inputs[1].shape);
}
double grad_kernel_flops(const CostArgs& args) {
  return window_flops(args.inputs[1].shape, args.outputs[0].shape);
}

std::vector<Tensor> vjp_conv(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<Conv2DAttrs>();
  const Tensor& x = args.inputs[0];
  const Tensor& kernel = args.inputs[1];
  return {conv2d_grad_input(args.grads[0], kernel, x.shape(), attrs),
          conv2d_grad_kernel(x, args.grads[0], kernel.shape(), attrs)};
}

// Both gradients are linear in each operand, and so their derivatives are the other two members of the
// family.
std::vector<Tensor> vjp_grad_input(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<Conv2DGradAttrs>();
  const Tensor& kernel = args.inputs[1];
  return {conv2d(args.grads[0], kernel, attrs.conv),
          conv2d_grad_kernel(args.grads[0], args.inputs[0], kernel.shape(), attrs.conv)};
}

std::vector<Tensor> vjp_grad_kernel(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<Conv2DGradAttrs>();
  const Tensor& x = args.inputs[0];
  return {conv2d_grad_input(args.inputs[1], args.grads[0], x.shape(), attrs.conv),
          conv2d(x, args.grads[0], attrs.conv)};
}

std::vector<Tensor> fused_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<Conv2DBiasActAttrs>();
  const Tensor y = add(conv2d(inputs[0], inputs[1], attrs.conv), inputs[2]);
  return {attrs.activation == "relu" ? relu(y) : y};
}

std::vector<Tensor> grad_kernel_bias_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<Conv2DGradAttrs>();
  return {conv2d_grad_kernel(inputs[0], inputs[1], attrs.shape, attrs.conv), sum(inputs[1], {0, 1, 2})};
}

const DTypeClass kFloating = DTypeClass::kFloating;

const Op& conv2d_op = register_op<Conv2DAttrs>({
    .name = "conv2d",
    .doc = "cross-correlation of images (batch, height, width, channels) with kernels (height, width, "
           "channels, filters)",
    .inputs = {{"x", kFloating}, {"kernel", kFloating}},
    .outputs = {"out"},
    .infer = infer_conv,
    .flops = conv_flops,
    .vjp = vjp_conv,
});

const Op& conv2d_bias_act_op = register_op<Conv2DBiasActAttrs>({
    .name = "conv2d_bias_act",
    .doc = "activation(conv2d(x, kernel) + bias), activation linear or relu",
    .inputs = {{"x", kFloating}, {"kernel", kFloating}, {"bias", kFloating}},
    .outputs = {"out"},
    .infer = infer_fused,
    .vjp = detail::vjp_of_body<fused_body>,
    .body = fused_body,
});

const Op& conv2d_grad_input_op = register_op<Conv2DGradAttrs>({
    .name = "conv2d_grad_input",
    .doc = "gradient of conv2d with respect to the image of the given shape",
    .inputs = {{"g", kFloating}, {"kernel", kFloating}},
    .outputs = {"grad_x"},
    .infer = infer_grad_input,
    .flops = grad_input_flops,
    .vjp = vjp_grad_input,
});

const Op& conv2d_grad_kernel_op = register_op<Conv2DGradAttrs>({
    .name = "conv2d_grad_kernel",
    .doc = "gradient of conv2d with respect to the kernel of the given shape",
    .inputs = {{"x", kFloating}, {"g", kFloating}},
    .outputs = {"grad_kernel"},
    .infer = infer_grad_kernel,
    .flops = grad_kernel_flops,
    .vjp = vjp_grad_kernel,
});

[[maybe_unused]] const Op& conv2d_grad_kernel_bias_op = register_op<Conv2DGradAttrs>({
    .name = "conv2d_grad_kernel_bias",
    .doc = "conv2d_grad_kernel, and the sum of g over batch, height and width, in one pass over g",
    .inputs = {{"x", kFloating}, {"g", kFloating}},
    .outputs = {"grad_kernel", "grad_bias"},
    .infer = infer_grad_kernel_bias,
    .vjp = detail::vjp_of_body<grad_kernel_bias_body>,
    .body = grad_kernel_bias_body,
});

template <bool kRelu>
Attrs with_bias(const FusionMatch& match) {
  return Conv2DBiasActAttrs{match.attrs<Conv2DAttrs>("p"), kRelu ? "relu" : "linear"};
}

const FusionRegistration epilogues(detail::epilogues("conv2d", "conv2d_bias_act", with_bias<true>,
                                                     with_bias<false>));

/// The sum that is the gradient of a bias.
bool sums_images(const FusionMatch& match) {
  return match.attrs<ReduceAttrs>("s") == ReduceAttrs{{0, 1, 2}, false};
}

const FusionRegistration gradients({{.stage = kGradients,
                                     .patterns = {"k:conv2d_grad_kernel(x, g); s:sum(g)"},
                                     .result = "k, s = k:conv2d_grad_kernel_bias(x, g)",
                                     .fits = sums_images}});

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Conv2DAttrs& options) {
  return apply(conv2d_op, options, {x, kernel})[0];
}

Tensor conv2d_bias_act(const Tensor& x, const Tensor& kernel, const Tensor& bias,
                       const std::string& activation, const Conv2DAttrs& options) {
  return apply(conv2d_bias_act_op, Conv2DBiasActAttrs{options, activation}, {x, kernel, bias})[0];
}

Tensor conv2d_grad_input(const Tensor& g, const Tensor& kernel, const Shape& input_shape,
                         const Conv2DAttrs& options) {
  return apply(conv2d_grad_input_op, Conv2DGradAttrs{options, input_shape}, {g, kernel})[0];
}

Tensor conv2d_grad_kernel(const Tensor& x, const Tensor& g, const Shape& kernel_shape,
                          const Conv2DAttrs& options) {
  return apply(conv2d_grad_kernel_op, Conv2DGradAttrs{options, kernel_shape}, {x, g})[0];
}

}  // namespace lamina
