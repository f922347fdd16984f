// Cross-entropy of probabilities with target classes: records and the public function.
#include <limits>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax_cross_entropy.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using namespace detail;

std::vector<TensorType> infer_loss(const InferArgs& args) {
  check_classes(args, 0, 1);
  return {{args.inputs[1].dtype, without_last(args.inputs[1].shape)}};
}

std::vector<TensorType> infer_grad(const InferArgs& args) {
  check_classes(args, 0, 1);
  check_gradient(args, 2, 1);
  return {args.inputs[1]};
}

/// x where the class exists, NaN where it does not. `target` has x's shape.
Tensor nan_without_class(const Tensor& x, const Tensor& target, int64_t classes) {
  const Tensor index = cast(target, DType::kInt64);
  const Tensor exists = logical_and(greater_equal(index, 0.0), less(index, static_cast<double>(classes)));
  return where(exists, x, std::numeric_limits<double>::quiet_NaN());
}

std::vector<Tensor> loss_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& target = inputs[0];
  const Tensor share = clip_probability(inputs[1]);
  const int64_t classes = share.shape()[-1];
  const Tensor chosen = one_hot(target, classes, DType::kBool);
  const Tensor log_share = sum(where(chosen, log(share), 0.0), {-1});
  return {nan_without_class(log(sum(share, {-1})) - log_share, target, classes)};
}

// With c = clip(o): dL/dc = 1 / sum(c) - [class chosen] / c, passed on where c was not clipped.
std::vector<Tensor> grad_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& target = inputs[0];
  const Tensor share = clip_probability(inputs[1]);
  const int64_t classes = share.shape()[-1];
  const Tensor chosen = one_hot(target, classes, DType::kBool);
  const Tensor with_share = reciprocal(sum_last(share)) - where(chosen, reciprocal(share), 0.0);
  const Tensor weight = with_last(nan_without_class(inputs[2], target, classes));
  return {where(unclipped(inputs[1]), with_share, 0.0) * weight};
}

std::vector<Tensor> loss_vjp(const VjpArgs& args) {
  const Op& grad = find_op("sparse_categorical_crossentropy_grad");
  return {Tensor(), apply(grad, {}, {args.inputs[0], args.inputs[1], args.grads[0]})[0]};
}

const Op& loss_op =
    register_op({.name = "sparse_categorical_crossentropy",
                 .doc = "log(sum(c)) - log(c[target]) over the last axis, with c = clip(output)",
                 .inputs = {{"target", DTypeClass::kInteger}, {"output", DTypeClass::kFloating}},
                 .outputs = {"loss"},
                 .infer = infer_loss,
                 .vjp = loss_vjp,
                 .body = loss_body});

const Op& grad_op =
    register_op({.name = "sparse_categorical_crossentropy_grad",
                 .doc = "The gradient of sparse_categorical_crossentropy with respect to output",
                 .inputs = {{"target", DTypeClass::kInteger},
                            {"output", DTypeClass::kFloating},
                            {"dloss", DTypeClass::kFloating}},
                 .outputs = {"doutput"},
                 .infer = infer_grad,
                 .vjp = vjp_of_body<grad_body>,
                 .body = grad_body});

}  // namespace

Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  Tensor classes = is_integer(target.dtype()) ? target : cast(target, DType::kInt32);
  if (classes.rank() == output.rank() && classes.rank() > 0 && classes.shape()[-1] == 1) {
    classes = squeeze(classes, {-1});
  }
  if (from_logits) return sparse_softmax_cross_entropy(output, classes).loss;
  return apply(loss_op, {}, {classes, output})[0];
}

}  // namespace lamina
