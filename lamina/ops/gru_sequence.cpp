// Records of the GRU and its gradient. Gates in the order z, r, g.
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/recurrent.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

using detail::CellGrad;
using detail::CellStep;
using detail::CellValues;
using detail::UnrolledSequence;

CellStep step(const UnrolledSequence& s, const Tensor& x, const Tensor& h, const Tensor&) {
  const Tensor z = s.gate_activated(s.part(x, 0) + s.product(h, 0));
  const Tensor r = s.gate_activated(s.part(x, 1) + s.product(h, 1));
  const bool after = s.attrs().reset_after;
  const Tensor product = s.product(after ? h : r * h, 2);
  const Tensor g = s.activated(s.part(x, 2) + (after ? r * product : product));
  return {z * h + (1.0 - z) * g, {}, concatenate({z, r, g}, -1), after ? product : Tensor()};
}

CellGrad back(const UnrolledSequence& s, const CellValues& values, const Tensor& dh, const Tensor&) {
  const Tensor z = s.part(values.gates, 0), r = s.part(values.gates, 1), g = s.part(values.gates, 2);
  const Tensor& h = values.h_before;
  const Tensor dz = dh * (h - g) * s.gate_slope(z);
  const Tensor dg = dh * (1.0 - z) * s.activation_slope(g);
  if (s.attrs().reset_after) {
    const Tensor dr = dg * values.inner * s.gate_slope(r);
    const Tensor product = dg * r;
    return {concatenate({dz, dr, dg}, -1),
            concatenate({dz, dr, product}, -1),
            dh * z + s.product_grad(dz, 0) + s.product_grad(dr, 1) + s.product_grad(product, 2),
            {}};
  }
  const Tensor through = s.product_grad(dg, 2);
  const Tensor dr = through * h * s.gate_slope(r);
  return {concatenate({dz, dr, dg}, -1),
          {},
          dh * z + through * r + s.product_grad(dz, 0) + s.product_grad(dr, 1),
          {}};
}

Tensor gate_input(const RecurrentAttrs& attrs, const Tensor& states, const Tensor& gates, int64_t gate) {
  if (attrs.reset_after || gate < 2) return states;
  const int64_t units = states.shape()[2];
  return index(gates, {ellipsis, Slice{units, 2 * units}}) * states;
}

constexpr detail::RecurrentCell kCell{
    .name = "gru_sequence",
    .doc = "h = z h + (1 - z) g over the steps of a sequence; z, r and g from x and h R",
    .grad_doc = "gradients of gru_sequence with respect to x, h R + b and h",
    .gates = 3,
    .carry = false,
    .resets = true,
    .step = step,
    .back = back,
    .gate_input = gate_input,
};

const bool gru_sequence_registered = detail::register_sequence<kCell>();

}  // namespace

RecurrentResult gru_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& recurrent_bias,
                             const Tensor& h, const RecurrentOptions& options) {
  return detail::apply_sequence(kCell, x, recurrent_kernel, recurrent_bias, h, {}, options);
}

}  // namespace lamina
