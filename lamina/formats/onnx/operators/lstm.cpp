// LSTM, whose gates lie in the order i, o, f, c.
#include "lamina/formats/onnx/operators/recurrent_of.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

// With a gate to forget of its own; peepholes, clip and three activations at will.
RecurrentResult lstm_steps(const Direction& d, bool coupled) {
  const Tensor projected = add(matmul(d.x, d.w, false, true), add(d.w_bias, d.r_bias));
  const Tensor kernel = transpose(d.r);
  return run_steps(d, projected, [&](const Tensor& x, const std::vector<Tensor>& states) {
    const Tensor &h = states[0], &c = states[1];
    const Tensor all = add(x, matmul(h, kernel));
    const auto gate = [&](int64_t i, const Tensor& seen, int64_t peephole) {
      Tensor sum = part(all, 4, i);
      if (d.peepholes.defined() && peephole >= 0)
        sum = add(sum, multiply(seen, part(d.peepholes, 3, peephole)));
      return clipped(d, sum);
    };
    const Tensor in = d.activations[0].apply(gate(0, c, 0));
    const Tensor forget = coupled ? subtract(1.0, in) : d.activations[0].apply(gate(2, c, 2));
    const Tensor cell = add(multiply(forget, c), multiply(in, d.activations[1].apply(gate(3, c, -1))));
    const Tensor out = d.activations[0].apply(gate(1, cell, 1));
    return std::vector<Tensor>{multiply(out, d.activations[2].apply(cell)), cell};
  });
}

std::vector<Value> lstm(Call& call) {
  const bool coupled = call.integer("input_forget", 0) != 0;
  const RecurrentKind kind{
      .gates = 4, .activations = {"Sigmoid", "Tanh", "Tanh"}, .initial_c = 6, .peepholes = 7};
  return run_recurrent(call, kind, [&](const Direction& d) {
    const std::string &gates = d.activations[0].sequence_name, &others = d.activations[1].sequence_name;
    if (coupled || others != d.activations[2].sequence_name || !d.sequence_knows(gates, others))
      return lstm_steps(d, coupled);
    const std::vector<int64_t> order{0, 2, 3, 1};  // i, f, g, o
    const Tensor bias = reordered(add(d.w_bias, d.r_bias), 0, 4, order);
    const Tensor x = add(matmul(d.x, reordered(d.w, 0, 4, order), false, true), bias);
    return d.in_places(
        lstm_sequence(x, transpose(reordered(d.r, 0, 4, order)), d.h, d.c, d.options(gates, others)));
  });
}

const bool kLstmRegistered = register_operator("LSTM", 1, lstm, {.trained = {1, 2, 3, 7}});

}  // namespace
}  // namespace lamina::onnx
