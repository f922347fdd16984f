// Records of normalisation over a batch and its gradient.
#include "lamina/ops/batch_normalization.h"

#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

const NormalizeBatchAttrs& attrs_of(const Attrs& attrs) { return attrs.as<NormalizeBatchAttrs>(); }

/// Checks all but the gradient; gives the type of a vector of channels.
TensorType checked_channels(const InferArgs& args, size_t vectors) {
  detail::check_one_dtype(args);
  const NormalizeBatchAttrs& attrs = attrs_of(args.attrs);
  const TensorType& x = args.inputs[0];
  if (attrs.axis < 0 || attrs.axis >= x.shape.rank())
    args.fail("axis " + std::to_string(attrs.axis) + " is out of range");
  if (!(attrs.epsilon >= 0)) args.fail("epsilon must not be negative");
  if (attrs.activation != "relu6" && attrs.activation != "silu")
    detail::check_activation(args, attrs.activation);
  const TensorType channels{x.dtype, {x.shape[attrs.axis]}};
  for (size_t i = 1; i <= vectors; ++i) {
    if (args.inputs[i] != channels)
      args.fail(args.op.inputs[i].name + " must have the shape of the channels, " + channels.shape.str());
  }
  return channels;
}

std::vector<TensorType> infer_forward(const InferArgs& args) {
  const TensorType channels = checked_channels(args, 2);
  return {args.inputs[0], channels, channels};
}

std::vector<TensorType> infer_grad(const InferArgs& args) {
  const TensorType channels = checked_channels(args, 4);
  if (args.inputs[5] != args.inputs[0])
    args.fail("the gradient of the output must have shape " + args.inputs[0].shape.str());
  return {args.inputs[0], channels, channels};
}

/// What the formulas of one application share.
struct Batch {
  std::vector<int> axes;  // all but the channels'
  Shape along;            // of a vector of channels that broadcasts against x
  bool last;
  double count;  // elements of a channel

  Batch(const Attrs& attrs, const Shape& x) : last(attrs_of(attrs).axis == x.rank() - 1), count(1) {
    for (int axis = 0; axis < x.rank(); ++axis) {
      const bool channels = axis == attrs_of(attrs).axis;
      along.push_back(channels ? x[axis] : 1);
      if (channels) continue;
      axes.push_back(axis);
      count *= static_cast<double>(x[axis]);
    }
  }
  Tensor spread(const Tensor& vector) const { return last ? vector : reshape(vector, along); }
  Tensor mean_of(const Tensor& x) const { return axes.empty() ? x : mean(x, axes); }
  Tensor sum_of(const Tensor& x) const { return axes.empty() ? x : sum(x, axes); }
};

Tensor activated(const std::string& activation, const Tensor& y) {
  if (activation == "silu") return silu(y);
  if (activation == "linear") return y;
  return activation == "relu6" ? relu6(y) : relu(y);
}

/// What comes back from behind the activation of `y`.
Tensor passed_back(const std::string& activation, const Tensor& y, const Tensor& g) {
  if (activation == "silu") {
    const Tensor s = sigmoid(y);
    return g * s * (1.0 + y * (1.0 - s));
  }
  return where(greater(y, 0.0), activation == "relu6" ? where(less(y, 6.0), g, 0.0) : g, 0.0);
}

std::vector<Tensor> body(const Attrs& attrs, std::span<const Tensor> inputs) {
  const Batch batch(attrs, inputs[0].shape());
  const Tensor average = batch.mean_of(inputs[0]);
  const Tensor centered = inputs[0] - batch.spread(average);
  const Tensor variance = batch.mean_of(square(centered));
  const Tensor factor = rsqrt(variance + attrs_of(attrs).epsilon) * inputs[1];
  const Tensor y = centered * batch.spread(factor) + batch.spread(inputs[2]);
  return {activated(attrs_of(attrs).activation, y), average, variance};
}

// With c = x - mean, i = 1 / sqrt(variance + epsilon) and g the gradient behind the activation:
// dx = gamma i (g - mean(g) - c i^2 mean(g c)), dgamma = i sum(g c), dbeta = sum(g).
std::vector<Tensor> grad_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  const Batch batch(attrs, inputs[0].shape());
  const Tensor centered = inputs[0] - batch.spread(inputs[3]);
  const Tensor inverse = rsqrt(inputs[4] + attrs_of(attrs).epsilon);
  const Tensor factor = inverse * inputs[1];
  Tensor g = inputs[5];
  const std::string& activation = attrs_of(attrs).activation;
  if (activation != "linear")
    g = passed_back(activation, centered * batch.spread(factor) + batch.spread(inputs[2]), g);
  const Tensor total = batch.sum_of(g), along = batch.sum_of(g * centered);
  const Tensor slope = square(inverse) * along / batch.count;
  const Tensor dx =
      (g - batch.spread(total / batch.count) - centered * batch.spread(slope)) * batch.spread(factor);
  return {dx, along * inverse, total};
}

std::vector<Tensor> vjp(const VjpArgs& args) {
  const Tensor& x = args.inputs[0];
  const Tensor& average = args.outputs[1];
  std::vector<Tensor> found(3);
  if (args.grads[0].defined()) {
    found = apply(find_op("normalize_batch_grad"), args.attrs,
                  {x, args.inputs[1], args.inputs[2], average, args.outputs[2], args.grads[0]});
  }
  const Batch batch(args.attrs, x.shape());
  const auto add_to_x = [&](const Tensor& more) { found[0] = found[0].defined() ? found[0] + more : more; };
  if (args.grads[1].defined()) add_to_x(broadcast_to(batch.spread(args.grads[1] / batch.count), x.shape()));
  if (args.grads[2].defined())
    add_to_x((x - batch.spread(average)) * batch.spread(args.grads[2] * (2 / batch.count)));
  return found;
}

