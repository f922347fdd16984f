// Records of the simple recurrent network and its gradient.
#include "lamina/ops/binary.h"
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

constexpr detail::RecurrentCell kCell{
    .name = "simple_rnn_sequence",
    .doc = "h = activation(x + h R) over the steps of a sequence",
    .grad_doc = "gradients of simple_rnn_sequence with respect to x and h",
    .gates = 1,
    .carry = false,
    .resets = false,
    .step = step,
    .back = back,
    .gate_input = gate_input,
};

const bool simple_rnn_sequence_registered = detail::register_sequence<kCell>();

}  // namespace

RecurrentResult simple_rnn_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& h,
                                    const RecurrentOptions& options) {
  return detail::apply_sequence(kCell, x, recurrent_kernel, {}, h, {}, options);
}

}  // namespace lamina
