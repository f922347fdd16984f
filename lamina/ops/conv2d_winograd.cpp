// Records of convolutions by Winograd's algorithm, and the fusion that puts them where a network only predicts: their
// kernels are prepared once, and take 4 times the memory.
#include "lamina/graph/contraction.h"
#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/graph/steady.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/detail/winograd.h"

namespace lamina {
namespace {

constexpr const char* kPrepare = "winograd_kernel";

Shape points_of(const Shape& kernel) { return {detail::kWinogradPoints, kernel[2], kernel[3]}; }

std::vector<TensorType> infer_points(const InferArgs& args) {
  const TensorType& kernel = args.inputs[0];
  if (kernel.dtype != DType::kFloat32 || kernel.shape.rank() != 4 || kernel.shape[0] != 3 || kernel.shape[1] != 3)
    args.fail("the kernel must be float32 (3, 3, channels, filters)");
  return {{kernel.dtype, points_of(kernel.shape)}};
}

std::vector<TensorType> infer_conv(const InferArgs& args) {
  detail::check_one_dtype(args);
  const auto& attrs = args.attrs.as<Conv2DBiasActAttrs>();
  detail::check_activation(args, attrs.activation);
  const Shape& kernel = args.inputs[1].shape;
  const Shape result = detail::check_conv(args, attrs.conv, args.inputs[0].shape, kernel);
  if (args.inputs[2].shape != points_of(kernel)) args.fail("points must have shape " + points_of(kernel).str());
  if (args.inputs[3].shape != Shape{result[3]}) args.fail("bias must have shape " + Shape{result[3]}.str());
  return {{args.inputs[0].dtype, result}};
}

/// What the convolution is, not what this way of computing it takes.
double conv_flops(const CostArgs& args) {
  const Shape& kernel = args.inputs[1].shape;
  return 2.0 * static_cast<double>(args.outputs[0].shape.size()) * static_cast<double>(kernel[0] * kernel[1] * kernel[2]);
}

std::vector<Tensor> conv_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<Conv2DBiasActAttrs>();
  return {conv2d_bias_act(inputs[0], inputs[1], inputs[3], attrs.activation, attrs.conv)};
}

const DTypeClass kFloating = DTypeClass::kFloating;

[[maybe_unused]] const Op& points_op = register_op({
    .name = kPrepare,
    .doc = "the filters of a kernel (3, 3, channels, filters) at the 36 points of conv2d_bias_act_winograd, in an order of "
           "its own",
    .inputs = {{"kernel", kFloating}},
    .outputs = {"points"},
    .infer = infer_points,
    .flops = [](const CostArgs& args) { return 3.0 * static_cast<double>(args.outputs[0].shape.size()); },
    .no_gradient = "it is made where weights stay as they are",
});

const KeptRegistration kept(kPrepare);

[[maybe_unused]] const Op& conv_op = register_op<Conv2DBiasActAttrs>({
    .name = "conv2d_bias_act_winograd",
    .doc = "conv2d_bias_act(x, kernel, bias) by products at points, of which those of the kernel are given",
    .inputs = {{"x", kFloating}, {"kernel", kFloating}, {"points", kFloating}, {"bias", kFloating}},
    .outputs = {"out"},
    .infer = infer_conv,
    .flops = conv_flops,
    .vjp = detail::vjp_of_body<conv_body>,
    .body = conv_body,
});

bool fits(const FusionMatch& match) {
  const TensorType& kernel = match.type("kernel");
  return match.steady("kernel") && kernel.dtype == DType::kFloat32 && kernel.shape[0] == 3 && kernel.shape[1] == 3;
}

const FusionRegistration fusion(
    {{.stage = kSteadyWeights,
      .patterns = {"c:conv2d_bias_act(x, kernel, bias)"},
      .result = "c = c:conv2d_bias_act_winograd(x, kernel, winograd_kernel(kernel), bias)",
      .fits = fits}});

}  // namespace
}  // namespace lamina
