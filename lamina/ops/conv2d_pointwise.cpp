// Record of a convolution and the convolution of single pixels behind it in one, as networks for small devices are made of:
// where they only predict, what lies between need not leave the nearest caches.
#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/joined_convs.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

void check_bias(const InferArgs& args, const Shape& bias, int64_t filters) {
  if (bias != Shape{filters}) args.fail("bias must have shape " + Shape{filters}.str());
}

std::vector<TensorType> infer_pointwise(const InferArgs& args) {
  detail::check_one_dtype(args);
  const auto& attrs = args.attrs.as<ConvPointwiseAttrs>();
  detail::check_activation(args, attrs.activation);
  detail::check_activation(args, attrs.pointwise_activation);
  const Shape map = detail::check_conv(args, attrs.conv, args.inputs[0].shape, args.inputs[1].shape);
  check_bias(args, args.inputs[2].shape, map[3]);
  const Shape& kernel = args.inputs[3].shape;
  const Shape result = detail::check_conv(args, {}, map, kernel);
  if (kernel[0] != 1 || kernel[1] != 1) args.fail("the second kernel must have one pixel, not " + kernel.str());
  check_bias(args, args.inputs[4].shape, result[3]);
  return {{args.inputs[0].dtype, result}};
}

std::vector<Tensor> pointwise_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ConvPointwiseAttrs>();
  const Tensor map = conv2d_bias_act(inputs[0], inputs[1], inputs[2], attrs.activation, attrs.conv);
  return {conv2d_bias_act(map, inputs[3], inputs[4], attrs.pointwise_activation)};
}

[[maybe_unused]] const Op& pointwise_op = register_op<ConvPointwiseAttrs>({
    .name = "conv2d_bias_act_pointwise",
    .doc = "conv2d_bias_act of conv2d_bias_act(x, kernel, bias), the second of single pixels",
    .inputs = {{"x", DTypeClass::kFloating},
               {"kernel", DTypeClass::kFloating},
               {"bias", DTypeClass::kFloating},
               {"pointwise_kernel", DTypeClass::kFloating},
               {"pointwise_bias", DTypeClass::kFloating}},
    .outputs = {"out"},
    .infer = infer_pointwise,
    .vjp = detail::vjp_of_body<pointwise_body>,
    .body = pointwise_body,
});

bool fits_pointwise(const FusionMatch& match) {
  const auto& conv = match.attrs<Conv2DBiasActAttrs>("p").conv;
  const Shape& kernel = match.type("pointwise_kernel").shape;
  // The padding of a window of one pixel may be more than nothing: pixels around that are the bias.
  return match.steady("kernel") && match.steady("pointwise_kernel") && kernel[0] == 1 && kernel[1] == 1 &&
         conv == Conv2DAttrs{.padding = conv.padding} && match.type_of("p").shape[1] == match.type_of("c").shape[1] &&
         match.type_of("p").shape[2] == match.type_of("c").shape[2];
}

Attrs pointwise_attrs(const FusionMatch& match) {
  const auto& conv = match.attrs<Conv2DBiasActAttrs>("c");
  return ConvPointwiseAttrs{conv.conv, conv.activation, match.attrs<Conv2DBiasActAttrs>("p").activation};
}

const FusionRegistration pointwise_fusions(
    {{.stage = kSteadyWeights,
      .patterns = {"p:conv2d_bias_act(!c:conv2d_bias_act(x, kernel, bias), pointwise_kernel, pointwise_bias)"},
      .result = "p = conv2d_bias_act_pointwise(x, kernel, bias, pointwise_kernel, pointwise_bias)",
      .fits = fits_pointwise,
      .attrs = pointwise_attrs}});

}  // namespace
}  // namespace lamina
