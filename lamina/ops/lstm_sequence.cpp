// Records of the LSTM and its gradient. Gates in the order i, f, g, o.
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/recurrent.h"

namespace lamina {
namespace {

using detail::CellGrad;
using detail::CellStep;
using detail::CellValues;
using detail::UnrolledSequence;

CellStep step(const UnrolledSequence& s, const Tensor& x, const Tensor& h, const Tensor& c) {
  const auto sum = [&](int64_t gate) { return s.part(x, gate) + s.product(h, gate); };
  const Tensor i = s.gate_activated(sum(0)), f = s.gate_activated(sum(1));
  const Tensor g = s.activated(sum(2)), o = s.gate_activated(sum(3));
  const Tensor next = f * c + i * g;
  return {o * s.activated(next), next, concatenate({i, f, g, o}, -1), {}};
}

CellGrad back(const UnrolledSequence& s, const CellValues& values, const Tensor& dh, const Tensor& dc) {
  const Tensor i = s.part(values.gates, 0), f = s.part(values.gates, 1);
  const Tensor g = s.part(values.gates, 2), o = s.part(values.gates, 3);
  const Tensor c = s.activated(values.inner);
  const Tensor to_c = dc + dh * o * s.activation_slope(c);
  const std::vector<Tensor> dz{to_c * g * s.gate_slope(i), to_c * values.c_before * s.gate_slope(f),
                               to_c * i * s.activation_slope(g), dh * c * s.gate_slope(o)};
  Tensor before = s.product_grad(dz[0], 0);
  for (int64_t gate = 1; gate < 4; ++gate)
    before = before + s.product_grad(dz[static_cast<size_t>(gate)], gate);
  return {concatenate(dz, -1), {}, before, to_c * f};
}

Tensor gate_input(const RecurrentAttrs&, const Tensor& states, const Tensor&, int64_t) { return states; }

constexpr detail::RecurrentCell kCell{"lstm_sequence", 4, true, false, step, back, gate_input};

std::vector<Tensor> body(const Attrs& attrs, std::span<const Tensor> inputs) {
  return detail::sequence_body(kCell, attrs, inputs);
}
std::vector<Tensor> grad_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  return detail::sequence_grad_body(kCell, attrs, inputs);
}

[[maybe_unused]] const Op& sequence_op = register_op({
    .name = "lstm_sequence",
    .doc = "c = f c + i g, h = o activation(c) over the steps of a sequence; i, f, g and o from x + h R",
    .inputs = detail::sequence_inputs(),
    .outputs = detail::sequence_outputs(),
    .infer = [](const InferArgs& args) { return detail::infer_sequence(kCell, args); },
    .vjp = [](const VjpArgs& args) { return detail::sequence_vjp(kCell, args); },
    .body = body,
    .in_place = {{detail::SequenceOutput::kGates, detail::SequenceInput::kX}},
});

[[maybe_unused]] const Op& grad_op = register_op({
    .name = "lstm_sequence_grad",
    .doc = "gradients of lstm_sequence with respect to x, h and c",
    .inputs = detail::sequence_grad_inputs(),
    .outputs = detail::sequence_grad_outputs(),
    .infer = [](const InferArgs& args) { return detail::infer_sequence_grad(kCell, args); },
    .vjp = detail::vjp_of_body<grad_body>,
    .body = grad_body,
    .in_place = {{detail::SequenceGradOutput::kDX, detail::SequenceGradInput::kGates}},
});

}  // namespace

RecurrentResult lstm_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& h,
                              const Tensor& c, const RecurrentOptions& options) {
  return detail::apply_sequence(kCell, x, recurrent_kernel, {}, h, c, options);
}

}  // namespace lamina
