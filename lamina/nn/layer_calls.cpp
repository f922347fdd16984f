// Calling a layer: on values it computes, on symbolic tensors it draws. The steps are Keras's
// (Layer.__call__).
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/core/trace.h"
#include "lamina/nn/detail/another_handle.h"
#include "lamina/nn/detail/call_node.h"
#include "lamina/nn/detail/extents.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/operation_layer.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"

#include <algorithm>
#include <utility>

namespace lamina {
namespace {

TensorSpecs specs_of(const std::vector<Tensor>& tensors) {
  TensorSpecs specs;
  for (const Tensor& tensor : tensors) specs.push_back({tensor.shape(), tensor.dtype()});
  return specs;
}

// What weights may depend on: everything but the batch.
TensorSpecs with_open_batch(TensorSpecs specs) {
  for (TensorSpec& spec : specs) {
    if (spec.shape.rank() > 0) spec.shape.set(0, -1);
  }
  return specs;
}

// Whether extents agree where both are known, whatever the batch.
bool fits(const Shape& actual, const Shape& expected) {
  bool same = actual.rank() == expected.rank();
  for (int axis = 1; same && axis < actual.rank(); ++axis)
    same = expected[axis] < 0 || actual[axis] == expected[axis];
  return same;
}

// Whether this thread asks compute_output_specs for nothing but its checks, and whether some layer could not
// answer without running.
thread_local bool checking = false, found_unknown = false;

TensorSpecs checked_specs(const Layer& layer, const LayerCall& call, const TensorSpecs& inputs) {
  struct Scope {
    Scope() : outer(std::exchange(checking, true)), outer_unknown(std::exchange(found_unknown, false)) {}
    ~Scope() {
      checking = outer;
      found_unknown = outer_unknown;
    }
    bool outer, outer_unknown;
  } const scope;
  TensorSpecs specs = layer.call_output_specs(call, inputs);
  if (found_unknown) specs.clear();
  return specs;
}

bool any_defined(const std::vector<Tensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.defined(); });
}

}  // namespace

Shape Layer::compute_output_shape(const Shape& input) const {
  if (!built() || checking) {
    output_follows_build();
    found_unknown = true;  // the call itself will tell
    return input;
  }
  return detail::traced_output_specs(*this, {{input, compute_dtype()}}).at(0).shape;
}

Tensor Layer::call(const Tensor&, CallContext&) const {
  fail(
      "has no computation of its own: override call(), or forward() for several inputs or outputs; if it "
      "has " +
      std::string("a forward(), call outputs()"));
}

TensorSpecs Layer::compute_output_specs(const TensorSpecs& inputs) const {
  const TensorSpec& input = require_inputs(inputs, 1)[0];
  const DType dtype = input_dtype(input.dtype);
  return {{compute_output_shape(input.shape), is_floating(dtype) ? compute_dtype() : dtype}};
}

TensorSpecs Layer::call_output_specs(const LayerCall&, const TensorSpecs& inputs) const {
  return compute_output_specs(inputs);
}

std::vector<Tensor> Layer::forward(const LayerCall& call, CallContext& context) const {
  return {this->call(call.inputs.at(0), context)};
}

DType Layer::input_dtype(DType) const { return compute_dtype(); }

std::vector<std::string> Layer::call_arguments() const {
  if (takes_mask()) return {"inputs", "mask"};
  return {"inputs"};
}

std::vector<Tensor> Layer::compute_mask(const LayerCall&, const std::vector<Tensor>& masks) const {
  if (supports_masking() && !masks.empty()) return {masks[0]};
  return {};
}

