// Binary cross-entropy from probabilities and from logits: records and the public function. The bodies are
// elementwise, so that they fuse; there are no kernels.
#include "lamina/graph/cross_entropy.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using namespace detail;

void check_all_equal(const InferArgs& args) {
  for (const TensorType& input : args.inputs) {
    if (input != args.inputs[0]) args.fail("all arguments must have the same shape and dtype");
  }
}

std::vector<TensorType> infer_one(const InferArgs& args) {
  check_all_equal(args);
  return {args.inputs[0]};
}

std::vector<TensorType> infer_loss_and_probs(const InferArgs& args) {
  check_all_equal(args);
  return {args.inputs[0], args.inputs[0]};
}

std::vector<Tensor> loss_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& target = inputs[0];
  const Tensor share = clip_probability(inputs[1]);
  return {negative(target * log(share) + (1.0 - target) * log(1.0 - share))};
}

std::vector<Tensor> grad_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& target = inputs[0];
  const Tensor share = clip_probability(inputs[1]);
  const Tensor with_share = (1.0 - target) / (1.0 - share) - target / share;
  return {where(unclipped(inputs[1]), with_share, 0.0) * inputs[2]};
}

std::vector<Tensor> loss_vjp(const VjpArgs& args) {
  const Tensor& target = args.inputs[0];
  const Tensor& output = args.inputs[1];
  const Tensor& dloss = args.grads[0];
  const Tensor share = clip_probability(output);
  return {(log(1.0 - share) - log(share)) * dloss,
          apply(find_op("binary_crossentropy_grad"), {}, {target, output, dloss})[0]};
}

// log(1 + exp(x)) - target x, in a form that does not overflow.
std::vector<Tensor> logits_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  return {relu(x) - x * inputs[1] + log1p(exp(negative(abs(x)))), sigmoid(x)};
}

std::vector<Tensor> logits_grad_body(const Attrs&, std::span<const Tensor> inputs) {
  return {(inputs[0] - inputs[1]) * inputs[2]};
}

std::vector<Tensor> logits_vjp(const VjpArgs& args) {
  const Tensor& probs = args.outputs[1];
  Tensor with_logits, with_target;
  if (args.grads[0].defined()) {
    const Op& grad = find_op("sigmoid_cross_entropy_grad");
    with_logits = apply(grad, {}, {probs, args.inputs[1], args.grads[0]})[0];
    with_target = negative(args.inputs[0]) * args.grads[0];
  }
  if (args.grads[1].defined()) {
    const Tensor through = apply(find_op("sigmoid_grad"), {}, {probs, args.grads[1]})[0];
    with_logits = with_logits.defined() ? with_logits + through : through;
  }
  return {with_logits, with_target};
}

std::vector<Tensor> sigmoid_grad_body(const Attrs&, std::span<const Tensor> inputs) {
  return {inputs[1] * inputs[0] * (1.0 - inputs[0])};
}

const Op& loss_op =
    register_op({.name = "binary_crossentropy",
                 .doc = "-(target log(output) + (1 - target) log(1 - output))",
                 .inputs = {{"target", DTypeClass::kFloating}, {"output", DTypeClass::kFloating}},
                 .outputs = {"loss"},
                 .infer = infer_one,
                 .vjp = loss_vjp,
                 .body = loss_body});

const Op& grad_op = register_op({.name = "binary_crossentropy_grad",
                                 .doc = "The gradient of binary_crossentropy with respect to output",
                                 .inputs = {{"target", DTypeClass::kFloating},
                                            {"output", DTypeClass::kFloating},
                                            {"dloss", DTypeClass::kFloating}},
                                 .outputs = {"doutput"},
                                 .infer = infer_one,
                                 .vjp = vjp_of_body<grad_body>,
                                 .body = grad_body});

const Op& logits_op =
    register_op({.name = "sigmoid_cross_entropy",
                 .doc = "log(1 + exp(logits)) - target logits, and sigmoid(logits)",
                 .inputs = {{"logits", DTypeClass::kFloating}, {"target", DTypeClass::kFloating}},
                 .outputs = {"loss", "probs"},
                 .infer = infer_loss_and_probs,
                 .vjp = logits_vjp,
                 .body = logits_body});

const Op& logits_grad_op = register_op({.name = "sigmoid_cross_entropy_grad",
                                        .doc = "(probs - target) dloss: the gradient with respect to logits",
                                        .inputs = {{"probs", DTypeClass::kFloating},
                                                   {"target", DTypeClass::kFloating},
                                                   {"dloss", DTypeClass::kFloating}},
                                        .outputs = {"dlogits"},
                                        .infer = infer_one,
                                        .vjp = vjp_of_body<logits_grad_body>,
                                        .body = logits_grad_body});

const Op& sigmoid_grad_op =
    register_op({.name = "sigmoid_grad",
                 .doc = "dy y (1 - y): the gradient of y = sigmoid(x)",
                 .inputs = {{"y", DTypeClass::kFloating}, {"dy", DTypeClass::kFloating}},
                 .outputs = {"dx"},
                 .infer = infer_one,
                 .vjp = vjp_of_body<sigmoid_grad_body>,
                 .body = sigmoid_grad_body});

const CrossEntropyRegistration family({"sigmoid", "sigmoid_grad", "binary_crossentropy",
                                       "binary_crossentropy_grad", "sigmoid_cross_entropy",
                                       "sigmoid_cross_entropy_grad"});

}  // namespace

Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  const Tensor same = cast(target, output.dtype());
  return from_logits ? apply(logits_op, {}, {output, same})[0] : apply(loss_op, {}, {same, output})[0];
}

}  // namespace lamina
