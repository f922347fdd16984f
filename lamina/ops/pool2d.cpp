// Records of the poolings and their gradients.
#include "lamina/ops/pool2d.h"

#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/window.h"

namespace lamina {

Shape detail::check_pool(const InferArgs& args, const Pool2DAttrs& attrs, const Shape& image) {
  check_pair(args, "pool", attrs.pool);
  check_pair(args, "strides", attrs.strides);
  check_padding(args, attrs.padding);
  if (image.rank() != 4) args.fail("the image must be (batch, height, width, channels), not " + image.str());
  check_extents(args, image);
  const PoolShape shape = pool_shape(attrs, image);
  if (attrs.padding != "same" && (shape.rows.output < 1 || shape.columns.output < 1)) {
    args.fail("the window " + attr_text(attrs.pool) + " is larger than the image " + image.str() +
              " with padding \"" + attrs.padding + "\"");
  }
  if (attrs.pool[0] * attrs.pool[1] > kMostPixels) {
    args.fail("the window " + attr_text(attrs.pool) + " must have at most " + std::to_string(kMostPixels) +
              " pixels");
  }
  return {image[0], shape.rows.output, shape.columns.output, image[3]};
}

DType detail::pool_index_dtype(const Pool2DAttrs& attrs) {
  return attrs.pool[0] * attrs.pool[1] <= 255 ? DType::kUInt8 : DType::kInt32;
}

namespace {

std::vector<TensorType> infer_pool(const InferArgs& args) {
  return {
      {args.inputs[0].dtype, detail::check_pool(args, args.attrs.as<Pool2DAttrs>(), args.inputs[0].shape)}};
}

std::vector<TensorType> infer_with_index(const InferArgs& args) {
  const TensorType out = infer_pool(args)[0];
  return {out, {detail::pool_index_dtype(args.attrs.as<Pool2DAttrs>()), out.shape}};
}

void check_index(const InferArgs& args, const TensorType& index, const Pool2DAttrs& window,
                 const Shape& shape) {
  const TensorType expected{detail::pool_index_dtype(window), shape};
  if (index != expected) args.fail("index must be " + expected.str());
}

Shape checked_gradient(const InferArgs& args, const Pool2DGradAttrs& attrs) {
  const Shape pooled = detail::check_pool(args, attrs.window, attrs.shape);
  if (args.inputs[0].shape != pooled) args.fail("the gradient of the output must have shape " + pooled.str());
  return pooled;
}

std::vector<TensorType> infer_max_grad(const InferArgs& args) {
  const auto& attrs = args.attrs.as<Pool2DGradAttrs>();
  check_index(args, args.inputs[1], attrs.window, checked_gradient(args, attrs));
  return {{args.inputs[0].dtype, attrs.shape}};
}

std::vector<TensorType> infer_gather(const InferArgs& args) {
  const auto& attrs = args.attrs.as<Pool2DAttrs>();
  const Shape pooled = detail::check_pool(args, attrs, args.inputs[0].shape);
  check_index(args, args.inputs[1], attrs, pooled);
  return {{args.inputs[0].dtype, pooled}};
}

std::vector<TensorType> infer_avg_grad(const InferArgs& args) {
  const auto& attrs = args.attrs.as<Pool2DGradAttrs>();
  checked_gradient(args, attrs);
  return {{args.inputs[0].dtype, attrs.shape}};
}

double window_flops(const Pool2DAttrs& attrs, const Shape& map) {
  return static_cast<double>(attrs.pool[0] * attrs.pool[1]) * static_cast<double>(map.size());
}
double pool_flops(const CostArgs& args) {
  return window_flops(args.attrs.as<Pool2DAttrs>(), args.outputs[0].shape);
}
double pool_grad_flops(const CostArgs& args) {
  return window_flops(args.attrs.as<Pool2DGradAttrs>().window, args.inputs[0].shape);
}

std::vector<Tensor> vjp_max(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<Pool2DAttrs>();
  const Tensor& x = args.inputs[0];
  if (!is_floating(x.dtype())) return {Tensor()};
  return {max_pool2d_grad(args.grads[0], max_pool2d_with_index(x, attrs)[1], x.shape(), attrs)};
}

std::vector<Tensor> vjp_with_index(const VjpArgs& args) {
  const Tensor& x = args.inputs[0];
  if (!is_floating(x.dtype()) || !args.grads[0].defined()) return {Tensor()};
  return {max_pool2d_grad(args.grads[0], args.outputs[1], x.shape(), args.attrs.as<Pool2DAttrs>())};
}

std::vector<Tensor> vjp_max_grad(const VjpArgs& args) {
  return {max_pool2d_gather(args.grads[0], args.inputs[1], args.attrs.as<Pool2DGradAttrs>().window),
          Tensor()};
}

std::vector<Tensor> vjp_gather(const VjpArgs& args) {
  const Tensor& x = args.inputs[0];
  if (!is_floating(x.dtype())) return {Tensor(), Tensor()};
  return {max_pool2d_grad(args.grads[0], args.inputs[1], x.shape(), args.attrs.as<Pool2DAttrs>()), Tensor()};
}

std::vector<Tensor> vjp_avg(const VjpArgs& args) {
  return {avg_pool2d_grad(args.grads[0], args.inputs[0].shape(), args.attrs.as<Pool2DAttrs>())};
}

std::vector<Tensor> vjp_avg_grad(const VjpArgs& args) {
  const auto& window = args.attrs.as<Pool2DGradAttrs>().window;
  return {avg_pool2d(args.grads[0], window.pool, window.strides, window.padding)};
}

[[maybe_unused]] const Op& max_pool2d_op = register_op<Pool2DAttrs>({
    .name = "max_pool2d",
    .doc = "largest element of each window of images (batch, height, width, channels)",
    .inputs = {{"x", DTypeClass::kNumeric}},
    .outputs = {"out"},
    .infer = infer_pool,
    .flops = pool_flops,
    .vjp = vjp_max,
});

const Op& max_pool2d_with_index_op = register_op<Pool2DAttrs>({
    .name = "max_pool2d_with_index",
    .doc = "max_pool2d, and the place of each window's first maximum as row * pool width + column",
    .inputs = {{"x", DTypeClass::kNumeric}},
    .outputs = {"out", "index"},
    .infer = infer_with_index,
    .flops = pool_flops,
    .vjp = vjp_with_index,
});

const Op& max_pool2d_grad_op = register_op<Pool2DGradAttrs>({
    .name = "max_pool2d_grad",
    .doc = "gradient of max_pool2d: g added at the places that index names, zero elsewhere",
    .inputs = {{"g", DTypeClass::kFloating}, {"index", DTypeClass::kInteger}},
    .outputs = {"grad_x"},
    .infer = infer_max_grad,
    .flops = detail::flops_per_input_element<1>,
    .vjp = vjp_max_grad,
});

const Op& max_pool2d_gather_op = register_op<Pool2DAttrs>({
    .name = "max_pool2d_gather",
    .doc = "the element of each window that index names",
    .inputs = {{"x", DTypeClass::kNumeric}, {"index", DTypeClass::kInteger}},
    .outputs = {"out"},
    .infer = infer_gather,
    .flops = no_flops,
    .vjp = vjp_gather,
});

const Op& avg_pool2d_op = register_op<Pool2DAttrs>({
    .name = "avg_pool2d",
    .doc = "mean of the elements inside the image of each window of images (batch, height, width, channels)",
    .inputs = {{"x", DTypeClass::kFloating}},
    .outputs = {"out"},
    .infer = infer_pool,
    .flops = pool_flops,
    .vjp = vjp_avg,
});

const Op& avg_pool2d_grad_op = register_op<Pool2DGradAttrs>({
    .name = "avg_pool2d_grad",
    .doc = "gradient of avg_pool2d with respect to the image of the given shape",
    .inputs = {{"g", DTypeClass::kFloating}},
    .outputs = {"grad_x"},
    .infer = infer_avg_grad,
    .flops = pool_grad_flops,
    .vjp = vjp_avg_grad,
});

/// Where the map is its window's maximum it has the sign of the pooled value, and elsewhere the gradient is
/// zero anyway: a mask moves to the pooled map, which is smaller.
bool mask_moves(const FusionMatch& match) {
  const TensorType& type = match.type_of("y");
  return match.attrs<Pool2DAttrs>("pool") == match.attrs<Pool2DGradAttrs>("s").window &&
         type == match.type_of("s") && type == match.type("map");
}

const FusionRegistration fusions(
    {{.stage = kMoveMasks,
      .patterns = {"y:where(p:greater(map, 0), !s:max_pool2d_grad(g, pool:max_pool2d_with_index(map).1), 0)"},
      .result = "y = s:max_pool2d_grad(y:where(p:greater(pool.0, 0), g, 0), pool.1)",
      .fits = mask_moves},
     {.stage = kWithoutOutputs,
      .patterns = {"p:max_pool2d_with_index(x)"},
      .result = "p = p:max_pool2d(x)",
      .fits = [](const FusionMatch& match) { return match.unused("p", 1); }}});

}  // namespace

Tensor max_pool2d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding) {
  // With the places, for the gradient; the epilogue pass drops them where nothing reads them.
  return max_pool2d_with_index(x, {pool, strides, padding})[0];
}

Tensor avg_pool2d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding) {
  return apply(avg_pool2d_op, Pool2DAttrs{pool, strides, padding}, {x})[0];
}

std::vector<Tensor> max_pool2d_with_index(const Tensor& x, const Pool2DAttrs& options) {
  return apply(max_pool2d_with_index_op, options, {x});
}

Tensor max_pool2d_grad(const Tensor& g, const Tensor& index, const Shape& input_shape,
                       const Pool2DAttrs& options) {
  return apply(max_pool2d_grad_op, Pool2DGradAttrs{options, input_shape}, {g, index})[0];
}

Tensor max_pool2d_gather(const Tensor& x, const Tensor& index, const Pool2DAttrs& options) {
  return apply(max_pool2d_gather_op, options, {x, index})[0];
}

Tensor avg_pool2d_grad(const Tensor& g, const Shape& input_shape, const Pool2DAttrs& options) {
  return apply(avg_pool2d_grad_op, Pool2DGradAttrs{options, input_shape}, {g})[0];
}

}  // namespace lamina
