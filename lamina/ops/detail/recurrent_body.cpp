// Recurrent sequences step by step, in smaller ops: fallback, oracle, and the way of second derivatives.
#include <algorithm>

#include "lamina/core/flops.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/recurrent.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/where.h"

namespace lamina::detail {

UnrolledSequence::UnrolledSequence(const RecurrentAttrs& attrs, int64_t gates, const Tensor& kernel,
                                   const Tensor& bias, const Tensor& mask, const Tensor& dropout)
    : attrs_(attrs),
      gates_(gates),
      kernel_(kernel),
      bias_(bias),
      mask_(mask),
      dropout_(dropout),
      activation_(*find_gate_function(attrs.activation)),
      recurrent_activation_(*find_gate_function(attrs.recurrent_activation)) {}

Tensor UnrolledSequence::part(const Tensor& x, int64_t gate) const {
  const int64_t units = kernel_.shape()[0];
  return index(x, {ellipsis, Slice{gate * units, (gate + 1) * units}});
}

Tensor UnrolledSequence::product(const Tensor& h, int64_t gate) const {
  const Tensor from = absent(dropout_) ? h : h * index(dropout_, {gate});
  const Tensor sum = matmul(from, part(kernel_, gate));
  return absent(bias_) ? sum : sum + part(bias_, gate);
}

Tensor UnrolledSequence::product_grad(const Tensor& d, int64_t gate) const {
  const Tensor from = matmul(d, part(kernel_, gate), false, true);
  return absent(dropout_) ? from : from * index(dropout_, {gate});
}

Tensor UnrolledSequence::activated(const Tensor& x) const { return activate(activation_, x); }
Tensor UnrolledSequence::gate_activated(const Tensor& x) const { return activate(recurrent_activation_, x); }
Tensor UnrolledSequence::activation_slope(const Tensor& y) const { return slope(activation_, y); }
Tensor UnrolledSequence::gate_slope(const Tensor& y) const { return slope(recurrent_activation_, y); }

Tensor UnrolledSequence::at(const Tensor& sequence, int64_t t) { return index(sequence, {Slice{}, t}); }

std::vector<int64_t> UnrolledSequence::times(int64_t count) const {
  std::vector<int64_t> result;
  for (int64_t t = 0; t < count; ++t) result.push_back(attrs_.go_backwards ? count - 1 - t : t);
  return result;
}

Tensor UnrolledSequence::choose(int64_t t, const Tensor& a, const Tensor& b) const {
  return masked() ? where(index(mask_, {Slice{}, Slice{t, t + 1}}), a, b) : a;
}

namespace {

/// A sequence of tensors of the steps, in the order of time.
class Track {
 public:
  Track(const UnrolledSequence& s, int64_t count) : times_(s.times(count)), all_(times_.size()) {}
  void set(int64_t t, const Tensor& x) { all_[static_cast<size_t>(t)] = x; }
  /// Along axis 1; absent when no step set anything.
  Tensor joined(DType dtype) const { return all_[0].defined() ? stack(all_, 1) : zeros({0}, dtype); }

