// Topology, building and the checks of data.
#include "lamina/nn/detail/model_impl.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/core/trace.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/input_path.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/operation_layer.h"
#include "lamina/nn/detail/pass.h"
#include "lamina/nn/detail/tensor_source.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/to_index.h"

namespace lamina::detail {
namespace {

uint64_t entropy() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

bool is_trainable(const Layer& layer, const std::map<const void*, bool>* flags) {
  if (flags) {
    const auto then = flags->find(layer.identity());
    if (then != flags->end()) return then->second;
  }
  return layer.trainable();
}

void collect_trainable(const Layer& layer, const std::map<const void*, bool>* flags,
                       std::set<const void*>& seen, std::vector<WeightPtr>& found) {
  if (!seen.insert(layer.identity()).second) return;
  if (is_trainable(layer, flags)) {
    for (const WeightPtr& weight : layer.own_weights()) {
      if (weight->trainable) found.push_back(weight);
    }
  }
  for (const auto& [member, inner] : layer.sublayers()) collect_trainable(*inner, flags, seen, found);
}

// As in Keras, a last axis of extent 1 may be missing or be there in addition.
Shape input_shape(const Shape& expected, const Shape& given) {
  Shape shape = given;
  if (shape.rank() == expected.rank() - 1 && expected[-1] == 1) {
    shape.push_back(1);
  } else if (shape.rank() == expected.rank() + 1 && shape[-1] == 1) {
    std::vector<int64_t> dims = shape.dims();
    dims.pop_back();
    shape = Shape(dims);
  }
  return shape;
}

// The least and the most that an integer dtype holds.
std::pair<int64_t, int64_t> range_of(DType dtype) {
  return dispatch(dtype, [](auto zero) -> std::pair<int64_t, int64_t> {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      return {std::numeric_limits<T>::min(), static_cast<int64_t>(std::numeric_limits<T>::max())};
    } else {
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
    }
  });
}

// Integers are not wrapped to a narrower dtype.
void require_range(const std::string& what, const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype || !is_integer(tensor.dtype()) || !is_integer(dtype)) return;
  const auto [least, most] = range_of(dtype);
  for (const int64_t value : tensor.to_vector<int64_t>()) {
    if (value >= least && value <= most) continue;
    throw InvalidArgument(what + ": " + std::to_string(value) + " does not fit its dtype, " + name(dtype) +
                          "; give the Input a wider one");
  }
}

// Whether some layer looks the input up, as Embedding does its ids: it takes integers as they are.
bool names_things(const Model& model, size_t input) {
  const std::vector<const Layer*> layers = first_to_compute(model, input);
  return std::any_of(layers.begin(), layers.end(), [](const Layer* layer) {
    return !dynamic_cast<const OperationLayer*>(layer) && layer->input_dtype(DType::kInt32) == DType::kInt32;
  });
}

// Floats for an input of integers that are no ids: fractions are cut off, as in Keras, and it is said.
Tensor cut_fractions(const std::string& what, const Tensor& tensor, DType dtype) {
  const auto [least, most] = range_of(dtype);
  const auto low = static_cast<double>(least), beyond = static_cast<double>(most) + 1;
  bool whole = true;
  for (const double value : tensor.to_vector<double>()) {
    const double cut = std::trunc(value);
    if (!(cut >= low && cut < beyond)) {  // true for NaN
      throw InvalidArgument(what + ": " + Json(value).dump() + " does not fit its dtype, " + name(dtype) +
                            "; give numbers that do, or the Input another dtype");
    }
    if (cut != value && std::exchange(whole, false)) {
      warn(what + " is of " + name(dtype) + ", as the model's Input asks for: fractions are cut off, as in " +
           "Keras (the first: " + Json(value).dump() + ")");
    }
  }
  return cast(tensor, dtype).eval();
}

