// Repeating a cell over a sequence, as a loop or unrolled.
#include "lamina/nn/layers/rnn_cell.h"

#include <numeric>

#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

// Below this a loop costs more than the copies of its body.
constexpr int64_t kShort = 4;

Tensor swap_batch_and_time(const Tensor& x) {
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[0], order[1]);
  return transpose(x, order);
}

}  // namespace

std::vector<std::string> RNNCell::call_arguments() const { return {"inputs", "states"}; }

std::vector<Shape> RNNCell::state_shapes(const Shape&) const {
  std::vector<Shape> shapes;
  for (const int64_t size : state_sizes()) shapes.push_back({size});
  return shapes;
}

Shape RNNCell::step_output_shape(const Shape&) const { return {output_size()}; }

void RNNCell::check_step(const CellStep& step, const std::vector<Tensor>& states,
                         const Shape& step_input) const {
  if (step.states.size() != states.size()) {
    fail("call_step gave " + std::to_string(step.states.size()) + " states, but state_sizes() names " +
         std::to_string(states.size()));
  }
  const auto check = [&](const Tensor& given, const std::string& what, const char* source,
                         const Shape& expected, DType dtype) {
    if (!given.defined()) fail("call_step gave an undefined tensor as its " + what);
    Shape open = given.shape();  // the batch is none of the message's business
    if (open.rank() > 0) open.set(0, -1);
    const Shape wanted = detail::batches_of(-1, expected);
    if (open != wanted) {
      fail("call_step gave its " + what + " the shape " + open.str() + ", but " + source + " says " +
           wanted.str());
    }
    if (given.dtype() != dtype) {
      fail("call_step gave its " + what + " as " + lamina::name(given.dtype()) + ", expected " +
           lamina::name(dtype) + ", in which the layer computes");
    }
  };
  check(step.output, "output", "output_size()", step_output_shape(step_input), compute_dtype());
  const std::vector<Shape> shapes = state_shapes(step_input);
  for (size_t i = 0; i < states.size(); ++i) {
    check(step.states[i], "state " + std::to_string(i), "state_sizes()", shapes.at(i), states[i].dtype());
    if (step.states[i].shape()[0] == states[i].shape()[0]) continue;
    fail("call_step gave state " + std::to_string(i) + " for another number of samples than it was given");
  }
}

std::vector<Tensor> RNNCell::prepare(const Shape&, CallContext&) const { return {}; }

CellStep RNNCell::run(const CellSequence& sequence, CallContext& context) const {
  const int64_t batch = sequence.x.shape()[0];
  const int64_t steps = sequence.x.shape()[1];
  if (steps < 1) fail("a sequence needs at least one step, received shape " + sequence.x.shape().str());
  Tensor x = swap_batch_and_time(sequence.x);
  Tensor mask;
  if (sequence.mask.defined()) mask = transpose(sequence.mask);
  if (sequence.go_backwards) {
    x = flip(x, {0});
    if (mask.defined()) mask = flip(mask, {0});
  }
  Shape step_input;
  for (int axis = 1; axis < x.rank(); ++axis) step_input.push_back(x.shape()[axis]);
  const std::vector<Tensor> fixed = prepare(step_input, context);

  // The last element of the carry is the output before: what a masked step puts out.
  const ScanFunction step = [&](const std::vector<Tensor>& carry, const std::vector<Tensor>& now) {
    const std::vector<Tensor> states(carry.begin(), carry.end() - 1);
    CellStep next = call_step(now[0], states, fixed, context);
    check_step(next, states, step_input);
    if (now.size() > 1) {
      const auto run = [&](const Tensor& of) {
        Shape one{batch};
        while (one.rank() < of.rank()) one.push_back(1);
        return reshape(now[1], one);
      };
      const Tensor runs = run(next.output);
      next.output = sequence.zero_output_for_mask ? where(runs, next.output, 0.0)
                                                  : where(runs, next.output, carry.back());
      for (size_t i = 0; i < states.size(); ++i)
        next.states[i] = where(run(states[i]), next.states[i], states[i]);
    }
    ScanResult result;
    result.carry = next.states;
    result.carry.push_back(next.output);
    if (sequence.return_sequences) result.ys = {next.output};
    return result;
  };

  std::vector<Tensor> carry = sequence.states;
  carry.push_back(zeros(detail::batches_of(batch, step_output_shape(step_input)), x.dtype()));
  std::vector<Tensor> outputs;
  Tensor all;
  if (sequence.unroll || steps <= kShort) {
    for (int64_t t = 0; t < steps; ++t) {
      std::vector<Tensor> now = {index(x, {t})};
      if (mask.defined()) now.push_back(index(mask, {t}));
      carry = step(carry, now).carry;
      outputs.push_back(carry.back());
    }
    if (sequence.return_sequences) all = stack(outputs, 1);
  } else {
    std::vector<Tensor> xs = {x};
    if (mask.defined()) xs.push_back(mask);
    ScanResult result = scan(step, carry, xs);
    carry = std::move(result.carry);
    if (sequence.return_sequences) all = swap_batch_and_time(result.ys.at(0));
  }
  CellStep result{sequence.return_sequences ? all : carry.back(), {}};
  carry.pop_back();
  result.states = std::move(carry);
  return result;
}

void RNNCell::check_step_input(const Shape& input) const {
  if (input.rank() < 2) {
    fail("expected input of rank 2 or more for each step, (batch, features), received shape " + input.str());
  }
}

TensorSpecs RNNCell::compute_output_specs(const TensorSpecs& inputs) const {
  require_inputs(inputs, inputs.size() > 1 ? 1 + state_sizes().size() : 1);
  const Shape& input = inputs[0].shape;
  check_step_input(input);
  const std::vector<Shape> shapes = state_shapes(input);
  for (size_t i = 1; i < inputs.size(); ++i) {
    Shape state = inputs[i].shape;
    if (state.rank() > 0) state.set(0, -1);
    const Shape wanted = detail::batches_of(-1, shapes[i - 1]);
    if (state == wanted) continue;
    fail("expected state " + std::to_string(i - 1) + " of shape " + wanted.str() + ", received " +
         inputs[i].shape.str());
  }
  TensorSpecs outputs = {{detail::batches_of(input[0], step_output_shape(input)), compute_dtype()}};
  for (const Shape& shape : shapes) outputs.push_back({detail::batches_of(input[0], shape), compute_dtype()});
  return outputs;
}

std::vector<Tensor> RNNCell::forward(const LayerCall& call, CallContext& context) const {
  const Tensor& x = call.inputs.at(0);
  std::vector<Tensor> states(call.inputs.begin() + 1, call.inputs.end());
  if (const std::vector<Tensor>* given = call.find("states")) states = *given;
  if (states.size() != state_sizes().size()) {
    fail("a step takes " + std::to_string(state_sizes().size()) + " states beside its input, received " +
         std::to_string(states.size()));
  }
  CellStep step = call_step(x, states, prepare(x.shape(), context), context);
  check_step(step, states, x.shape());
  std::vector<Tensor> results = {std::move(step.output)};
  results.insert(results.end(), step.states.begin(), step.states.end());
  return results;
}

}  // namespace lamina
