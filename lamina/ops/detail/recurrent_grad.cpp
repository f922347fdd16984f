// Gradients of recurrent sequences, and their common way in.
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/recurrent.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"

namespace lamina::detail {
namespace {

/// (batch, time, n) as (batch * time, n).
Tensor rows(const Tensor& x) { return reshape(x, {x.shape()[0] * x.shape()[1], x.shape()[2]}); }

/// The gradients that are products over all steps at once.
class KernelGrad {
 public:
  KernelGrad(const RecurrentCell& cell, const VjpArgs& args, const Tensor& states, const Tensor& gates,
             const Tensor& drecurrent)
      : cell_(cell),
        attrs_(args.attrs.as<RecurrentAttrs>()),
        kernel_(args.inputs[SequenceInput::kKernel]),
        dropout_(args.inputs[SequenceInput::kDropout]),
        states_(states),
        gates_(gates),
        drecurrent_(drecurrent) {}

  Tensor of_kernel() const {
    if (absent(dropout_) && (!cell_.resets || attrs_.reset_after))
      return matmul(rows(states_), rows(drecurrent_), true, false);
    std::vector<Tensor> parts;
    for (int64_t g = 0; g < cell_.gates; ++g) {
      Tensor input = cell_.gate_input(attrs_, states_, gates_, g);
      if (!absent(dropout_)) input = input * expand_dims(index(dropout_, {g}), 1);
      parts.push_back(matmul(rows(input), rows(part(drecurrent_, g)), true, false));
    }
    return concatenate(parts, 1);
  }

  Tensor of_dropout() const {
    std::vector<Tensor> parts;
    for (int64_t g = 0; g < cell_.gates; ++g) {
      const Tensor through = matmul(part(drecurrent_, g), part(kernel_, g), false, true);
      parts.push_back(sum(cell_.gate_input(attrs_, states_, gates_, g) * through, {1}));
    }
    return stack(parts, 0);
  }

 private:
  Tensor part(const Tensor& x, int64_t gate) const {
    const int64_t units = states_.shape()[2];
    return index(x, {ellipsis, Slice{gate * units, (gate + 1) * units}});
  }

  const RecurrentCell& cell_;
  const RecurrentAttrs& attrs_;
  Tensor kernel_, dropout_, states_, gates_, drecurrent_;
};

}  // namespace

std::vector<Tensor> sequence_vjp(const RecurrentCell& cell, const VjpArgs& args) {
  using In = SequenceInput;
  using Out = SequenceOutput;
  const Op& op = find_op(cell.name);
  // Second derivatives come through what was kept for the first.
  for (const int kept : {Out::kGates, Out::kInner, Out::kStates}) {
    const Tensor& grad = args.grads[static_cast<size_t>(kept)];
    if (grad.defined() && !absent(grad)) return vjp_through(op.body, args);
  }
  RecurrentAttrs attrs = args.attrs.as<RecurrentAttrs>();
  std::vector<Tensor> outputs(args.outputs.begin(), args.outputs.end());
  if (!attrs.residuals) {
    attrs.residuals = true;
    outputs = apply(op, attrs, {args.inputs.begin(), args.inputs.end()});
  }
  const Tensor none = zeros({0}, args.inputs[In::kX].dtype());
  const auto given = [&](int output) {
    const Tensor& grad = args.grads[static_cast<size_t>(output)];
    return grad.defined() ? grad : none;
  };
  const std::vector<Tensor> found =
      apply(find_op(std::string(cell.name) + "_grad"), attrs,
            {args.inputs[In::kKernel], args.inputs[In::kC], args.inputs[In::kMask], args.inputs[In::kDropout],
             outputs[Out::kGates], outputs[Out::kInner], outputs[Out::kStates], given(Out::kOutput),
             given(Out::kH), given(Out::kC)});
  const Tensor& dx = found[SequenceGradOutput::kDX];
  const Tensor& own = found[SequenceGradOutput::kDRecurrent];
  const KernelGrad products(cell, args, outputs[Out::kStates], outputs[Out::kGates], absent(own) ? dx : own);
  std::vector<Tensor> result(In::kCount);
  result[In::kX] = dx;
  result[In::kKernel] = products.of_kernel();
  if (!absent(args.inputs[In::kBias])) result[In::kBias] = sum(own, {0, 1});
  result[In::kH] = found[SequenceGradOutput::kDH];
  if (cell.carry) result[In::kC] = found[SequenceGradOutput::kDC];
  if (!absent(args.inputs[In::kDropout])) result[In::kDropout] = products.of_dropout();
  return result;
}

RecurrentResult apply_sequence(const RecurrentCell& cell, const Tensor& x, const Tensor& recurrent_kernel,
                               const Tensor& bias, const Tensor& h, const Tensor& c,
                               const RecurrentOptions& options) {
  for (const Tensor* needed : {&x, &recurrent_kernel, &h}) {
    if (!needed->defined())
      throw InvalidArgument(std::string(cell.name) + ": x, recurrent_kernel and h must be defined tensors");
  }
  if (cell.carry && !c.defined())
    throw InvalidArgument(std::string(cell.name) + ": the initial carry c must be a defined tensor");
  const DType dtype = x.dtype();
  const bool half = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  const DType inside = half ? DType::kFloat32 : dtype;
  const auto prepared = [&](const Tensor& given, DType wanted) {
    if (!given.defined()) return zeros({0}, wanted == DType::kBool ? wanted : inside);
    return half && given.dtype() == dtype ? cast(given, inside) : given;
  };
  const RecurrentAttrs attrs{options.activation,       options.recurrent_activation, options.go_backwards,
                             options.return_sequences, options.zero_output_for_mask, options.reset_after,
                             options.training};
  const std::vector<Tensor> found = apply(
      find_op(cell.name), attrs,
      {prepared(x, dtype), prepared(recurrent_kernel, dtype), prepared(bias, dtype), prepared(h, dtype),
       prepared(c, dtype), prepared(options.mask, DType::kBool), prepared(options.recurrent_dropout, dtype)});
  const auto result = [&](int output) {
    const Tensor& y = found[static_cast<size_t>(output)];
    return half ? cast(y, dtype) : y;
  };
  return {result(SequenceOutput::kOutput), result(SequenceOutput::kH),
          cell.carry ? result(SequenceOutput::kC) : Tensor()};
}

}  // namespace lamina::detail