const DTypeClass kFloating = DTypeClass::kFloating;

const Op& forward_op = register_op<NormalizeBatchAttrs>({
    .name = "normalize_batch",
    .doc = "activation((x - mean) / sqrt(variance + epsilon) * gamma + beta), mean and variance of each "
           "channel over all other axes, and these two",
    .inputs = {{"x", kFloating}, {"gamma", kFloating}, {"beta", kFloating}},
    .outputs = {"y", "mean", "variance"},
    .infer = infer_forward,
    .vjp = vjp,
    .body = body,
    .in_place = {{0, 0}},
});

[[maybe_unused]] const Op& grad_op = register_op<NormalizeBatchAttrs>({
    .name = "normalize_batch_grad",
    .doc = "gradients of normalize_batch's y with respect to x, gamma and beta",
    .inputs = {{"x", kFloating},
               {"gamma", kFloating},
               {"beta", kFloating},
               {"mean", kFloating},
               {"variance", kFloating},
               {"dy", kFloating}},
    .outputs = {"dx", "dgamma", "dbeta"},
    .infer = infer_grad,
    .vjp = detail::vjp_of_body<grad_body>,
    .body = grad_body,
    .in_place = {{0, 5}, {0, 0}},
});

/// `label`'s attributes with another activation.
NormalizeBatchAttrs with_activation(const FusionMatch& match, const std::string& label,
                                    const char* activation) {
  NormalizeBatchAttrs attrs = match.attrs<NormalizeBatchAttrs>(label);
  attrs.activation = activation;
  return attrs;
}

bool is(const FusionMatch& match, const std::string& label, const char* activation) {
  return match.attrs<NormalizeBatchAttrs>(label).activation == activation;
}

/// Whether "d" is the gradient of "n", which has that activation behind it.
bool of(const char* activation, const FusionMatch& match) {
  const Node& n = match.node("n");
  return match.value("mean") == n.outputs[1] && match.value("variance") == n.outputs[2] &&
         is(match, "n", activation) && match.type("dy") == match.type("x");
}

const FusionRegistration fusions({
    {.stage = kWithActivation,
     .patterns = {"y:relu(!n:normalize_batch(x, gamma, beta))"},
     .result = "y, n.1, n.2 = normalize_batch(x, gamma, beta)",
     .attrs = [](const FusionMatch& match) -> Attrs { return with_activation(match, "n", "relu"); }},
    // The gradient asks itself where relu let the result pass.
    {.stage = kSpentMasks,
     .patterns = {"d:normalize_batch_grad(x, gamma, beta, mean, variance, "
                  "where(greater(n:normalize_batch(x, gamma, beta), 0), dy, 0))"},
     .result = "d, d.1, d.2 = n:normalize_batch_grad(x, gamma, beta, mean, variance, dy)",
     .fits = [](const FusionMatch& match) { return of("relu", match) && is(match, "d", "linear"); }},
    // And whether a bound of 6 did: nothing reads what was there before that any more.
    {.stage = kSpentBounds,
     .patterns = {"d:normalize_batch_grad(x, gamma, beta, mean, variance, "
                  "where(less_equal(6, n:normalize_batch(x, gamma, beta)), 0, dy))"},
     .result = "d, d.1, d.2 = normalize_batch_grad(x, gamma, beta, mean, variance, dy)",
     .fits = [](const FusionMatch& match) { return of("relu", match) && is(match, "d", "relu"); },
     .attrs = [](const FusionMatch& match) -> Attrs { return with_activation(match, "d", "relu6"); }},
    // Of x sigmoid(x), too: the sigmoid anew costs no more time than keeping it, and no memory.
    {.stage = kSpentMasks,
     .patterns = {"d:normalize_batch_grad(x, gamma, beta, mean, variance, "
                  "add(multiply(dy, s:sigmoid(n:normalize_batch(x, gamma, beta))), "
                  "multiply(multiply(multiply(dy, n), s), subtract(1, s))))"},
     .result = "d, d.1, d.2 = normalize_batch_grad(x, gamma, beta, mean, variance, dy)",
     .fits = [](const FusionMatch& match) { return of("linear", match) && is(match, "d", "linear"); },
     .attrs = [](const FusionMatch& match) -> Attrs { return with_activation(match, "d", "silu"); }},
    {.stage = kWithSpentMasks,
     .patterns = {"y:multiply(n:normalize_batch(x, gamma, beta), !s:sigmoid(n))"},
     .result = "y, n.1, n.2 = normalize_batch(x, gamma, beta)",
     .fits = [](const FusionMatch& match) { return is(match, "n", "linear") && match.read_by(2, "n", 0); },
     .attrs = [](const FusionMatch& match) -> Attrs { return with_activation(match, "n", "silu"); }},
    {.stage = kWithSpentMasks,
     .patterns = {"y:minimum(6, !n:normalize_batch(x, gamma, beta))"},
     .result = "y, n.1, n.2 = normalize_batch(x, gamma, beta)",
     .fits = [](const FusionMatch& match) { return is(match, "n", "relu"); },
     .attrs = [](const FusionMatch& match) -> Attrs { return with_activation(match, "n", "relu6"); }},
});

}  // namespace

NormalizedBatch normalize_batch(const Tensor& x, const Tensor& gamma, const Tensor& beta, int axis,
                                double epsilon) {
  const NormalizeBatchAttrs attrs{detail::checked_axis("normalize_batch", x, axis), epsilon};
  const std::vector<Tensor> found = apply(forward_op, attrs, {x, gamma, beta});
  return {found[0], found[1], found[2]};
}

}  // namespace lamina