// Keywords that want masks get those that travel beside the inputs, unless the caller gave some. Returns the
// masks of the inputs.
std::vector<Tensor> Layer::fill_masks(LayerCall& call) const {
  if (const std::vector<Tensor>* given = call.find("mask")) return *given;
  std::vector<Tensor> travelling;
  for (const Tensor& input : call.inputs) travelling.push_back(mask_of(input));
  if (!any_defined(travelling)) return {};
  const std::vector<std::string> keywords = mask_arguments();
  for (size_t i = 0; i < keywords.size() && i < travelling.size(); ++i) {
    if (travelling[i].defined() && !call.find(keywords[i])) call.set(keywords[i], {travelling[i]});
  }
  // As in Keras, "mask" is filled only where the inputs are the only tensors of the call.
  if (takes_mask() && call.arguments.tensors.empty()) call.set("mask", travelling);
  return travelling;
}

void Layer::hand_masks_on(const LayerCall& call, const std::vector<Tensor>& masks,
                          std::vector<Tensor>& outputs) const {
  if (!supports_masking()) {
    // Said of layers that models name: what layers hold inside, and ops, is none of the user's concern.
    const bool named_by_model = state().joined && !dynamic_cast<const detail::OperationLayer*>(this);
    if (named_by_model && any_defined(masks)) {
      detail::LayerState& own = state();
      const std::lock_guard lock(own.making);
      if (!own.warned_of_mask)
        warn("layer '" + name() + "' (" + class_name() + ") was given a masked input but does not support " +
             "masking: layers after it will not see the mask");
      own.warned_of_mask = true;
    }
    return;
  }
  const bool all_masked =
      std::all_of(outputs.begin(), outputs.end(), [](const Tensor& t) { return mask_of(t).defined(); });
  if (all_masked) return;
  const std::vector<Tensor> computed = compute_mask(call, masks);
  for (size_t i = 0; i < computed.size() && i < outputs.size(); ++i) {
    if (!computed[i].defined()) continue;
    // A layer that hands an input through gives the caller's own tensor.
    const bool own = std::any_of(call.inputs.begin(), call.inputs.end(),
                                 [&](const Tensor& input) { return input.node() == outputs[i].node(); });
    if (own) outputs[i] = detail::another_handle(outputs[i]);
    set_mask(outputs[i], computed[i]);
  }
}

void Layer::require_known_keywords(const LayerCall& call) const {
  if (call.arguments.tensors.empty() && call.arguments.flags.size() == 0) return;
  std::vector<std::string> known = call_arguments();
  known.insert(known.end(), {"mask", "training"});
  const auto check = [&](const std::string& keyword) {
    if (std::find(known.begin(), known.end(), keyword) == known.end())
      fail("its call takes no argument '" + keyword + "'" + suggest(keyword, known));
  };
  for (const auto& [keyword, tensors] : call.arguments.tensors) check(keyword);
  for (const auto& [keyword, value] : call.arguments.flags.as_object()) check(keyword);
}

std::vector<Tensor> Layer::outputs(LayerCall call, CallContext& context) const {
  detail::LayerState& own = state();
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    if (!call.inputs[i].defined()) fail("input " + std::to_string(i) + " is an undefined tensor");
  }
  const std::vector<Tensor> all = call.all();
  if (std::any_of(all.begin(), all.end(), is_symbolic)) return draw(std::move(call));

  require_known_keywords(call);
  for (Tensor& input : call.inputs) {
    input = context.as_masked(input);
    const DType wanted = input_dtype(input.dtype());
    if (wanted == input.dtype()) continue;
    const Tensor mask = mask_of(input);
    input = cast(input, wanted);
    if (mask.defined()) set_mask(input, mask);
  }
  const TensorSpecs specs = specs_of(call.inputs);
  TensorSpecs expected;
  bool checked = false;
  {
    const std::lock_guard lock(own.making);
    if (!own.built) {
      detail::BuildSeed own_seed;
      detail::BuildSeed& seed = detail::BuildSeed::current(own_seed);
      build(own.fixed_batch_size ? specs : with_open_batch(specs), seed.seed, seed.stream);
    }
    checked = specs == own.checked;
  }
  // A mistake is told before anything runs. What is only known by running it, and models, whose layers check
  // for themselves, are left to the call.
  if (!checked && !checks_by_running()) expected = checked_specs(*this, call, with_open_batch(specs));
  bind();
  const std::vector<Tensor> masks = fill_masks(call);
  std::vector<Tensor> results = run(call, context);
  if (!expected.empty() && results.size() != expected.size()) {
    fail("compute_output_specs names " + std::to_string(expected.size()) +
         (expected.size() == 1 ? " output" : " outputs") + ", but the call gave " +
         std::to_string(results.size()));
  }
  for (size_t i = 0; i < expected.size() && i < results.size(); ++i) {
    if (!fits(results[i].shape(), expected[i].shape)) {
      fail("compute_output_shape leads to " + expected[i].shape.str() + ", but the call gave " +
           results[i].shape().str());
    }
  }
  if (!checked) {
    const std::lock_guard lock(own.making);
    own.checked = specs;
  }
  if (own.activity_regularizer.given()) {
    for (const Tensor& result : results) {
      const Tensor penalty = (*own.activity_regularizer.get())(result);
      const double batch = result.rank() > 0 ? static_cast<double>(result.shape()[0]) : 1.0;
      context.add_loss(penalty / batch);
    }
  }
  hand_masks_on(call, masks, results);
  return results;
}