// Whether `given` has the extents that `expected` has from `first` on.
bool fits_from(const Shape& expected, int first, const Shape& given, int given_first) {
  if (expected.rank() - first != given.rank() - given_first) return false;
  for (int axis = 0; first + axis < expected.rank(); ++axis) {
    const int64_t wanted = expected[first + axis];
    if (wanted >= 0 && given[given_first + axis] != wanted) return false;
  }
  return true;
}

// Throws for one sample where a batch is expected; `taken` is what input_shape made of it.
void require_batch_axis(const std::string& what, const Shape& expected, const Shape& given,
                        const Shape& taken) {
  if (fits_from(expected, 1, taken, 1) || !fits_from(expected, 1, given, 0)) return;
  throw InvalidArgument(what + ": expected shape " + expected.str() + ", received one sample of shape " +
                        given.str() + " without a batch axis; give expand_dims(x, 0)");
}

}  // namespace

Tensor as_input(const Tensor& symbolic, const Tensor& value) {
  const Shape shape = input_shape(symbolic.shape(), value.shape());
  require_batch_axis("input '" + origin(symbolic).node->layer->name() + "'", symbolic.shape(), value.shape(),
                     shape);
  Tensor result = shape == value.shape() ? value : reshape(value, shape);
  // Floats where a model wants integers: what is lost by a cast may be a NaN.
  const bool exact = is_floating(result.dtype()) && is_integer(symbolic.dtype());
  result = exact ? to_index(result, symbolic.dtype()) : cast(result, symbolic.dtype());
  const Tensor mask = mask_of(value);
  if (mask.defined() && result.node() != value.node()) set_mask(result, mask);
  return result;
}

std::shared_ptr<ModelImpl> ModelImpl::make(Kind kind, const ModelOptions& options) {
  auto impl = std::make_shared<ModelImpl>();
  impl->kind = kind;
  impl->seed = options.seed ? *options.seed : entropy();
  return impl;
}

std::vector<WeightPtr> ModelImpl::trainable_weights(const Layer& root,
                                                    const std::map<const void*, bool>* flags) {
  std::vector<WeightPtr> found;
  std::set<const void*> seen;
  // As in Keras, a model that is not trainable itself trains nothing; inside, each layer's own flag counts.
  if (is_trainable(root, flags)) collect_trainable(root, flags, seen, found);
  return distinct(found);
}

void ModelImpl::append(const Model& model, const std::vector<std::shared_ptr<Layer>>& more) {
  require_idle(model, "add");
  const size_t before = layers.size();
  try {
    LayerNames names(model.name(), model.name());
    for (const auto& layer : layers) names.join(*layer);
    for (const auto& layer : more) {
      if (dynamic_cast<InputLayer*>(layer.get()) != nullptr && !layers.empty()) {
        throw InvalidArgument("model '" + model.name() +
                              "': Input must be the first layer, and the only one");
      }
      if (holds(*layer, model.identity()))
        throw InvalidArgument("model '" + model.name() + "': a model cannot be a layer of itself");
      layers.push_back(layer);
      names.join(*layer);
    }
  } catch (...) {
    layers.resize(before);
    throw;
  }
  trainer.reset();
}

void ModelImpl::draw_sequential(const Model& model, const Shape& input, DType dtype) {
  if (layers.empty()) throw InvalidArgument("model '" + model.name() + "' has no layers");
  if (input.rank() == 0)
    throw InvalidArgument("model '" + model.name() + "': the input shape lacks the batch axis");
  Shape shape = input;
  Tensor x;
  size_t first = 0;
  if (auto* given = dynamic_cast<InputLayer*>(layers[0].get())) {
    given->compute_output_shape(input);  // throws for what it cannot take
    x = given->symbolic_output();
    first = 1;
  } else {
    shape.set(0, -1);
    implicit_input = true;
    x = InputLayer(shape, {.dtype = dtype, .name = "input_layer"}).symbolic_output();
  }
  BuildSeed from{seed, next_stream};
  const BuildSeed::Scope scope(from);
  const Tensor begin = x;
  CallContext context(false);
  for (size_t i = first; i < layers.size(); ++i) {
    std::vector<Tensor> outputs = layers[i]->outputs(LayerCall{{x}}, context);
    if (outputs.size() != 1) {
      throw InvalidArgument("model '" + model.name() + "': layer '" + layers[i]->name() + "' gives " +
                            std::to_string(outputs.size()) +
                            " outputs; a Sequential hands one on: use a Model of a graph");
    }
    x = outputs[0];
  }
  graph = std::make_shared<LayerGraph>(std::vector<Tensor>{begin}, std::vector<Tensor>{x});
  function.reset();
  next_stream = from.stream;
  input_names = {origin(begin).node->layer->name()};
  output_names = {layers.back()->name()};
  if (!built) trainer.reset();
  built = true;
}

