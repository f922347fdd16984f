// GRU, whose gates lie in the order z, r, h.
#include "lamina/formats/onnx/operators/recurrent_of.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

RecurrentResult gru_steps(const Direction& d, bool reset_after) {
  const int64_t units = d.units;
  const Tensor projected = add(matmul(d.x, d.w, false, true), d.w_bias);
  const Tensor gates = slice(d.r, {0}, {2 * units}), candidate = slice(d.r, {2 * units}, {3 * units});
  return run_steps(d, projected, [&](const Tensor& x, const std::vector<Tensor>& states) {
    const Tensor& h = states[0];
    const Tensor sums = add(slice(x, {0, 0}, {x.shape()[0], 2 * units}),
                            add(matmul(h, gates, false, true), slice(d.r_bias, {0}, {2 * units})));
    const Tensor z = d.activations[0].apply(clipped(d, part(sums, 2, 0)));
    const Tensor r = d.activations[0].apply(clipped(d, part(sums, 2, 1)));
    const Tensor bias = part(d.r_bias, 3, 2);
    const Tensor past = reset_after ? multiply(r, add(matmul(h, candidate, false, true), bias))
                                    : add(matmul(multiply(r, h), candidate, false, true), bias);
    const Tensor g = d.activations[1].apply(clipped(d, add(part(x, 3, 2), past)));
    return std::vector<Tensor>{add(multiply(subtract(1.0, z), g), multiply(z, h))};
  });
}

std::vector<Value> gru(Call& call) {
  const bool reset_after = call.integer("linear_before_reset", 0) != 0;
  return run_recurrent(call, {.gates = 3, .activations = {"Sigmoid", "Tanh"}}, [&](const Direction& d) {
    const std::string &gates = d.activations[0].sequence_name, &others = d.activations[1].sequence_name;
    if (!d.sequence_knows(gates, others)) return gru_steps(d, reset_after);
    RecurrentOptions options = d.options(gates, others);
    options.reset_after = reset_after;
    const Tensor bias = reset_after ? d.w_bias : add(d.w_bias, d.r_bias);
    const Tensor x = add(matmul(d.x, d.w, false, true), bias);
    return d.in_places(gru_sequence(x, transpose(d.r), reset_after ? d.r_bias : Tensor(), d.h, options));
  });
}

const bool kGruRegistered = register_operator("GRU", 1, gru, {.trained = {1, 2, 3}});

}  // namespace
}  // namespace lamina::onnx
