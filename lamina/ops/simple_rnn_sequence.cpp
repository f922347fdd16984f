// Records of the simple recurrent network and its gradient.
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/recurrent.h"

namespace lamina {
namespace {

using detail::CellGrad;
using detail::CellStep;
using detail::CellValues;
using detail::UnrolledSequence;

CellStep step(const UnrolledSequence& s, const Tensor& x, const Tensor& h, const Tensor&) {
  const Tensor next = s.activated(x + s.product(h, 0));
  return {next, {}, next, {}};
}

CellGrad back(const UnrolledSequence& s, const CellValues& values, const Tensor& dh, const Tensor&) {
  const Tensor dx = dh * s.activation_slope(values.gates);
  return {dx, {}, s.product_grad(dx, 0), {}};
}

Tensor gate_input(const RecurrentAttrs&, const Tensor& states, const Tensor&, int64_t) { return states; }

constexpr detail::RecurrentCell kCell{"simple_rnn_sequence", 1, false, false, step, back, gate_input};

std::vector<Tensor> body(const Attrs& attrs, std::span<const Tensor> inputs) {
  return detail::sequence_body(kCell, attrs, inputs);
}
std::vector<Tensor> grad_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  return detail::sequence_grad_body(kCell, attrs, inputs);
}

[[maybe_unused]] const Op& sequence_op = register_op({
    .name = "simple_rnn_sequence",
    .doc = "h = activation(x + h R) over the steps of a sequence",
    .inputs = detail::sequence_inputs(),
    .outputs = detail::sequence_outputs(),
    .infer = [](const InferArgs& args) { return detail::infer_sequence(kCell, args); },
    .vjp = [](const VjpArgs& args) { return detail::sequence_vjp(kCell, args); },
    .body = body,
    .in_place = {{detail::SequenceOutput::kGates, detail::SequenceInput::kX}},
});

[[maybe_unused]] const Op& grad_op = register_op({
    .name = "simple_rnn_sequence_grad",
    .doc = "gradients of simple_rnn_sequence with respect to x and h",
    .inputs = detail::sequence_grad_inputs(),
    .outputs = detail::sequence_grad_outputs(),
    .infer = [](const InferArgs& args) { return detail::infer_sequence_grad(kCell, args); },
    .vjp = detail::vjp_of_body<grad_body>,
    .body = grad_body,
    .in_place = {{detail::SequenceGradOutput::kDX, detail::SequenceGradInput::kGates}},
});

}  // namespace

RecurrentResult simple_rnn_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& h,
                                    const RecurrentOptions& options) {
  return detail::apply_sequence(kCell, x, recurrent_kernel, {}, h, {}, options);
}

}  // namespace lamina