void ModelImpl::adopt_weights(const Model& model) {
  for (const WeightPtr& weight : model.weights()) {
    if (!weight->fresh) continue;
    weight->draw(seed, next_stream++);
    weight->fresh = false;
  }
}

void ModelImpl::require_built(const Model& model) const {
  if (built) return;
  throw InvalidArgument("model '" + model.name() +
                        "' has no weights yet: begin it with Input, call build, or give it data first");
}

std::string ModelImpl::why_not_compiled() const {
  return unused ? ": what its file says of training cannot be used here (" + unused->reason + ")"
                : std::string();
}

void ModelImpl::require_idle(const Model& model, const char* action) const {
  if (running == 0) return;
  throw InvalidArgument("model '" + model.name() + "': " + action +
                        " cannot be called by a callback or a step of its own, while the model is in use");
}

std::vector<Tensor> ModelImpl::call(const Model& model, const std::vector<Tensor>& x) {
  const std::vector<WeightPtr> weights = model.weights();
  Function* prepared = nullptr;
  {
    const std::lock_guard lock(making);
    if (!function) {
      // Holds what it needs by itself: a gradient may come back to it when the model has long changed.
      function.emplace(
          [graph = graph, weights, name = model.name()](const std::vector<Tensor>& args) {
            CallContext pass(false);
            const Pass running(pass, nullptr, name, true);
            for (size_t i = 0; i < weights.size(); ++i) pass.bind(*weights[i], args[i]);
            std::vector<Tensor> inputs;
            for (size_t i = 0; i < graph->inputs().size(); ++i)
              inputs.push_back(as_input(graph->inputs()[i], args[weights.size() + i]));
            return graph->run(inputs, pass);
          },
          model.name());
    }
    prepared = &*function;
  }
  std::vector<Tensor> arguments;
  arguments.reserve(weights.size() + x.size());
  for (const WeightPtr& weight : weights) arguments.push_back(weight->value);
  for (const Tensor& tensor : x)
    arguments.push_back(arguments.empty() ? tensor : tensor.to(arguments[0].device()));
  return (*prepared)(arguments);
}

Trainer& ModelImpl::ensure_trainer(const Model& model) {
  if (Trainer* made = trainer.get()) return *made;
  const std::lock_guard lock(making);
  require_built(model);
  if (!trainer) {
    trainer.put(std::make_unique<Trainer>(model, options ? &*options : nullptr, trainable_layers,
                                          derived_seed(seed, 1)));
  }
  return *trainer;
}

