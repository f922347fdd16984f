// Cross-entropy of probabilities with target distributions: records and the public function.
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax_cross_entropy.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace detail {

Tensor clip_probability(const Tensor& x) { return clip(x, kEpsilon, 1 - kEpsilon); }

Tensor unclipped(const Tensor& x) {
  return logical_and(greater_equal(x, kEpsilon), less_equal(x, 1 - kEpsilon));
}

Tensor sum_last(const Tensor& x) { return sum(x, {-1}, /*keepdims=*/true); }
Tensor with_last(const Tensor& x) { return expand_dims(x, -1); }

Shape without_last(const Shape& shape) { return Shape(std::vector<int64_t>(shape.begin(), shape.end() - 1)); }

void check_same(const InferArgs& args, size_t a, size_t b) {
  if (args.inputs[a].shape.rank() == 0) args.fail("needs at least one axis, that of the classes");
  if (args.inputs[a] != args.inputs[b]) {
    args.fail("'" + args.op.inputs[a].name + "' and '" + args.op.inputs[b].name +
              "' must have the same shape and dtype");
  }
}

void check_classes(const InferArgs& args, size_t target, size_t scores) {
  const Shape& shape = args.inputs[scores].shape;
  if (shape.rank() == 0) args.fail("needs at least one axis, that of the classes");
  if (args.inputs[target].shape != without_last(shape)) {
    args.fail("'" + args.op.inputs[target].name + "' must have shape " + without_last(shape).str() +
              ", that of '" + args.op.inputs[scores].name + "' without the axis of the classes");
  }
}

void check_gradient(const InferArgs& args, size_t gradient, size_t scores) {
  const TensorType loss{args.inputs[scores].dtype, without_last(args.inputs[scores].shape)};
  if (args.inputs[gradient] != loss) args.fail("the gradient must be " + loss.str());
}

}  // namespace detail

namespace {

using namespace detail;

std::vector<TensorType> infer_loss(const InferArgs& args) {
  check_same(args, 0, 1);
  return {{args.inputs[1].dtype, without_last(args.inputs[1].shape)}};
}

std::vector<TensorType> infer_grad(const InferArgs& args) {
  check_same(args, 0, 1);
  check_gradient(args, 2, 1);
  return {args.inputs[1]};
}

std::vector<Tensor> loss_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& output = inputs[1];
  const Tensor share = clip_probability(output / sum_last(output));
  return {negative(sum(inputs[0] * log(share), {-1}))};
}

// With q = o / sum(o): dL/dq = -t / q where q was not clipped, and dL/do = (dL/dq - sum(dL/dq q)) / sum(o).
std::vector<Tensor> grad_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& target = inputs[0];
  const Tensor total = sum_last(inputs[1]);
  const Tensor share = inputs[1] / total;
  const Tensor with_share = where(unclipped(share), negative(target / clip_probability(share)), 0.0);
  return {(with_share - sum_last(with_share * share)) / total * with_last(inputs[2])};
}

std::vector<Tensor> loss_vjp(const VjpArgs& args) {
  const Tensor& target = args.inputs[0];
  const Tensor& output = args.inputs[1];
  const Tensor with_target =
      negative(log(clip_probability(output / sum_last(output)))) * with_last(args.grads[0]);
  return {with_target,
          apply(find_op("categorical_crossentropy_grad"), {}, {target, output, args.grads[0]})[0]};
}

const Op& loss_op =
    register_op({.name = "categorical_crossentropy",
                 .doc = "-sum(target log(clip(output / sum(output)))) over the last axis",
                 .inputs = {{"target", DTypeClass::kFloating}, {"output", DTypeClass::kFloating}},
                 .outputs = {"loss"},
                 .infer = infer_loss,
                 .vjp = loss_vjp,
                 .body = loss_body});

const Op& grad_op = register_op({.name = "categorical_crossentropy_grad",
                                 .doc = "The gradient of categorical_crossentropy with respect to output",
                                 .inputs = {{"target", DTypeClass::kFloating},
                                            {"output", DTypeClass::kFloating},
                                            {"dloss", DTypeClass::kFloating}},
                                 .outputs = {"doutput"},
                                 .infer = infer_grad,
                                 .vjp = vjp_of_body<grad_body>,
                                 .body = grad_body});

}  // namespace

Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  const Tensor same = cast(target, output.dtype());
  if (from_logits) return softmax_cross_entropy(output, same).loss;
  return apply(loss_op, {}, {same, output})[0];
}

}  // namespace lamina