 private:
  std::vector<int64_t> times_;
  std::vector<Tensor> all_;
};

}  // namespace

std::vector<Tensor> sequence_body(const RecurrentCell& cell, const Attrs& any_attrs,
                                  std::span<const Tensor> inputs) {
  using In = SequenceInput;
  const auto& attrs = any_attrs.as<RecurrentAttrs>();
  const Tensor& x = inputs[In::kX];
  const UnrolledSequence s(attrs, cell.gates, inputs[In::kKernel], inputs[In::kBias], inputs[In::kMask],
                           inputs[In::kDropout]);
  const int64_t count = x.shape()[1];
  const Tensor none = zeros({0}, x.dtype());
  Tensor h = inputs[In::kH], c = inputs[In::kC];
  Tensor out = zeros_like(h);
  std::vector<Tensor> outputs;
  Track gates(s, count), inner(s, count), states(s, count);
  for (const int64_t t : s.times(count)) {
    const CellStep now = cell.step(s, UnrolledSequence::at(x, t), h, c);
    states.set(t, h);
    out = s.choose(t, now.h, attrs.zero_output_for_mask ? zeros_like(h) : out);
    outputs.push_back(out);
    h = s.choose(t, now.h, h);
    if (cell.carry) c = s.choose(t, now.c, c);
    gates.set(t, s.choose(t, now.gates, zeros_like(now.gates)));
    if (cell.carry) {
      inner.set(t, c);
    } else if (now.inner.defined()) {
      inner.set(t, s.choose(t, now.inner, zeros_like(now.inner)));
    }
  }
  const auto kept = [&](const Track& track) { return attrs.residuals ? track.joined(x.dtype()) : none; };
  return {attrs.return_sequences ? stack(outputs, 1) : out,
          h,
          cell.carry ? c : none,
          kept(gates),
          kept(inner),
          kept(states)};
}

std::vector<Tensor> sequence_grad_body(const RecurrentCell& cell, const Attrs& any_attrs,
                                       std::span<const Tensor> inputs) {
  using In = SequenceGradInput;
  const auto& attrs = any_attrs.as<RecurrentAttrs>();
  const Tensor& gates = inputs[In::kGates];
  const Tensor& inner = inputs[In::kInner];
  const Tensor& doutput = inputs[In::kDOutput];
  const DType dtype = gates.dtype();
  const Tensor none = zeros({0}, dtype);
  const UnrolledSequence s(attrs, cell.gates, inputs[In::kKernel], none, inputs[In::kMask],
                           inputs[In::kDropout]);
  const int64_t count = gates.shape()[1];
  const Tensor nothing = zeros_like(UnrolledSequence::at(inputs[In::kStates], 0));
  const auto given = [&](const Tensor& x) { return absent(x) ? nothing : x; };
  Tensor dh = given(inputs[In::kDH]), dc = cell.carry ? given(inputs[In::kDC]) : none;
  Tensor waiting = nothing;  // the gradient of outputs that masked steps repeat
  Track dx(s, count), drecurrent(s, count);
  const std::vector<int64_t> times = s.times(count);
  for (int64_t step = count - 1; step >= 0; --step) {
    const int64_t t = times[static_cast<size_t>(step)];
    CellValues values{UnrolledSequence::at(gates, t), {}, UnrolledSequence::at(inputs[In::kStates], t), {}};
    if (!absent(inner)) values.inner = UnrolledSequence::at(inner, t);
    if (cell.carry) {
      values.c_before =
          step > 0 ? UnrolledSequence::at(inner, times[static_cast<size_t>(step - 1)]) : inputs[In::kC];
    }
    if (!absent(doutput) && (attrs.return_sequences || step == count - 1)) {
      const Tensor d = attrs.return_sequences ? UnrolledSequence::at(doutput, step) : doutput;
      waiting = attrs.zero_output_for_mask ? d : waiting + d;
    }
    dh = dh + s.choose(t, waiting, nothing);
    waiting = attrs.zero_output_for_mask ? nothing : s.choose(t, nothing, waiting);
    const CellGrad now = cell.back(s, values, dh, dc);
    dx.set(t, s.choose(t, now.dx, zeros_like(now.dx)));
    if (now.drecurrent.defined()) drecurrent.set(t, s.choose(t, now.drecurrent, zeros_like(now.drecurrent)));
    dh = s.choose(t, now.dh, dh);
    if (cell.carry) dc = s.choose(t, now.dc, dc);
  }
  return {dx.joined(dtype), drecurrent.joined(dtype), dh, dc};
}

double sequence_flops(Body body, const CostArgs& args) {
  using In = SequenceInput;
  std::vector<TensorType> one(args.inputs.begin(), args.inputs.end());
  const int64_t steps = one[In::kX].shape[1];
  one[In::kX].shape.set(1, 1);
  if (!absent(one[In::kMask].shape)) one[In::kMask].shape.set(1, 1);
  return static_cast<double>(steps) * flops_of_body(body, args.attrs, one);
}

}  // namespace lamina::detail