Tensors ModelImpl::arrange_inputs(Model& model, const Tensors& x) {
  const std::string where = "model '" + model.name() + "': ";
  if (x.empty()) throw InvalidArgument(where + "x is no tensor");
  for (size_t i = 0; i < x.size(); ++i) {
    const Tensor& tensor = x.values()[i];
    if (!tensor.defined()) throw InvalidArgument(where + "x is no tensor");
    // Only a graph of layers can say that it takes a single number.
    const bool scalars = built && graph && std::any_of(graph->inputs().begin(), graph->inputs().end(),
                                                       [](const Tensor& input) { return input.rank() == 0; });
    if (tensor.rank() == 0 && !scalars)
      throw InvalidArgument(where + "x needs samples along its first axis, received ()");
    tensor.eval();
  }
  const std::lock_guard lock(making);
  if (!built) {
    TensorSpecs specs;
    for (const Tensor& tensor : x) {
      specs.push_back({tensor.shape(), tensor.dtype()});
      specs.back().shape.set(0, -1);
    }
    BuildSeed from{seed, next_stream};
    model.Layer::build(specs, seed, from.stream);
  }
  if (kind == Kind::kSubclass) return x;

  const size_t wanted = input_names.size();
  if (x.size() != wanted && !(x.named() && x.size() > wanted)) {
    throw InvalidArgument(where + "expected " + std::to_string(wanted) +
                          (wanted == 1 ? " input" : " inputs") + ", received " + std::to_string(x.size()));
  }
  std::vector<Tensor> ordered;
  for (size_t i = 0; i < wanted; ++i) {
    Tensor tensor;
    if (x.named() && !(wanted == 1 && x.size() == 1 && !x.find(input_names[0]))) {
      const Tensor* found = x.find(input_names[i]);
      if (!found) {
        throw InvalidArgument(where + "there is no input named '" + input_names[i] + "' among those given" +
                              suggest(input_names[i], x.names()));
      }
      tensor = *found;
    } else {
      tensor = x.values()[i];
    }
    const Shape shape = input_shape(graph->inputs()[i].shape(), tensor.shape());
    const Shape given = tensor.shape();
    if (shape != tensor.shape()) tensor = Tensor::wrap(tensor.buffer(), {tensor.dtype(), shape});
    const std::string what = where + "input '" + input_names[i] + "'";
    const DType dtype = graph->inputs()[i].dtype();
    require_range(what, tensor, dtype);
    if (is_floating(tensor.dtype()) && is_integer(dtype) && !names_things(model, i))
      tensor = cut_fractions(what, tensor, dtype);
    if (!implicit_input && shape.rank() > 0) {
      require_batch_axis(what, graph->inputs()[i].shape(), given, shape);
      Shape open = shape;
      open.set(0, -1);
      origin(graph->inputs()[i]).node->layer->compute_output_shape(open);  // throws for what does not fit
    }
    ordered.push_back(std::move(tensor));
  }
  return Tensors(std::move(ordered));
}

bool ModelImpl::takes_as_it_is(const Tensors& x) const {
  if (!graph || graph->inputs().size() != 1 || x.size() != 1 || x.named() || !x.values()[0].computed())
    return false;
  const Shape &expected = graph->inputs()[0].shape(), &given = x.values()[0].shape();
  if (expected.rank() != given.rank()) return false;
  const DType dtype = graph->inputs()[0].dtype();
  if (is_integer(dtype) && x.values()[0].dtype() != dtype) return false;
  for (int axis = 1; axis < given.rank(); ++axis) {
    if (given[axis] != expected[axis]) return false;
  }
  return true;
}

Tensors ModelImpl::arrange_targets(const Model& model, const Tensors& y, const char* what) const {
  for (const Tensor& tensor : y) {
    if (!tensor.defined()) throw InvalidArgument(std::string(what) + " is no tensor");
    if (tensor.rank() == 0)
      throw InvalidArgument(std::string(what) + " needs samples along its first axis, received ()");
    tensor.eval();
  }
  if (!y.named() || kind == Kind::kSubclass) return y;
  std::vector<Tensor> ordered;
  for (const std::string& name : output_names) {
    if (const Tensor* found = y.find(name)) ordered.push_back(*found);
  }
  if (ordered.size() != y.size()) {
    for (const std::string& name : y.names()) {
      if (std::find(output_names.begin(), output_names.end(), name) != output_names.end()) continue;
      throw InvalidArgument("model '" + model.name() + "': " + what + " is given for the output '" + name +
                            "', which the model does not have" + suggest(name, output_names));
    }
  }
  return Tensors(std::move(ordered));
}

