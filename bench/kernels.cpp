// Times single kernels on the shapes of the benchmark models: every candidate of an op that takes the
// operands, so that ours, oneDNN's and the plain loops stand beside each other. Usage: lamina_kernels
// --benchmark_filter=conv2d
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>

#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/recurrent.h"

namespace lamina {
namespace {

using Storage = std::unique_ptr<void, decltype(&std::free)>;

/// Memory for one operand, aligned as the arena's is; floats between -0.5 and 0.5, other dtypes 0.
Storage filled(const TensorType& type) {
  const size_t bytes = (type.bytes() + 127) / 64 * 64;
  Storage memory(std::aligned_alloc(64, bytes), &std::free);
  auto* const bytes_of = static_cast<unsigned char*>(memory.get());
  for (size_t i = 0; i < bytes; ++i) bytes_of[i] = 0;
  if (type.dtype == DType::kFloat32) {
    auto* const values = static_cast<float*>(memory.get());
    for (int64_t i = 0; i < type.shape.size(); ++i)
      values[i] = 0.5f * std::sin(static_cast<float>(i % 10007));
  }
  return memory;
}

void time_kernel(benchmark::State& state, const KernelCandidate& candidate, const KernelDesc& desc) {
  const std::unique_ptr<Kernel> kernel = candidate.prepare(desc);
  std::vector<Storage> storage;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const Operand& operand : desc.inputs) {
    storage.push_back(filled(operand.type));
    inputs.push_back(storage.back().get());
  }
  for (const Operand& operand : desc.outputs) {
    storage.push_back(filled(operand.type));
    outputs.push_back(storage.back().get());
  }
  const Storage workspace = filled({DType::kUInt8, {static_cast<int64_t>(kernel->workspace())}});
  for (auto step : state) {
    (void)step;
    kernel->run({inputs.data(), outputs.data(), workspace.get(), main_stream(Device{})});
    benchmark::ClobberMemory();
  }
}

/// One benchmark per candidate that takes `inputs`; plain references only where `reference` says so: they
/// take seconds.
void add(const std::string& label, const std::string& op_name, const Attrs& attrs,
         const std::vector<TensorType>& inputs, bool reference = false) {
  const Op& op = find_op(op_name);
  KernelDesc desc{op, attrs, {}, {}};
  for (const TensorType& type : inputs) desc.inputs.push_back({type, {}});
  for (const TensorType& type : infer(op, attrs, inputs)) desc.outputs.push_back({type, {}});
  for (const KernelCandidate& candidate : op.kernels(DeviceKind::kCpu)) {
    if (candidate.refuses && candidate.refuses(desc)) continue;
    if (candidate.name == "reference" && !reference) continue;
    benchmark::RegisterBenchmark((op_name + "/" + label + "/" + candidate.name).c_str(),
                                 [candidate, desc, attrs](benchmark::State& state) {
                                   // The description refers to its attributes: this copy keeps them.
                                   const KernelDesc own{desc.op, attrs, desc.inputs, desc.outputs, {}};
                                   time_kernel(state, candidate, own);
                                 })
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
  }
}

TensorType f32(const Shape& shape) { return {DType::kFloat32, shape}; }

/// A recurrent sequence and its gradient, with everything that training keeps.
void add_recurrent(const std::string& label, const std::string& op, int64_t gates, int64_t batch,
                   int64_t time, int64_t units) {
  const bool carry = op == "lstm_sequence", resets = op == "gru_sequence";
  const TensorType none = f32({0}), no_mask{DType::kBool, {0}};
  const TensorType state = f32({batch, units}), all = f32({batch, time, units});
  const TensorType wide = f32({batch, time, gates * units}), kernel = f32({units, gates * units});
  const RecurrentAttrs attrs{.residuals = true};
  add(label, op, attrs,
      {wide, kernel, resets ? f32({gates * units}) : none, state, carry ? state : none, no_mask, none});
  add(label, op + "_grad", attrs,
      {kernel, carry ? state : none, no_mask, none, wide, carry || resets ? all : none, all, all, none,
       none});
}

void add_dense(const std::string& label, int64_t batch, int64_t in, int64_t out) {
  add(label, "matmul_bias_act", MatmulBiasActAttrs{{}, "relu"},
      {f32({batch, in}), f32({in, out}), f32({out})});
  add(label + "_dw", "matmul", MatmulAttrs{true, false}, {f32({batch, in}), f32({batch, out})});
  add(label + "_dx", "matmul", MatmulAttrs{false, true}, {f32({batch, out}), f32({in, out})});
}

/// A 3x3 convolution with relu, the pooling behind it, and all gradients, fused and in pieces.
void add_block(const std::string& label, int64_t batch, int64_t size, int64_t channels, int64_t filters) {
  const Shape image{batch, size, size, channels}, kernel{3, 3, channels, filters};
  const Shape map{batch, size - 2, size - 2, filters}, pooled{batch, (size - 2) / 2, (size - 2) / 2, filters};
  const TensorType index{DType::kUInt8, pooled};
  add(label, "conv2d_bias_act", Conv2DBiasActAttrs{{}, "relu"}, {f32(image), f32(kernel), f32({filters})});
  add(label, "conv2d_grad_kernel_bias", Conv2DGradAttrs{{}, kernel}, {f32(image), f32(map)});
  add(label, "conv2d_grad_input", Conv2DGradAttrs{{}, image}, {f32(map), f32(kernel)});
  add(label, "max_pool2d_with_index", Pool2DAttrs{}, {f32(map)});
  add(label, "max_pool2d_grad", Pool2DGradAttrs{{}, map}, {f32(pooled), index});
  add(label, "conv2d_bias_act_max_pool2d_with_index", ConvPoolAttrs{{}, "relu", {}},
      {f32(image), f32(kernel), f32({filters})});
  add(label, "conv2d_grad_kernel_pooled", ConvPoolGradAttrs{{}, {}, kernel},
      {f32(image), f32(pooled), index});
}

void add_all() {
  add_dense("mlp_32x100x64", 32, 100, 64);
  add_dense("mlp_32x64x64", 32, 64, 64);
  add_dense("mlp_32x64x10", 32, 64, 10);
  add_dense("cnn28_128x5408x128", 128, 5408, 128);
  add_dense("cnn28_128x128x10", 128, 128, 10);
  add_dense("cnn28_1x5408x128", 1, 5408, 128);
  add_recurrent("lstm_32x200x128", "lstm_sequence", 4, 32, 200, 128);
  add_recurrent("gru_32x200x128", "gru_sequence", 3, 32, 200, 128);
  add_recurrent("rnn_32x200x128", "simple_rnn_sequence", 1, 32, 200, 128);
  add_block("cnn28_128x28x28x1", 128, 28, 1, 32);
  add_block("cnn28_1x28x28x1", 1, 28, 1, 32);
  add_block("cnn64_32x64x64x3", 32, 64, 3, 32);
  add_block("catsdogs_32x36x36x64", 32, 36, 64, 128);
}

}  // namespace
}  // namespace lamina

int main(int argc, char** argv) {
  lamina::add_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
