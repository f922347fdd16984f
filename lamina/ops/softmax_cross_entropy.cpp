// Records of the fused softmax + cross-entropy ops and their gradients.
#include "lamina/ops/softmax_cross_entropy.h"

#include <limits>

#include "lamina/graph/cross_entropy.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using namespace detail;

std::vector<TensorType> loss_and_probs(const TensorType& logits) {
  return {{logits.dtype, without_last(logits.shape)}, logits};
}

std::vector<TensorType> infer_dense(const InferArgs& args) {
  check_same(args, 0, 1);
  return loss_and_probs(args.inputs[0]);
}

std::vector<TensorType> infer_dense_grad(const InferArgs& args) {
  check_same(args, 0, 1);
  check_gradient(args, 2, 0);
  return {args.inputs[0]};
}

std::vector<TensorType> infer_sparse(const InferArgs& args) {
  check_classes(args, 1, 0);
  return loss_and_probs(args.inputs[0]);
}

std::vector<TensorType> infer_sparse_grad(const InferArgs& args) {
  check_classes(args, 1, 0);
  check_gradient(args, 2, 0);
  return {args.inputs[0]};
}

std::vector<Tensor> dense_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor terms = where(equal(inputs[1], 0.0), 0.0, inputs[1] * log_softmax(inputs[0]));
  return {negative(sum(terms, {-1})), softmax(inputs[0])};
}

// The factor sum(target) is 1 for a distribution; with it the gradient is right for any target.
std::vector<Tensor> dense_grad_body(const Attrs&, std::span<const Tensor> inputs) {
  return {(inputs[0] * sum_last(inputs[1]) - inputs[1]) * with_last(inputs[2])};
}

/// 1 at the class, 0 elsewhere; NaN where there is no such class.
Tensor indicator(const Tensor& target, int64_t classes, DType dtype) {
  const Tensor index = with_last(cast(target, DType::kInt64));
  const Tensor exists = logical_and(greater_equal(index, 0.0), less(index, static_cast<double>(classes)));
  return where(exists, one_hot(target, classes, dtype), std::numeric_limits<double>::quiet_NaN());
}

std::vector<Tensor> sparse_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& logits = inputs[0];
  const Tensor chosen = indicator(inputs[1], logits.shape()[-1], logits.dtype());
  const Tensor terms = where(equal(chosen, 0.0), 0.0, chosen * log_softmax(logits));
  return {negative(sum(terms, {-1})), softmax(logits)};
}

std::vector<Tensor> sparse_grad_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& probs = inputs[0];
  return {(probs - indicator(inputs[1], probs.shape()[-1], probs.dtype())) * with_last(inputs[2])};
}

/// The gradient that reaches the logits by way of either output.
Tensor with_logits(const VjpArgs& args, const char* grad_op) {
  const Tensor& probs = args.outputs[1];
  Tensor total;
  if (args.grads[0].defined()) total = apply(find_op(grad_op), {}, {probs, args.inputs[1], args.grads[0]})[0];
  if (args.grads[1].defined()) {
    const Tensor through =
        apply(find_op("softmax_grad"), SoftmaxAttrs{probs.rank() - 1}, {probs, args.grads[1]})[0];
    total = total.defined() ? total + through : through;
  }
  return total;
}

std::vector<Tensor> dense_vjp(const VjpArgs& args) {
  Tensor with_target;
  if (args.grads[0].defined()) with_target = negative(log_softmax(args.inputs[0])) * with_last(args.grads[0]);
  return {with_logits(args, "softmax_cross_entropy_grad"), with_target};
}

std::vector<Tensor> sparse_vjp(const VjpArgs& args) {
  return {with_logits(args, "sparse_softmax_cross_entropy_grad"), Tensor()};
}

const Op& dense_op =
    register_op({.name = "softmax_cross_entropy",
                 .doc = "-sum(target log(softmax(logits))) over the last axis, and softmax(logits)",
                 .inputs = {{"logits", DTypeClass::kFloating}, {"target", DTypeClass::kFloating}},
                 .outputs = {"loss", "probs"},
                 .infer = infer_dense,
                 .vjp = dense_vjp,
                 .body = dense_body,
                 .in_place = {{1, 0}}});

const Op& dense_grad_op =
    register_op({.name = "softmax_cross_entropy_grad",
                 .doc = "(probs sum(target) - target) dloss: the gradient with respect to logits",
                 .inputs = {{"probs", DTypeClass::kFloating},
                            {"target", DTypeClass::kFloating},
                            {"dloss", DTypeClass::kFloating}},
                 .outputs = {"dlogits"},
                 .infer = infer_dense_grad,
                 .vjp = vjp_of_body<dense_grad_body>,
                 .body = dense_grad_body,
                 .in_place = {{0, 0}}});

const Op& sparse_op =
    register_op({.name = "sparse_softmax_cross_entropy",
                 .doc = "-log(softmax(logits)[target]) over the last axis, and softmax(logits)",
                 .inputs = {{"logits", DTypeClass::kFloating}, {"target", DTypeClass::kInteger}},
                 .outputs = {"loss", "probs"},
                 .infer = infer_sparse,
                 .vjp = sparse_vjp,
                 .body = sparse_body,
                 .in_place = {{1, 0}}});

const Op& sparse_grad_op =
    register_op({.name = "sparse_softmax_cross_entropy_grad",
                 .doc = "(probs - one_hot(target)) dloss: the gradient with respect to logits",
                 .inputs = {{"probs", DTypeClass::kFloating},
                            {"target", DTypeClass::kInteger},
                            {"dloss", DTypeClass::kFloating}},
                 .outputs = {"dlogits"},
                 .infer = infer_sparse_grad,
                 .vjp = vjp_of_body<sparse_grad_body>,
                 .body = sparse_grad_body,
                 .in_place = {{0, 0}}});

SoftmaxCrossEntropy both(const Op& op, const Tensor& logits, const Tensor& target) {
  const std::vector<Tensor> outputs = apply(op, {}, {logits, target});
  return {outputs[0], outputs[1]};
}

bool over_last_axis(const Attrs& attrs, const TensorType& type) {
  return attrs.as<SoftmaxAttrs>().axis == type.shape.rank() - 1;
}

const CrossEntropyRegistration dense_family({"softmax", "softmax_grad", "categorical_crossentropy",
                                             "categorical_crossentropy_grad", "softmax_cross_entropy",
                                             "softmax_cross_entropy_grad", over_last_axis});
const CrossEntropyRegistration sparse_family({"softmax", "softmax_grad", "sparse_categorical_crossentropy",
                                              "sparse_categorical_crossentropy_grad",
                                              "sparse_softmax_cross_entropy",
                                              "sparse_softmax_cross_entropy_grad", over_last_axis});

}  // namespace

SoftmaxCrossEntropy softmax_cross_entropy(const Tensor& logits, const Tensor& target) {
  return both(dense_op, logits, target);
}

SoftmaxCrossEntropy sparse_softmax_cross_entropy(const Tensor& logits, const Tensor& target) {
  return both(sparse_op, logits, target);
}

}  // namespace lamina
