// Records of the fused block that image classifiers start with: convolution, bias, activation and max pooling
// in one, which never writes the feature map between them; and its gradient straight from the pooled map's.
#include "lamina/graph/op.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// No place in a window: windows of places in uint8 have at most 255 pixels.
constexpr int kNowhere = 255;

Shape checked_shape(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ConvPoolAttrs>();
  detail::check_one_dtype(args);
  detail::check_activation(args, attrs.activation);
  const Shape map = detail::check_conv(args, attrs.conv, args.inputs[0].shape, args.inputs[1].shape);
  if (args.inputs[2].shape != Shape{map[3]}) args.fail("bias must have shape " + Shape{map[3]}.str());
  const Shape pooled = detail::check_pool(args, attrs.window, map);
  if (attrs.window.pool[0] * attrs.window.pool[1] > kNowhere)
    args.fail("windows must have at most 255 pixels");
  return pooled;
}

std::vector<TensorType> infer_block(const InferArgs& args) {
  return {{args.inputs[0].dtype, checked_shape(args)}};
}

std::vector<TensorType> infer_with_index(const InferArgs& args) {
  const Shape pooled = checked_shape(args);
  return {{args.inputs[0].dtype, pooled},
          {detail::pool_index_dtype(args.attrs.as<ConvPoolAttrs>().window), pooled}};
}

std::vector<TensorType> infer_grad(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ConvPoolGradAttrs>();
  detail::check_one_dtype(args, 2);  // not the places
  const Shape map = detail::check_conv(args, attrs.conv, args.inputs[0].shape, attrs.shape);
  const Shape pooled = detail::check_pool(args, attrs.window, map);
  if (args.inputs[1].shape != pooled) args.fail("the gradient of the output must have shape " + pooled.str());
  const TensorType index{detail::pool_index_dtype(attrs.window), pooled};
  if (args.inputs[2] != index) args.fail("index must be " + index.str());
  return {{args.inputs[0].dtype, attrs.shape}, {args.inputs[0].dtype, {attrs.shape[3]}}};
}

Tensor feature_map(const ConvPoolAttrs& attrs, std::span<const Tensor> inputs) {
  return conv2d_bias_act(inputs[0], inputs[1], inputs[2], attrs.activation, attrs.conv);
}

std::vector<Tensor> block_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ConvPoolAttrs>();
  const Pool2DAttrs& window = attrs.window;
  return {max_pool2d(feature_map(attrs, inputs), window.pool, window.strides, window.padding)};
}

std::vector<Tensor> with_index_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ConvPoolAttrs>();
  std::vector<Tensor> result = max_pool2d_with_index(feature_map(attrs, inputs), attrs.window);
  if (attrs.activation == "relu") {
    const Tensor nowhere = full({}, kNowhere, result[1].dtype());
    result[1] = where(greater(result[0], 0.0), result[1], nowhere);
  }
  return result;
}

std::vector<Tensor> grad_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<ConvPoolGradAttrs>();
  const Shape& image = inputs[0].shape();
  const auto s = detail::conv_shape(attrs.conv, image, attrs.shape);
  const Shape map{image[0], s.rows.output, s.columns.output, s.filters};
  const Tensor spread = max_pool2d_grad(inputs[1], inputs[2], map, attrs.window);
  return {conv2d_grad_kernel(inputs[0], spread, attrs.shape, attrs.conv), sum(spread, {0, 1, 2})};
}

const DTypeClass kFloating = DTypeClass::kFloating;

[[maybe_unused]] const Op& block_op = register_op<ConvPoolAttrs>({
    .name = "conv2d_bias_act_max_pool2d",
    .doc = "max_pool2d(activation(conv2d(x, kernel) + bias))",
    .inputs = {{"x", kFloating}, {"kernel", kFloating}, {"bias", kFloating}},
    .outputs = {"out"},
    .infer = infer_block,
    .vjp = detail::vjp_of_body<block_body>,
    .body = block_body,
});

[[maybe_unused]] const Op& with_index_op = register_op<ConvPoolAttrs>({
    .name = "conv2d_bias_act_max_pool2d_with_index",
    .doc = "conv2d_bias_act_max_pool2d and each maximum's place, or 255 where relu gives 0 and passes no "
           "gradient",
    .inputs = {{"x", kFloating}, {"kernel", kFloating}, {"bias", kFloating}},
    .outputs = {"out", "index"},
    .infer = infer_with_index,
    .vjp = detail::vjp_of_body<with_index_body>,
    .body = with_index_body,
});

[[maybe_unused]] const Op& grad_op = register_op<ConvPoolGradAttrs>({
    .name = "conv2d_grad_kernel_pooled",
    .doc = "conv2d_grad_kernel of max_pool2d_grad(g, index), and that gradient's sum over batch, height and "
           "width",
    .inputs = {{"x", kFloating}, {"g", kFloating}, {"index", DTypeClass::kInteger}},
    .outputs = {"grad_kernel", "grad_bias"},
    .infer = infer_grad,
    .vjp = detail::vjp_of_body<grad_body>,
    .body = grad_body,
});

}  // namespace
}  // namespace lamina
