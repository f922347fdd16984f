// States, masks and shapes of recurrent layers; the cell runs the sequence.
#include "lamina/nn/layers/recurrent_layer.h"

#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

// The input of one step: that of all without the time axis.
Shape step_shape(const Shape& input) {
  Shape step;
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (axis != 1) step.push_back(input[axis]);
  }
  return step;
}

}  // namespace

RecurrentLayer::RecurrentLayer(std::shared_ptr<RNNCell> cell, const RecurrentArguments& arguments)
    : Layer(arguments.name, arguments.trainable, arguments.dtype),
      cell_(std::move(cell)),
      arguments_(arguments) {
  if (arguments.stateful) fix_batch_size();
  if (cell_) track("cell", cell_);
  if (!arguments.trainable && cell_) cell_->set_trainable(false);
}

std::vector<std::string> RecurrentLayer::call_arguments() const {
  return {"sequences", "initial_state", "mask", "training"};
}

TensorSpecs RecurrentLayer::compute_output_specs(const TensorSpecs& inputs) const {
  if (inputs.size() > 1) {
    fail("expected 1 input, received " + std::to_string(inputs.size()) +
         "; states to begin with go by keyword: layer(x, {.tensors = {{\"initial_state\", {h}}}})");
  }
  const Shape& input = require_inputs(inputs, 1)[0].shape;
  if (input_rank() > 0) require_rank(input, input_rank(), input_layout());
  if (input.rank() < 3) {
    fail("expected input of rank 3 or more, (batch, time, features), received shape " + input.str());
  }
  if (!states_.empty() && input[0] >= 0) check_batch(input[0]);
  cell_->compute_output_specs({{step_shape(input), cell_->compute_dtype()}});  // throws for what it cannot take
  Shape output{input[0]};
  if (arguments_.return_sequences) output.push_back(input[1]);
  for (const int64_t extent : cell_->step_output_shape(step_shape(input))) output.push_back(extent);
  TensorSpecs outputs = {{output, compute_dtype()}};
  if (arguments_.return_state) {
    for (const Shape& shape : cell_->state_shapes(step_shape(input)))
      outputs.push_back({detail::batches_of(input[0], shape), compute_dtype()});
  }
  return outputs;
}

void RecurrentLayer::check_batch(int64_t batch) const {
  const int64_t expected = states_.at(0)->type.shape[0];
  if (batch == expected) return;
  fail("is stateful and was built for batches of " + std::to_string(expected) + " samples, received " +
       std::to_string(batch) + "; let the number of samples be a multiple of the batch size");
}

void RecurrentLayer::create_weights_for(const TensorSpecs& inputs) {
  const Shape& input = inputs.at(0).shape;
  build_sublayer(*cell_, {{step_shape(input), cell_->compute_dtype()}});
  states_.clear();
  if (!arguments_.stateful) return;
  if (input[0] < 0) {
    fail("is stateful and must know the batch size, received shape " + input.str() +
         "; say it with Input(shape, {.batch_size = ...}), or build the layer for such a shape");
  }
  for (const Shape& shape : cell_->state_shapes(step_shape(input))) {
    const std::string number = states_.empty() ? "" : "_" + std::to_string(states_.size());
    states_.push_back(add_weight("rnn_state" + number, detail::batches_of(input[0], shape), "zeros",
                                 WeightOptions{.trainable = false, .stateful = true}));
  }
}

void RecurrentLayer::reset_states() const {
  if (!arguments_.stateful) fail("reset_states is for stateful layers; give the option stateful");
  for (const WeightPtr& state : own_weights()) state->assign(zeros(state->type.shape, state->type.dtype));
}

TensorSpecs RecurrentLayer::call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const {
  TensorSpecs outputs = compute_output_specs(inputs);
  if (const std::vector<Tensor>* given = call.find("initial_state"); given && !given->empty())
    check_states(*given, call.inputs.at(0).shape());
  return outputs;
}

