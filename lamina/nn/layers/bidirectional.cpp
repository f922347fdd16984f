// Bidirectional: two layers made from one, and their outputs merged.
#include "lamina/nn/layers/bidirectional.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

std::string prefixed(const std::string& prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : prefix + name;
}

Json optional_json(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

}  // namespace

Bidirectional::Bidirectional(const AnyLayer& layer, const BidirectionalOptions& options)
    : KerasLayer<Bidirectional>(options.name, options.trainable, options.dtype),
      merge_mode_(options.merge_mode) {
  if (merge_mode_ && *merge_mode_ != "concat" && *merge_mode_ != "sum" && *merge_mode_ != "mul" &&
      *merge_mode_ != "ave") {
    fail("merge_mode must be 'concat', 'sum', 'mul', 'ave' or nothing, received '" + *merge_mode_ + "'");
  }
  const auto recurrent = [&](const std::shared_ptr<Layer>& given) {
    auto result = std::dynamic_pointer_cast<RecurrentLayer>(given);
    if (!result) {
      fail("expected a recurrent layer, like LSTM, received layer '" + given->name() + "' (" +
           given->class_name() + ")");
    }
    return result;
  };
  const std::shared_ptr<RecurrentLayer> pattern = recurrent(layer.get());
  const auto copy = [&](const std::string& prefix, bool reverse) {
    Json json = pattern->serialize();
    json["config"]["name"] = prefixed(prefix, pattern->name());
    if (reverse) json["config"]["go_backwards"] = true;
    try {
      return recurrent(detail::layer_from_json(json));
    } catch (const InvalidArgument& error) {
      fail("makes the layers for both directions from the configuration of '" + pattern->name() + "' (" +
           pattern->class_name() + "), and that failed: " + error.what() +
           "; classes of yours need register_layer, also those of cells, and an own_config that says all");
    }
  };
  forward_ = copy("forward_", false);
  backward_ = options.backward_layer ? recurrent(options.backward_layer->get()) : copy("backward_", true);
  const RecurrentArguments& one = forward_->arguments();
  const RecurrentArguments& other = backward_->arguments();
  if (one.go_backwards == other.go_backwards)
    fail(std::string("both layers have go_backwards = ") + (one.go_backwards ? "true" : "false") +
         "; one must go the other way");
  if (one.return_sequences != other.return_sequences || one.return_state != other.return_state ||
      one.stateful != other.stateful) {
    fail("layer and backward_layer must agree in return_sequences, return_state and stateful");
  }
  for (const auto& inner : {forward_, backward_}) inner->set_zero_output_for_mask(one.return_sequences);
  if (one.stateful) fix_batch_size();
  track("forward_layer", forward_);
  track("backward_layer", backward_);
  if (!options.trainable) set_trainable(false);
}

std::vector<std::string> Bidirectional::call_arguments() const { return forward_->call_arguments(); }

void Bidirectional::create_weights_for(const TensorSpecs& inputs) {
  build_sublayer(*forward_, inputs);
  build_sublayer(*backward_, inputs);
}

void Bidirectional::reset_states() const {
  forward_->reset_states();
  backward_->reset_states();
}

TensorSpecs Bidirectional::compute_output_specs(const TensorSpecs& inputs) const {
  TensorSpecs one = forward_->compute_output_specs(inputs);
  TensorSpecs other = backward_->compute_output_specs(inputs);
  one[0].dtype = other[0].dtype = compute_dtype();
  TensorSpecs outputs = {one[0]};
  if (!merge_mode_) {
    outputs.push_back(other[0]);
  } else if (*merge_mode_ == "concat") {
    outputs[0].shape.set(-1, one[0].shape[-1] + other[0].shape[-1]);
  } else if (one[0].shape[-1] != other[0].shape[-1]) {
    fail("merge_mode '" + *merge_mode_ + "' needs outputs of one width, received " + one[0].shape.str() +
         " and " + other[0].shape.str());
  }
  outputs.insert(outputs.end(), one.begin() + 1, one.end());
  outputs.insert(outputs.end(), other.begin() + 1, other.end());
  return outputs;
}

