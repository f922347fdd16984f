// Records of convolutions of images whose channels lie apart, as files of other frameworks give them to a network's first
// layer: where it only predicts, they need not be put in order first.
#include "lamina/graph/contraction.h"
#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/plane_rows.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

const std::vector<int> kChannelsLast{0, 2, 3, 1};

Shape checked_map(const InferArgs& args, const Conv2DAttrs& conv, const std::string& activation) {
  detail::check_one_dtype(args);
  detail::check_activation(args, activation);
  const Shape& image = args.inputs[0].shape;
  if (image.rank() != 4) args.fail("the image must be (batch, channels, height, width), not " + image.str());
  const Shape map = detail::check_conv(args, conv, detail::channels_last_of_planes(image), args.inputs[1].shape);
  if (args.inputs[2].shape != Shape{map[3]}) args.fail("bias must have shape " + Shape{map[3]}.str());
  return map;
}

std::vector<TensorType> infer_conv(const InferArgs& args) {
  const auto& attrs = args.attrs.as<Conv2DBiasActAttrs>();
  return {{args.inputs[0].dtype, checked_map(args, attrs.conv, attrs.activation)}};
}

std::vector<TensorType> infer_pooled(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ConvPoolAttrs>();
  const Shape map = checked_map(args, attrs.conv, attrs.activation);
  return {{args.inputs[0].dtype, detail::check_pool(args, attrs.window, map)}};
}

std::vector<Tensor> conv_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<Conv2DBiasActAttrs>();
  return {conv2d_bias_act(transpose(inputs[0], kChannelsLast), inputs[1], inputs[2], attrs.activation, attrs.conv)};
}

std::vector<Tensor> pooled_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ConvPoolAttrs>();
  const Tensor map =
      conv2d_bias_act(transpose(inputs[0], kChannelsLast), inputs[1], inputs[2], attrs.activation, attrs.conv);
  return {max_pool2d(map, attrs.window.pool, attrs.window.strides, attrs.window.padding)};
}

const std::vector<ArgSpec> kInputs = {
    {"x", DTypeClass::kFloating}, {"kernel", DTypeClass::kFloating}, {"bias", DTypeClass::kFloating}};

[[maybe_unused]] const Op& conv_op = register_op<Conv2DBiasActAttrs>({
    .name = "conv2d_bias_act_planes",
    .doc = "conv2d_bias_act of images (batch, channels, height, width)",
    .inputs = kInputs,
    .outputs = {"out"},
    .infer = infer_conv,
    .vjp = detail::vjp_of_body<conv_body>,
    .body = conv_body,
});

[[maybe_unused]] const Op& pooled_op = register_op<ConvPoolAttrs>({
    .name = "conv2d_bias_act_max_pool2d_planes",
    .doc = "conv2d_bias_act_max_pool2d of images (batch, channels, height, width)",
    .inputs = kInputs,
    .outputs = {"out"},
    .infer = infer_pooled,
    .vjp = detail::vjp_of_body<pooled_body>,
    .body = pooled_body,
});

bool fits(const FusionMatch& match) {
  return match.steady("kernel") && match.attrs<TransposeAttrs>("t").perm == kChannelsLast;
}

const FusionRegistration fusions({{.stage = kSteadyWeights,
                                   .patterns = {"c:conv2d_bias_act(!t:transpose(x), kernel, bias)"},
                                   .result = "c = c:conv2d_bias_act_planes(x, kernel, bias)",
                                   .fits = fits},
                                  {.stage = kSteadyWeights,
                                   .patterns = {"c:conv2d_bias_act_max_pool2d(!t:transpose(x), kernel, bias)"},
                                   .result = "c = c:conv2d_bias_act_max_pool2d_planes(x, kernel, bias)",
                                   .fits = fits}});

}  // namespace
}  // namespace lamina
