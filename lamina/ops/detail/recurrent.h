// What the records of recurrent sequences share: arguments, checks, bodies in smaller ops, gradients.
// Internal header.
//
// A tensor that is absent is empty and has one axis: shape (0).
#pragma once

#include <string>
#include <vector>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/gate_function.h"
#include "lamina/ops/recurrent.h"

namespace lamina::detail {

/// Inputs and outputs of a sequence. `inner` is the cell's own: the carries of an LSTM, the candidate's part
/// of h R + b of a GRU that resets after the product. `states` are those that entered each step; at masked
/// steps gates are 0. The last three are absent without RecurrentAttrs::residuals.
struct SequenceInput {
  enum { kX, kKernel, kBias, kH, kC, kMask, kDropout, kCount };
};
struct SequenceOutput {
  enum { kOutput, kH, kC, kGates, kInner, kStates, kCount };
};
/// Inputs and outputs of its gradient; `drecurrent` is the gradient of h R + b where it is not dx.
struct SequenceGradInput {
  enum { kKernel, kC, kMask, kDropout, kGates, kInner, kStates, kDOutput, kDH, kDC, kCount };
};
struct SequenceGradOutput {
  enum { kDX, kDRecurrent, kDH, kDC, kCount };
};

std::vector<ArgSpec> sequence_inputs();
std::vector<std::string> sequence_outputs();
std::vector<ArgSpec> sequence_grad_inputs();
std::vector<std::string> sequence_grad_outputs();

inline bool absent(const Shape& shape) { return shape.rank() == 1 && shape[0] == 0; }
inline bool absent(const Tensor& x) { return absent(x.shape()); }

/// The arguments of a body, and what it does with them. A step's tensors are (batch, ...).
class UnrolledSequence {
 public:
  UnrolledSequence(const RecurrentAttrs& attrs, int64_t gates, const Tensor& kernel, const Tensor& bias,
                   const Tensor& mask, const Tensor& dropout);

  const RecurrentAttrs& attrs() const { return attrs_; }
  /// The columns of one gate.
  Tensor part(const Tensor& x, int64_t gate) const;
  /// (h * dropout) R + bias of one gate.
  Tensor product(const Tensor& h, int64_t gate) const;
  /// The gradient of h in it.
  Tensor product_grad(const Tensor& d, int64_t gate) const;
  Tensor activated(const Tensor& x) const;
  Tensor gate_activated(const Tensor& x) const;
  Tensor activation_slope(const Tensor& y) const;
  Tensor gate_slope(const Tensor& y) const;

  /// The input at time t, and the times in the order of the steps.
  static Tensor at(const Tensor& sequence, int64_t t);
  std::vector<int64_t> times(int64_t count) const;
  /// a where the mask holds at time t, else b.
  Tensor choose(int64_t t, const Tensor& a, const Tensor& b) const;
  bool masked() const { return !absent(mask_); }

 private:
  RecurrentAttrs attrs_;
  int64_t gates_;
  Tensor kernel_, bias_, mask_, dropout_;
  GateFunction activation_, recurrent_activation_;
};

/// One step of a cell in smaller ops. c and inner are undefined where the cell has none.
struct CellStep {
  Tensor h, c, gates, inner;
};
/// What its gradient is given: values of the step, and the carry before it.
struct CellValues {
  Tensor gates, inner, h_before, c_before;
};
/// drecurrent undefined: it is dx.
struct CellGrad {
  Tensor dx, drecurrent, dh, dc;
};

/// A kind of cell.
struct RecurrentCell {
  const char *name, *doc, *grad_doc;  ///< of the op, whose gradient is "NAME_grad"
  int64_t gates;
  bool carry;   ///< has a second state c
  bool resets;  ///< a GRU: takes a recurrent bias, and has `reset_after`
  CellStep (*step)(const UnrolledSequence& s, const Tensor& x, const Tensor& h, const Tensor& c);
  CellGrad (*back)(const UnrolledSequence& s, const CellValues& values, const Tensor& dh, const Tensor& dc);
  /// What is multiplied by the gate's part of the recurrent kernel, before dropout, for all steps at once.
  Tensor (*gate_input)(const RecurrentAttrs& attrs, const Tensor& states, const Tensor& gates, int64_t gate);
};

std::vector<TensorType> infer_sequence(const RecurrentCell& cell, const InferArgs& args);
std::vector<TensorType> infer_sequence_grad(const RecurrentCell& cell, const InferArgs& args);
std::vector<Tensor> sequence_body(const RecurrentCell& cell, const Attrs& attrs,
                                  std::span<const Tensor> inputs);
std::vector<Tensor> sequence_grad_body(const RecurrentCell& cell, const Attrs& attrs,
                                       std::span<const Tensor> inputs);
/// By way of the op "NAME_grad".
std::vector<Tensor> sequence_vjp(const RecurrentCell& cell, const VjpArgs& args);

template <const RecurrentCell& cell>
std::vector<Tensor> body_of(const Attrs& attrs, std::span<const Tensor> inputs) {
  return sequence_body(cell, attrs, inputs);
}
template <const RecurrentCell& cell>
std::vector<Tensor> grad_body_of(const Attrs& attrs, std::span<const Tensor> inputs) {
  return sequence_grad_body(cell, attrs, inputs);
}

/// As often what one step costs as there are steps.
double sequence_flops(Body body, const CostArgs& args);

/// Registers both ops of a cell.
template <const RecurrentCell& cell>
bool register_sequence() {
  register_op<RecurrentAttrs>({
      .name = cell.name,
      .doc = cell.doc,
      .inputs = sequence_inputs(),
      .outputs = sequence_outputs(),
      .infer = [](const InferArgs& args) { return infer_sequence(cell, args); },
      .flops = [](const CostArgs& args) { return sequence_flops(body_of<cell>, args); },
      .vjp = [](const VjpArgs& args) { return sequence_vjp(cell, args); },
      .body = body_of<cell>,
      .in_place = {{SequenceOutput::kGates, SequenceInput::kX}},
  });
  register_op<RecurrentAttrs>({
      .name = std::string(cell.name) + "_grad",
      .doc = cell.grad_doc,
      .inputs = sequence_grad_inputs(),
      .outputs = sequence_grad_outputs(),
      .infer = [](const InferArgs& args) { return infer_sequence_grad(cell, args); },
      .vjp = vjp_of_body<grad_body_of<cell>>,
      .body = grad_body_of<cell>,
      .in_place = {{SequenceGradOutput::kDX, SequenceGradInput::kGates}},
  });
  return true;
}

/// Checks what infer cannot (undefined tensors), fills in what is absent, and applies the cell's op.
RecurrentResult apply_sequence(const RecurrentCell& cell, const Tensor& x, const Tensor& recurrent_kernel,
                               const Tensor& bias, const Tensor& h, const Tensor& c,
                               const RecurrentOptions& options);

}  // namespace lamina::detail