std::vector<Tensor> Layer::run(const LayerCall& call, CallContext& context) const {
  const detail::Pass running(context, *this);
  std::vector<Tensor> results;
  try {
    results = forward(call, context);
  } catch (const InvalidArgument& error) {
    // While a step is made, it has the weights, and their own handles are empty.
    const std::vector<WeightPtr>& weights = own_weights();
    const auto taken = std::find_if(weights.begin(), weights.end(),
                                    [](const WeightPtr& weight) { return !weight->value.defined(); });
    const std::string what = error.what();
    if (taken == weights.end() || !what.starts_with("this tensor is undefined")) throw;
    fail(
        "its call uses an undefined tensor: read weights with context.value(weight), not weight->value, of "
        "which '" +
        (*taken)->name + "' is empty while a training step is made");
  }
  if (results.empty()) fail("its forward gave no outputs: return one tensor at least");
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].defined()) fail("its call gave an undefined tensor as output " + std::to_string(i));
  }
  return results;
}

std::vector<Tensor> Layer::draw(LayerCall call) const {
  detail::LayerState& own = state();
  const std::lock_guard lock(own.making);
  for (const Tensor& tensor : call.all()) {
    if (!is_symbolic(tensor)) {
      fail("was called with symbolic tensors and with one that has a value (" + tensor.type().str() +
           "); a graph of layers takes its data through Input");
    }
  }
  require_known_keywords(call);
  const TensorSpecs specs = specs_of(call.inputs);
  detail::BuildSeed own_seed;
  detail::BuildSeed& seed = detail::BuildSeed::current(own_seed);
  build(own.fixed_batch_size ? specs : with_open_batch(specs), seed.seed, seed.stream);
  const std::vector<Tensor> masks = fill_masks(call);
  std::vector<Tensor> results = detail::draw_call(share(), own.calls, call, call_output_specs(call, specs));
  if (own.calls++ == 0) {
    for (const Tensor& input : call.inputs) own.first_inputs.push_back(input.node());
    for (const Tensor& result : results) own.first_outputs.push_back(result.node());
  }
  hand_masks_on(call, masks, results);
  return results;
}

std::vector<Tensor> Layer::outputs(const Tensors& inputs, const CallArguments& arguments,
                                   std::optional<bool> training) const {
  // Weights are read during the call alone: what it gives keeps the values of its time.
  std::optional<detail::LayerReading> reading;
  const bool drawn = std::any_of(inputs.begin(), inputs.end(), is_symbolic);
  if (!drawn && !detail::Pass::current()) reading.emplace(*this);
  return detail::in_pass(training, [&](CallContext& context) {
    return outputs(LayerCall{inputs.values(), inputs.size() > 1 && positional_arguments() == 1, arguments},
                   context);
  });
}