void RecurrentLayer::check_states(const std::vector<Tensor>& given, const Shape& input) const {
  const std::vector<Shape> shapes = cell_->state_shapes(step_shape(input));
  const int64_t batch = input[0];
  if (given.size() != shapes.size()) {
    fail("initial_state must be " + std::to_string(shapes.size()) +
         (shapes.size() == 1 ? " tensor" : " tensors") + ", received " + std::to_string(given.size()));
  }
  const auto fits = [&](const Tensor& state, const Shape& wanted) {
    if (!state.defined() || state.rank() != wanted.rank() + 1) return false;
    if (state.shape()[0] != batch && state.shape()[0] >= 0 && batch >= 0) return false;
    for (int axis = 0; axis < wanted.rank(); ++axis) {
      if (state.shape()[axis + 1] != wanted[axis]) return false;
    }
    return true;
  };
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Tensor& state = given[i];
    if (fits(state, shapes[i])) continue;
    fail("initial_state " + std::to_string(i) + " must have shape " +
         detail::batches_of(batch, shapes[i]).str() + ", received " +
         (state.defined() ? state.shape().str() : std::string("an undefined tensor")));
  }
}

std::vector<Tensor> RecurrentLayer::first_states(const LayerCall& call, CallContext& context) const {
  const Shape& input = call.inputs.at(0).shape();
  const DType dtype = cell_->compute_dtype();
  std::vector<Tensor> states;
  if (const std::vector<Tensor>* given = call.find("initial_state"); given && !given->empty()) {
    check_states(*given, input);
    for (const Tensor& state : *given) states.push_back(cast(state, dtype));
  } else if (arguments_.stateful) {
    for (const WeightPtr& state : states_) states.push_back(context.value(state, dtype));
  } else {
    for (const Shape& shape : cell_->state_shapes(step_shape(input)))
      states.push_back(zeros(detail::batches_of(input[0], shape), dtype));
  }
  return states;
}

Tensor RecurrentLayer::call(const Tensor& x, CallContext& context) const {
  return forward(LayerCall{{x}}, context).at(0);
}

std::vector<Tensor> RecurrentLayer::forward(const LayerCall& call, CallContext& context) const {
  // The cell may have another dtype than the layer around it, which gives its own out.
  const Tensor x = cast(call.inputs.at(0), cell_->compute_dtype());
  if (arguments_.stateful) check_batch(x.shape()[0]);
  CellSequence sequence{.x = x, .states = first_states(call, context)};
  if (const Tensor mask = call.mask(); mask.defined()) {
    if (mask.shape() != Shape{x.shape()[0], x.shape()[1]}) {
      fail("mask must have shape " + Shape{x.shape()[0], x.shape()[1]}.str() + ", (batch, time), received " +
           mask.shape().str());
    }
    sequence.mask = mask.dtype() == DType::kBool ? mask : cast(mask, DType::kBool);
  }
  sequence.return_sequences = arguments_.return_sequences;
  sequence.go_backwards = arguments_.go_backwards;
  sequence.unroll = arguments_.unroll;
  sequence.zero_output_for_mask = arguments_.zero_output_for_mask;
  CellStep result = cell_->run(sequence, context);
  for (size_t i = 0; i < states_.size(); ++i) {
    const DType dtype = states_[i]->type.dtype;
    const Tensor& state = result.states[i];
    context.assign(states_[i], state.dtype() == dtype ? state : cast(state, dtype));
  }
  std::vector<Tensor> outputs = {result.output};
  if (arguments_.return_state) outputs.insert(outputs.end(), result.states.begin(), result.states.end());
  for (Tensor& one : outputs) one = cast(one, compute_dtype());
  return outputs;
}

std::vector<Tensor> RecurrentLayer::run_with_state(const Tensor& x, const std::vector<Tensor>& initial_state,
                                                   CallContext& context) const {
  if (!arguments_.return_state) fail("call_with_state gives the states, too: set the option return_state");
  LayerCall call{{x}};
  if (!initial_state.empty()) call.set("initial_state", initial_state);
  return outputs(std::move(call), context);
}

std::vector<Tensor> RecurrentLayer::compute_mask(const LayerCall&, const std::vector<Tensor>& masks) const {
  std::vector<Tensor> result(1 + (arguments_.return_state ? cell_->state_sizes().size() : 0));
  if (arguments_.return_sequences && !masks.empty()) result[0] = masks[0];
  return result;
}

Json RecurrentLayer::own_config() const {
  return Json::object({{"return_sequences", arguments_.return_sequences},
                       {"return_state", arguments_.return_state},
                       {"go_backwards", arguments_.go_backwards},
                       {"stateful", arguments_.stateful},
                       {"unroll", arguments_.unroll},
                       {"zero_output_for_mask", arguments_.zero_output_for_mask}});
}

}  // namespace lamina
