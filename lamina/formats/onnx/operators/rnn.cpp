// RNN: one gate.
#include "lamina/formats/onnx/operators/recurrent_of.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<Value> rnn(Call& call) {
  return run_recurrent(call, {.gates = 1, .activations = {"Tanh"}}, [](const Direction& d) {
    const Tensor x = add(matmul(d.x, d.w, false, true), add(d.w_bias, d.r_bias));
    const Tensor kernel = transpose(d.r);
    const std::string& name = d.activations[0].sequence_name;
    if (d.sequence_knows(name, name))
      return d.in_places(simple_rnn_sequence(x, kernel, d.h, d.options(name, name)));
    return run_steps(d, x, [&](const Tensor& input, const std::vector<Tensor>& states) {
      return std::vector<Tensor>{d.activations[0].apply(clipped(d, add(input, matmul(states[0], kernel))))};
    });
  });
}

const bool kRnnRegistered = register_operator("RNN", 1, rnn, {.trained = {1, 2, 3}});

}  // namespace
}  // namespace lamina::onnx