Batch ModelImpl::arrange(Model& model, const Batch& batch) {
  Batch result;
  result.x = arrange_inputs(model, batch.x);
  result.y = arrange_targets(model, batch.y, "y");
  result.sample_weight = arrange_targets(model, batch.sample_weight, "sample_weight");
  return result;
}

namespace {

// Stand-ins for the first rows: what steps are told of data are types.
Batch first_rows(const Batch& batch, int64_t rows) {
  const auto first = [&](const Tensors& tensors) {
    std::vector<Tensor> values;
    for (const Tensor& tensor : tensors) {
      TensorType type = tensor.type();
      type.shape.set(0, rows);
      values.push_back(placeholder(type, tensor.device()));
    }
    return tensors.with_values(std::move(values));
  };
  return {first(batch.x), first(batch.y), first(batch.sample_weight)};
}

}  // namespace

void ModelImpl::check_data(Model& model, const Batch& batch, const char* what, bool training,
                           int64_t batch_size) {
  const int64_t samples = count_samples(batch.x, batch.y, batch.sample_weight, what);
  if (samples == 0) {
    throw InvalidArgument("there are no samples: x has shape " + batch.x[size_t{0}].shape().str());
  }
  Trainer& ready = ensure_trainer(model);
  if (batch.y.empty() && options && options->loss.given())
    throw InvalidArgument("y is no tensor: training and evaluation need targets");
  const bool parts = batch_size > 0 && batch_size < samples;
  ready.prepare(model, parts ? first_rows(batch, batch_size) : batch, training);
  ready.check_targets(model, batch);
}

Tensors ModelImpl::predict_nothing(const Model& model, const Tensors& x) const {
  TensorSpecs specs;
  for (const Tensor& tensor : x) specs.push_back({tensor.shape(), tensor.dtype()});
  std::vector<Tensor> outputs;
  for (const TensorSpec& spec : model.compute_output_specs(specs)) {
    Shape shape = spec.shape;
    if (shape.rank() == 0) {
      throw InvalidArgument("model '" + model.name() +
                            "': predict: an output is a scalar for each batch, and there are no samples");
    }
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (axis == 0 || shape[axis] < 0) shape.set(axis, 0);
    }
    outputs.push_back(zeros(shape, spec.dtype).eval().to(Device{}));
  }
  return name_outputs(std::move(outputs));
}

Tensors ModelImpl::name_outputs(std::vector<Tensor> outputs) const {
  if (outputs.size() != output_names.size() || kind == Kind::kSubclass) return Tensors(std::move(outputs));
  std::vector<std::pair<std::string, Tensor>> pairs;
  for (size_t i = 0; i < outputs.size(); ++i) pairs.emplace_back(output_names[i], std::move(outputs[i]));
  return Tensors(std::move(pairs));
}

Logs ModelImpl::run_test(Model& model, BatchSource& source, std::optional<int64_t> steps,
                         const CallbackList& callbacks) {
  Trainer& ready = ensure_trainer(model);
  callbacks.tell(&Callback::on_test_begin, Logs());
  source.begin(0, 0, 0);
  Batch batch, given;
  std::optional<LiveLogs> live;
  std::optional<Logs> logs;
  for (int64_t step = 0; (!steps || step < *steps) && source.next(given); ++step) {
    batch = arrange(model, given);
    if (!live) {
      live.emplace(ready.make_logs(model, batch, false));
      logs.emplace(*live);
    } else {
      ready.prepare(model, batch, false);
    }
    if (!dynamic_cast<const TensorSource*>(&source)) check_data(model, batch, "evaluate", false);
    callbacks.tell(&Callback::on_test_batch_begin, step, Logs());
    ready.test(model, batch, *live);
    callbacks.tell(&Callback::on_test_batch_end, step, *logs);
  }
  if (!live) throw InvalidArgument("model '" + model.name() + "': there are no samples to evaluate on");
  callbacks.tell(&Callback::on_test_end, *logs);
  return live->read();
}

}  // namespace lamina::detail