TensorSpecs Bidirectional::call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const {
  TensorSpecs outputs = compute_output_specs(inputs);
  const auto [ahead, back] = first_states(call);
  if (!ahead.empty()) {
    forward_->check_states(ahead, call.inputs.at(0).shape());
    backward_->check_states(back, call.inputs.at(0).shape());
  }
  return outputs;
}

std::pair<std::vector<Tensor>, std::vector<Tensor>> Bidirectional::first_states(const LayerCall& call) const {
  const std::vector<Tensor>* states = call.find("initial_state");
  if (!states || states->empty()) return {};
  const size_t count = forward_->cell().state_sizes().size();
  const size_t expected = count + backward_->cell().state_sizes().size();
  if (states->size() != expected) {
    fail("initial_state must be " + std::to_string(expected) +
         " tensors, those of the forward layer first, received " + std::to_string(states->size()));
  }
  const auto middle = states->begin() + static_cast<std::ptrdiff_t>(count);
  return {{states->begin(), middle}, {middle, states->end()}};
}

Tensor Bidirectional::call(const Tensor& x, CallContext& context) const {
  return forward(LayerCall{{x}}, context).at(0);
}

std::vector<Tensor> Bidirectional::forward(const LayerCall& call, CallContext& context) const {
  LayerCall one{{call.inputs.at(0)}}, other = one;
  if (const Tensor mask = call.mask(); mask.defined()) {
    one.set("mask", {mask});
    other.set("mask", {mask});
  }
  auto [ahead_states, back_states] = first_states(call);
  if (!ahead_states.empty()) {
    one.set("initial_state", std::move(ahead_states));
    other.set("initial_state", std::move(back_states));
  }
  std::vector<Tensor> ahead = forward_->outputs(std::move(one), context);
  std::vector<Tensor> back = backward_->outputs(std::move(other), context);
  for (Tensor* const output : {&ahead[0], &back[0]}) *output = cast(*output, compute_dtype());  // the states stay what they are
  const Tensor reversed = forward_->arguments().return_sequences ? flip(back[0], {1}) : back[0];
  std::vector<Tensor> outputs;
  if (merge_mode_) {
    outputs = {merge(ahead[0], reversed)};
  } else {
    outputs = {ahead[0], reversed};
  }
  outputs.insert(outputs.end(), ahead.begin() + 1, ahead.end());
  outputs.insert(outputs.end(), back.begin() + 1, back.end());
  return outputs;
}

Tensor Bidirectional::merge(const Tensor& forward, const Tensor& backward) const {
  if (*merge_mode_ == "sum") return forward + backward;
  if (*merge_mode_ == "mul") return forward * backward;
  if (*merge_mode_ == "ave") return (forward + backward) / 2.0;
  return concatenate({forward, backward}, -1);
}

std::vector<Tensor> Bidirectional::compute_mask(const LayerCall&, const std::vector<Tensor>& masks) const {
  if (!forward_->arguments().return_sequences || masks.empty()) return {};
  return std::vector<Tensor>(merge_mode_ ? 1 : 2, masks[0]);
}

Json Bidirectional::own_config() const {
  return Json::object({{"merge_mode", optional_json(merge_mode_)},
                       {"layer", forward_->serialize()},
                       {"backward_layer", backward_->serialize()}});
}

namespace {

const bool bidirectional_registered = register_layer("Bidirectional", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Bidirectional");
  BidirectionalOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const bool two_outputs = config.contains("merge_mode") && reader.json("merge_mode").is_null();
  options.merge_mode = reader.string("merge_mode", "concat");
  if (two_outputs) options.merge_mode.reset();
  const AnyLayer layer(reader.layer("layer"));
  if (!reader.json("backward_layer").is_null())
    options.backward_layer = AnyLayer(reader.layer("backward_layer"));
  reader.done();
  return std::make_shared<Bidirectional>(layer, options);
});

}  // namespace

}  // namespace lamina
