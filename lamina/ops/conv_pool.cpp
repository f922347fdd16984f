// Records of the fused block that image classifiers start with: convolution, bias, activation and max pooling
// in one, which never writes the feature map between them; and its gradient straight from the pooled map's.
#include "lamina/graph/fusion.h"
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

bool relu_of(const FusionMatch& match, const char* label) {
  return match.attrs<Conv2DBiasActAttrs>(label).activation == "relu";
}

/// The fused op's index has no place where relu cut the maximum off, so its readers must not mind: gradients
/// that pass through that relu do not.
bool only_gradients(const FusionMatch& match) {
  return match.every_user("p", 1,
                          relu_of(match, "c") ? "u:max_pool2d_grad(where(greater(p.0, 0), _, 0), p.1)"
                                              : "u:max_pool2d_grad(_, p.1)",
                          [](const FusionMatch& user) {
                            return user.attrs<Pool2DGradAttrs>("u").window == user.attrs<Pool2DAttrs>("p");
                          });
}

Attrs block_attrs(const FusionMatch& match) {
  const auto& epilogue = match.attrs<Conv2DBiasActAttrs>("c");
  return ConvPoolAttrs{epilogue.conv, epilogue.activation, match.attrs<Pool2DAttrs>("p")};
}

Attrs pooled_attrs(const FusionMatch& match) {
  const auto& kernel = match.attrs<Conv2DGradAttrs>("k");
  return ConvPoolGradAttrs{kernel.conv, match.attrs<Pool2DGradAttrs>("m").window, kernel.shape};
}

const FusionRegistration fusions(
    {{.stage = kWithPooling,
      .patterns = {"p:max_pool2d(!c:conv2d_bias_act(x, kernel, bias))"},
      .result = "p = conv2d_bias_act_max_pool2d(x, kernel, bias)",
      .attrs = block_attrs},
     {.stage = kWithPooling,
      .patterns = {"p:max_pool2d_with_index(!c:conv2d_bias_act(x, kernel, bias))"},
      .result = "p = conv2d_bias_act_max_pool2d(x, kernel, bias)",
      .fits = [](const FusionMatch& match) { return match.unused("p", 1); },
      .attrs = block_attrs},
     {.stage = kWithPooling,
      .patterns = {"p:max_pool2d_with_index(!c:conv2d_bias_act(x, kernel, bias))"},
      .result = "p, p.1 = conv2d_bias_act_max_pool2d_with_index(x, kernel, bias)",
      .fits = only_gradients,
      .attrs = block_attrs},
     // The places that relu's blocks give are those of gradients that pass it: the mask before them is spent.
     {.stage = kSpentMasks,
      .patterns =
          {"d:max_pool2d_grad(where(greater(c:conv2d_bias_act_max_pool2d_with_index(x, kernel, bias), "
           "0), g, 0), c.1)"},
      .result = "d = d:max_pool2d_grad(g, c.1)",
      .fits =
          [](const FusionMatch& match) {
            return match.attrs<ConvPoolAttrs>("c").activation == "relu" &&
                   match.type("g") == match.type_of("c");
          }},
     {.stage = kPooledGradients,
      .patterns = {"k:conv2d_grad_kernel(x, m:max_pool2d_grad(g, index)); s:sum(m.0)"},
      .result = "k, s = conv2d_grad_kernel_pooled(x, g, index)",
      .fits =
          [](const FusionMatch& match) {
            return match.attrs<ReduceAttrs>("s") == ReduceAttrs{{0, 1, 2}, false};
          },
      .attrs = pooled_attrs},
     {.stage = kPooledGradients,
      .patterns = {"k:conv2d_grad_kernel(x, m:max_pool2d_grad(g, index))"},
      .result = "k = conv2d_grad_kernel_pooled(x, g, index)",
      .attrs = pooled_attrs}});

}  // namespace
}  // namespace lamina
