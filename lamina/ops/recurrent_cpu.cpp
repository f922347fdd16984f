// CPU kernels of recurrent sequences in float32: the recurrent kernel is packed once, then each thread takes
// some rows of the batch through all steps. Rows do not depend on each other, so that threads meet only at
// the end, and any number of them gives the same bits.
#include <algorithm>

#include "lamina/base/detail/flush_denormals.h"
#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/recurrent.h"
#include "lamina/ops/detail/recurrent_run.h"
#include "lamina/ops/detail/row_gemm.h"

namespace lamina {
namespace {

using detail::SequenceBackward;
using detail::SequenceForward;
using detail::SequenceRun;

using ForwardSteps = void (*)(const SequenceRun&, const SequenceForward&, int64_t, int64_t);
using BackwardSteps = void (*)(const SequenceRun&, const SequenceBackward&, int64_t, int64_t);

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  return std::nullopt;
}

/// `gates` is the type of the (batch, time, gates * units) operand, `kernel` that of the recurrent kernel.
SequenceRun run_of(const KernelDesc& desc, const TensorType& gates, const TensorType& kernel) {
  const auto& attrs = desc.attrs.as<RecurrentAttrs>();
  const int64_t units = kernel.shape[0];
  return {gates.shape[0],
          gates.shape[1],
          units,
          gates.shape[2] / units,
          detail::padded_columns(units),
          *detail::find_gate_function(attrs.activation),
          *detail::find_gate_function(attrs.recurrent_activation),
          attrs.go_backwards,
          attrs.return_sequences,
          attrs.zero_output_for_mask,
          attrs.reset_after};
}

size_t workspace(const SequenceRun& run) {
  return static_cast<size_t>(run.packed() + run.batch * run.row_buffers()) * sizeof(float);
}

/// Which operands are absent, so that their addresses mean nothing.
std::vector<bool> absences(const std::vector<Operand>& operands) {
  std::vector<bool> result;
  for (const Operand& operand : operands) result.push_back(detail::absent(operand.type.shape));
  return result;
}

/// The addresses of a call's operands, null where one is absent.
struct Addresses {
  const KernelArgs& args;
  const std::vector<bool>& no_input;
  const std::vector<bool>& no_output;

  const float* in(int i) const { return no_input[static_cast<size_t>(i)] ? nullptr : args.input<float>(i); }
  const bool* mask(int i) const { return no_input[static_cast<size_t>(i)] ? nullptr : args.input<bool>(i); }
  float* out(int i) const { return no_output[static_cast<size_t>(i)] ? nullptr : args.output<float>(i); }
};

/// Packs each gate's (units, units) part of the recurrent kernel, whose elements lie that far apart.
void pack_gates(const SequenceRun& run, const float* kernel, int64_t row_stride, int64_t column_stride,
                float* packed) {
  for (int64_t g = 0; g < run.gates; ++g) {
    detail::pack_matrix(kernel + g * run.units, row_stride, column_stride, run.units, run.units,
                        packed + g * run.packed_gate());
  }
}

/// Rows of the batch that a thread takes at a time: enough for a fork to pay (100,000 multiplications), and
/// to use what it reads of the recurrent kernel several times, where each thread can have as many.
int64_t grain(const SequenceRun& run) {
  const int64_t share = (run.batch + num_threads() - 1) / num_threads();
  const int64_t paying = 100'000 / (run.time * run.gates * run.units * run.units);
  return std::max<int64_t>({1, paying, std::min<int64_t>(share, 8)});
}

template <ForwardSteps steps>
std::unique_ptr<Kernel> prepare_forward(const KernelDesc& desc) {
  using In = detail::SequenceInput;
  using Out = detail::SequenceOutput;
  const SequenceRun run = run_of(desc, desc.inputs[In::kX].type, desc.inputs[In::kKernel].type);
  const auto kernel = [run, no_input = absences(desc.inputs),
                       no_output = absences(desc.outputs)](const KernelArgs& args) {
    const Addresses of{args, no_input, no_output};
    auto* const packed = static_cast<float*>(args.workspace);
    const int64_t width = run.gates * run.units;
    pack_gates(run, of.in(In::kKernel), width, 1, packed);
    const SequenceForward at{
        of.in(In::kX),       of.in(In::kBias),     of.in(In::kH),   of.in(In::kC),        of.mask(In::kMask),
        of.in(In::kDropout), of.out(Out::kOutput), of.out(Out::kH), of.out(Out::kC),      of.out(Out::kGates),
        of.out(Out::kInner), of.out(Out::kStates), packed,          packed + run.packed()};
    parallel_for(run.batch, grain(run), [&](int64_t begin, int64_t end) {
      const detail::FlushDenormals scope;
      steps(run, at, begin, end);
    });
  };
  return make_kernel(kernel, workspace(run));
}

template <BackwardSteps steps>
std::unique_ptr<Kernel> prepare_backward(const KernelDesc& desc) {
  using In = detail::SequenceGradInput;
  using Out = detail::SequenceGradOutput;
  const SequenceRun run = run_of(desc, desc.inputs[In::kGates].type, desc.inputs[In::kKernel].type);
  const auto kernel = [run, no_input = absences(desc.inputs),
                       no_output = absences(desc.outputs)](const KernelArgs& args) {
    const Addresses of{args, no_input, no_output};
    auto* const packed = static_cast<float*>(args.workspace);
    const int64_t width = run.gates * run.units;
    pack_gates(run, of.in(In::kKernel), 1, width, packed);
    const SequenceBackward at{of.in(In::kC),
                              of.mask(In::kMask),
                              of.in(In::kDropout),
                              of.in(In::kGates),
                              of.in(In::kInner),
                              of.in(In::kStates),
                              of.in(In::kDOutput),
                              of.in(In::kDH),
                              of.in(In::kDC),
                              of.out(Out::kDX),
                              of.out(Out::kDRecurrent),
                              of.out(Out::kDH),
                              of.out(Out::kDC),
                              packed,
                              packed + run.packed()};
    parallel_for(run.batch, grain(run), [&](int64_t begin, int64_t end) {
      const detail::FlushDenormals scope;
      steps(run, at, begin, end);
    });
  };
  return make_kernel(kernel, workspace(run));
}

const KernelRegistration simple_rnn(
    "simple_rnn_sequence", DeviceKind::kCpu,
    {{.name = "rows", .refuses = refuses, .prepare = prepare_forward<detail::simple_rnn_forward>}});
const KernelRegistration simple_rnn_grad(
    "simple_rnn_sequence_grad", DeviceKind::kCpu,
    {{.name = "rows", .refuses = refuses, .prepare = prepare_backward<detail::simple_rnn_backward>}});
const KernelRegistration gru(
    "gru_sequence", DeviceKind::kCpu,
    {{.name = "rows", .refuses = refuses, .prepare = prepare_forward<detail::gru_forward>}});
const KernelRegistration gru_grad(
    "gru_sequence_grad", DeviceKind::kCpu,
    {{.name = "rows", .refuses = refuses, .prepare = prepare_backward<detail::gru_backward>}});
const KernelRegistration lstm(
    "lstm_sequence", DeviceKind::kCpu,
    {{.name = "rows", .refuses = refuses, .prepare = prepare_forward<detail::lstm_forward>}});
const KernelRegistration lstm_grad(
    "lstm_sequence_grad", DeviceKind::kCpu,
    {{.name = "rows", .refuses = refuses, .prepare = prepare_backward<detail::lstm_backward>}});

}  // namespace
}  // namespace lamina