Tensor Layer::operator()(const Tensors& inputs, const CallArguments& arguments,
                         std::optional<bool> training) const {
  std::vector<Tensor> results = outputs(inputs, arguments, training);
  if (results.size() == 1) return results[0];
  fail("gives " + std::to_string(results.size()) + " outputs: ask outputs() for them");
}

Tensor Layer::operator()(const Tensor& x, std::optional<bool> training) const {
  return (*this)(Tensors(std::vector<Tensor>{x}), {}, training);
}

Tensor Layer::operator()(const Tensor& x, CallContext& context) const {
  std::vector<Tensor> results = outputs(LayerCall{{x}}, context);
  if (results.size() == 1) return results[0];
  fail("gives " + std::to_string(results.size()) + " outputs: ask outputs() for them");
}

std::shared_ptr<Layer> Layer::share() const {
  if (auto owned = std::const_pointer_cast<Layer>(weak_from_this().lock())) return owned;
  fail("was called by value on a symbolic tensor, and a graph cannot keep it: derive " + class_name() +
       " from LayerOf<" + class_name() + ">, or make it with std::make_shared");
}

namespace {

Tensor only(const std::vector<std::weak_ptr<detail::TensorNode>>& nodes) {
  if (nodes.size() != 1) return {};
  auto node = nodes[0].lock();
  return node ? Tensor(std::move(node)) : Tensor();
}

}  // namespace

Tensor Layer::input() const {
  const Tensor result = only(state().first_inputs);
  if (!result.defined()) fail("has no one symbolic input: it was not called on one, or its graph is gone");
  return result;
}

Tensor Layer::output() const {
  const Tensor result = only(state().first_outputs);
  if (!result.defined())
    fail("has no one symbolic output: it was not called on an input, or its graph is gone");
  return result;
}

namespace detail {
namespace {

// Extents that stand for open ones while a layer is traced. An extent that follows them differs between two
// traces. Small ones first, since a layer may have a copy of its work for each step of a sequence; where they
// are too small for a window, or the layer wants to say something about them, large ones that no message
// could mean otherwise.
constexpr int64_t kSmall[] = {3, 5};

}  // namespace

TracedCall traced_call(const Layer& layer, const TensorSpecs& inputs, int64_t extent) {
  LayerCall call;
  const DeviceScope scope(device_of(layer.weights()));
  for (const TensorSpec& spec : inputs) {
    Shape shape = spec.shape;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] < 0) shape.set(axis, extent);
    }
    call.inputs.push_back(placeholder({layer.input_dtype(spec.dtype), shape}, current_device()));
  }
  call.list = call.inputs.size() > 1;
  CallContext context(false);
  std::vector<Tensor> outputs = layer.run(call, context);
  return {std::move(call.inputs), std::move(outputs)};
}

TensorSpecs traced_output_specs(const Layer& layer, const TensorSpecs& inputs) {
  const auto trace = [&](int64_t extent) { return specs_of(traced_call(layer, inputs, extent).outputs); };
  const bool open = std::any_of(inputs.begin(), inputs.end(), [](const TensorSpec& input) {
    return std::any_of(input.shape.begin(), input.shape.end(), [](int64_t extent) { return extent < 0; });
  });
  TensorSpecs first, second;
  try {
    first = trace(kSmall[0]);
    second = open ? trace(kSmall[1]) : first;
  } catch (const InvalidArgument&) {
    if (!open) throw;
    try {
      first = trace(kOpenExtents[0]);
      second = trace(kOpenExtents[1]);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(with_open_extents(error.what()));
    }
  }
  for (size_t i = 0; i < first.size() && i < second.size(); ++i) {
    for (int axis = 0; axis < first[i].shape.rank(); ++axis) {
      if (first[i].shape[axis] != second[i].shape[axis]) first[i].shape.set(axis, -1);
    }
  }
  return first;
}

}  // namespace detail
}  // namespace lamina
