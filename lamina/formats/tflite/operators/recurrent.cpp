// Recurrent layers over sequences: LSTM in one and two directions, plain RNN, SVDF; weights of floats, or of
// integers for floats.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lamina/formats/tflite/operators/integer_lstm.h"
#include "lamina/formats/tflite/operators/integer_sums.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina::tflite {
namespace {

// x (rows, k) times the transposed of input `i`, (n, k).
Tensor linear(const Call& call, const Tensor& x, size_t i) {
  const Tensor& w = call[i];
  if (w.rank() != 2 || w.shape()[1] != x.shape()[-1])
    call.fail(fmt::format("weights {} of shape {} do not fit {}", i, w.shape().str(), x.shape().str()));
  if (!quantized(call, i)) return matmul(x, transpose(cast(w, x.dtype()), {1, 0}));
  const IntegerWeights weights = integer_weights(call, i, 0, 9);
  return hybrid_sums(rows_by_size(x), weights, [&](const Tensor& integers) {
    return matmul(integers, transpose(weights.values, {1, 0}));
  });
}

Tensor limited(const Tensor& x, float limit) {
  return limit > 0 ? clip(x, -static_cast<double>(limit), static_cast<double>(limit)) : x;
}

// A vector of numbers, whole where it is of integers that stand for reals.
Tensor vector_of(const Call& call, size_t i) {
  if (!quantized(call, i)) return call[i];
  return multiply(centred(call, i, DType::kFloat32),
                  static_cast<double>(input_quantization(call, i).scale()));
}

// (time, batch, features), however the operator has them.
Tensor time_first(const Tensor& x, bool is_first) { return is_first ? x : transpose(x, {1, 0, 2}); }

// Where the inputs of one direction stand: of gate k (input, forget, cell, output) at first + k; -1 for what
// it cannot have.
struct LstmInputs {
  size_t input, weights, recurrent, peephole, bias, projection, output_state, cell_state;
  std::optional<size_t> norm = {};
};

struct LstmOptions {
  float cell_clip, projection_clip;
  bool backwards = false;
};

Tensor run_lstm(const Call& call, const Tensor& x, const LstmInputs& at, const LstmOptions& options) {
  const int64_t steps = x.shape()[0], batch = x.shape()[1];
  const bool coupled = !call.has(at.weights);  // the input gate is 1 less the forget gate
  const Tensor rows = reshape(x, {steps * batch, x.shape()[2]});
  std::vector<Tensor> parts;  // of each gate, for all steps
  for (size_t gate = coupled ? 1 : 0; gate < 4; ++gate) {
    const Tensor y = linear(call, rows, at.weights + gate);
    parts.push_back(reshape(y, {steps, batch, y.shape()[1]}));
  }
  const auto step = [&](const std::vector<Tensor>& state, const std::vector<Tensor>& given) {
    const Tensor &hidden = state[0], &cell = state[1];
    const auto gate_sum = [&](size_t gate, const Tensor& peeped) {
      Tensor y = add(given[coupled ? gate - 1 : gate], linear(call, hidden, at.recurrent + gate));
      const size_t peephole = at.peephole + (gate == 3 ? 2 : gate);
      if (gate != 2 && call.has(peephole)) y = add(y, multiply(peeped, vector_of(call, peephole)));
      if (at.norm && call.has(*at.norm + gate)) {
        const Tensor centre = subtract(y, mean(y, Axes{-1}, true));
        y = multiply(divide(centre, lamina::sqrt(add(mean(square(centre), Axes{-1}, true), 1e-8))),
                     vector_of(call, *at.norm + gate));
      }
      return call.has(at.bias + gate) ? add(y, call[at.bias + gate]) : y;
    };
    const Tensor forget = sigmoid(gate_sum(1, cell));
    const Tensor in = coupled ? subtract(1.0, forget) : sigmoid(gate_sum(0, cell));
    const Tensor next = limited(add(multiply(forget, cell), multiply(in, activated(call, gate_sum(2, cell)))),
                                options.cell_clip);
    const Tensor out = sigmoid(gate_sum(3, next));
    Tensor y = multiply(out, activated(call, next));
    if (call.has(at.projection)) {
      y = linear(call, y, at.projection);
      if (call.has(at.projection + 1)) y = add(y, call[at.projection + 1]);
      y = limited(y, options.projection_clip);
    }
    return ScanResult{{y, next}, {y}};
  };
  return scan(step, {call[at.output_state], call[at.cell_state]}, parts, {.reverse = options.backwards})
      .ys[0];
}

constexpr LstmInputs kOneDirection{0, 1, 5, 9, 12, 16, 18, 19, 20};

void require_floats(const Call& call) {
  if (quantized(call)) throw Unsupported("of integers is not known");
}

LstmOptions lstm_options(const Call& call) {
  call.ignore({"asymmetric_quantize_inputs"});
  if (option(call, "diagonal_recurrent_tensors") != 0)
    throw Unsupported("has recurrent weights on a diagonal alone");
  return {number_option(call, "cell_clip"), number_option(call, "proj_clip")};
}

std::vector<Value> sequence_lstm(Call& call) {
  const LstmOptions options = lstm_options(call);
  const bool first = option(call, "time_major") != 0;
  if (call[0].rank() != 3) call.fail("takes sequences of 3 axes");
  if (quantized(call)) {
    call.ignore({"fused_activation_function"});
    return {output(call, time_first(run_integer_lstm(call, time_first(call[0], first)), first))};
  }
  return {
      output(call, time_first(run_lstm(call, time_first(call[0], first), kOneDirection, options), first))};
}

// Both directions; inputs 39 to 47 would bring a second sequence.
std::vector<Value> bidirectional_lstm(Call& call) {
  require_floats(call);
  LstmOptions options = lstm_options(call);
  const bool first = option(call, "time_major", 1) != 0, merges = option(call, "merge_outputs") != 0;
  for (size_t i = 39; i < call.size(); ++i) {
    if (call.has(i)) throw Unsupported("has auxiliary inputs");
  }
  const Tensor x = time_first(call[0], first);
  const Tensor forward = time_first(run_lstm(call, x, {0, 1, 5, 9, 12, 16, 35, 36}, options), first);
  options.backwards = true;
  const Tensor backward = time_first(run_lstm(call, x, {0, 18, 22, 26, 29, 33, 37, 38}, options), first);
  if (merges) return {output(call, concatenate({forward, backward}, -1))};
  return {output(call, forward, 0), output(call, backward, 1)};
}

// One step.
std::vector<Value> lstm(Call& call) {
  require_floats(call);
  const LstmOptions options = lstm_options(call);
  if (option(call, "kernel_type") == 0) {
    const Tensor x = reshape(call[0], {1, call[0].shape()[0], call[0].shape()[-1]});
    const Tensor y = run_lstm(call, x, kOneDirection, options);
    return {output(call, reshape(y, {y.shape()[1], y.shape()[2]}))};
  }
  // Basic: inputs, the last activation, all weights and biases in one (input, cell, forget, output), and the
  // last state.
  const Tensor sums = add(linear(call, concatenate({call[0], call[1]}, -1), 2), call[3]);
  const int64_t n = sums.shape()[-1] / 4;
  const auto part = [&](int64_t k) { return index(sums, {ellipsis, Slice{k * n, (k + 1) * n}}); };
  const Tensor state =
      add(multiply(sigmoid(part(0)), lamina::tanh(part(1))), multiply(sigmoid(part(2)), call[4]));
  call.ignore({"fused_activation_function"});
  const Tensor y = multiply(sigmoid(part(3)), lamina::tanh(state));
  std::vector<Value> outputs{output(call, y, 0)};
  if (call.outputs() > 1) outputs.push_back(output(call, state, 1));
  if (call.outputs() > 2) outputs.push_back(output(call, concatenate({call[0], call[1]}, -1), 2));
  if (call.outputs() > 3) outputs.push_back(output(call, sums, 3));
  return outputs;
}

// Weights, recurrent weights, bias and state at `first` and behind.
Tensor run_rnn(const Call& call, const Tensor& x, size_t first, size_t state, bool backwards) {
  const int64_t steps = x.shape()[0], batch = x.shape()[1];
  const Tensor y = add(linear(call, reshape(x, {steps * batch, x.shape()[2]}), first), call[first + 2]);
  const auto step = [&](const std::vector<Tensor>& carry, const std::vector<Tensor>& given) {
    const Tensor next = activated(call, add(given[0], linear(call, carry[0], first + 1)));
    return ScanResult{{next}, {next}};
  };
  return scan(step, {call[state]}, {reshape(y, {steps, batch, y.shape()[1]})}, {.reverse = backwards}).ys[0];
}

std::vector<Value> sequence_rnn(Call& call) {
  require_floats(call);
  call.ignore({"asymmetric_quantize_inputs"});
  const bool first = option(call, "time_major") != 0;
  if (call[0].rank() != 3) call.fail("takes sequences of 3 axes");
  return {output(call, time_first(run_rnn(call, time_first(call[0], first), 1, 4, false), first))};
}

std::vector<Value> bidirectional_rnn(Call& call) {
  require_floats(call);
  call.ignore({"asymmetric_quantize_inputs"});
  const bool first = option(call, "time_major") != 0, merges = option(call, "merge_outputs") != 0;
  for (size_t i = 9; i < call.size(); ++i) {
    if (call.has(i)) throw Unsupported("has auxiliary inputs");
  }
  const Tensor x = time_first(call[0], first);
  const Tensor forward = time_first(run_rnn(call, x, 1, 4, false), first),
               backward = time_first(run_rnn(call, x, 5, 8, true), first);
  if (merges) return {output(call, concatenate({forward, backward}, -1))};
  return {output(call, forward, 0), output(call, backward, 1)};
}

std::vector<Value> rnn(Call& call) {
  require_floats(call);
  call.ignore({"asymmetric_quantize_inputs"});
  const Tensor y = run_rnn(call, reshape(call[0], {1, call[0].shape()[0], call[0].shape()[-1]}), 1, 4, false);
  return {output(call, reshape(y, {y.shape()[1], y.shape()[2]}))};
}

// A filter over features, and one over the last steps of what that gives, which the state keeps: (batch,
// filters * memory).
std::vector<Value> svdf(Call& call) {
  call.ignore({"asymmetric_quantize_inputs"});
  const Tensor& x = call[0];
  const int64_t rank = option(call, "rank"), filters = call[1].shape()[0], memory = call[2].shape()[-1],
                batch = x.shape()[0];
  if (rank < 1 || filters % rank != 0 || call[2].shape()[0] != filters)
    call.fail("its filters do not fit its rank");
  const bool integers = quantized(call);
  const Tensor state = reshape(call[4], {batch, filters, memory});
  const Tensor kept = index(state, {Slice{}, Slice{}, Slice{1, memory}});
  if (!integers) {
    const Tensor now = reshape(linear(call, x, 1), {batch, filters, 1});
    const Tensor window = concatenate({kept, now}, -1);
    Tensor y =
        sum(reshape(multiply(window, vector_of(call, 2)), {batch, filters / rank, rank * memory}), Axes{-1});
    if (call.has(3)) y = add(y, call[3]);
    return {output(call, activated(call, y))};
  }
  const auto scale = [&](size_t i) { return static_cast<double>(input_quantization(call, i).scale()); };
  const Multiplier first = multiplier_of(scale(0) * scale(1) / scale(4));
  const Multiplier second =
      multiplier_of(scale(4) * scale(2) / static_cast<double>(output_quantization(call).scale()));
  const IntegerWeights features = integer_weights(call, 1, 0, 9);
  const Tensor sums =
      cast(matmul(centred(call, 0, features.dtype()), transpose(features.values, {1, 0})), DType::kInt64);
  const Range wide = range_of(call.element(4));
  const Tensor now =
      clip(scaled(sums, {first}), static_cast<double>(wide.lowest), static_cast<double>(wide.highest));
  const Tensor window = concatenate({cast(kept, DType::kInt64), reshape(now, {batch, filters, 1})}, -1);
  Tensor y =
      sum(reshape(multiply(window, cast(call[2], DType::kInt64)), {batch, filters / rank, rank * memory}),
          Axes{-1});
  if (call.has(3)) y = add(y, cast(call[3], DType::kInt64));
  call.ignore({"fused_activation_function"});
  const Tensor result = add(scaled(y, {second}), static_cast<double>(output_quantization(call).zero()));
  return {clipped(call, result, range_of(output_type(call)))};
}

const bool kRecurrentRegistered[] = {
    builtin<sequence_lstm>("UNIDIRECTIONAL_SEQUENCE_LSTM",
                           {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23}}),
    builtin<bidirectional_lstm>("BIDIRECTIONAL_SEQUENCE_LSTM"),
    builtin<lstm>("LSTM"),
    builtin<sequence_rnn>("UNIDIRECTIONAL_SEQUENCE_RNN", {{1, 2, 3}}),
    builtin<bidirectional_rnn>("BIDIRECTIONAL_SEQUENCE_RNN", {{1, 2, 3, 5, 6, 7}}),
    builtin<rnn>("RNN", {{1, 2, 3}}),
    builtin<svdf>("SVDF", {{1, 2, 3}})};

}  // namespace
}  // namespace lamina::tflite
