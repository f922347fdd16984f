// Records of the LSTM and its gradient. Gates in the order i, f, g, o.
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
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

constexpr detail::RecurrentCell kCell{
    .name = "lstm_sequence",
    .doc = "c = f c + i g, h = o activation(c) over the steps of a sequence; i, f, g and o from x + h R",
    .grad_doc = "gradients of lstm_sequence with respect to x, h and c",
    .gates = 4,
    .carry = true,
    .resets = false,
    .step = step,
    .back = back,
    .gate_input = gate_input,
};

const bool lstm_sequence_registered = detail::register_sequence<kCell>();

}  // namespace

RecurrentResult lstm_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& h,
                              const Tensor& c, const RecurrentOptions& options) {
  return detail::apply_sequence(kCell, x, recurrent_kernel, {}, h, c, options);
}

}  // namespace lamina
