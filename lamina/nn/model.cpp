// The face of Model: topology, weights, compile, and questions about both. model_data.cpp has what takes
// data, fit.cpp the training loop.
#include "lamina/nn/model.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/core/operation.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/optimizers/loss_scale_optimizer.h"

namespace lamina {

using detail::ModelImpl;

Model::Model(const ModelOptions& options)
    : Model(ModelImpl::make(ModelImpl::Kind::kSubclass, options), options) {}

Model::Model(std::shared_ptr<ModelImpl> impl, const ModelOptions& options)
    : LayerOf<Model>(options.name, true), impl_(std::move(impl)) {}

namespace {

// Keras orders a dictionary of outputs by name, and by the outputs the layers of the model.
Tensors in_keras_order(const Tensors& outputs) {
  std::map<std::string, Tensor> sorted;
  for (size_t i = 0; i < outputs.names().size(); ++i) sorted[outputs.names()[i]] = outputs[i];
  return outputs.named() ? Tensors(sorted) : outputs;
}

}  // namespace

Model::Model(const Tensors& inputs, const Tensors& given_outputs, const ModelOptions& options)
    : Model(ModelImpl::make(ModelImpl::Kind::kGraph, options), options) {
  ModelImpl& model = *impl_;
  const Tensors outputs = in_keras_order(given_outputs);
  model.graph = std::make_shared<detail::LayerGraph>(inputs.values(), outputs.values());
  model.layers = model.graph->operations();
  detail::LayerNames(name(), "").join_all(model.layers);
  std::vector<std::shared_ptr<Layer>> kept;  // operations have nothing to keep
  for (const auto& layer : model.layers) {
    if (layer->module() == "keras.layers" || find_operation(layer->class_name()) == nullptr)
      kept.push_back(layer);
  }
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> members;
  for (auto& [member, layer] : detail::numbered_by_class(kept))
    members.emplace_back("layers/" + member, layer);
  set_sublayers(std::move(members));
  model.named_inputs = inputs.named();
  model.named_outputs = outputs.named();
  for (size_t i = 0; i < inputs.size(); ++i) {
    model.input_names.push_back(
        inputs.named() ? inputs.names()[i] : detail::origin(model.graph->inputs()[i]).node->layer->name());
  }
  std::map<std::string, int> seen;
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::string output =
        outputs.named() ? outputs.names()[i] : detail::origin(model.graph->outputs()[i]).node->layer->name();
    // As Keras: a layer that gives several outputs is named several times.
    const int count = seen[output]++;
    if (count > 0) output += "_" + std::to_string(count);
    model.output_names.push_back(std::move(output));
  }
  int stream = 0;
  TensorSpecs specs;
  for (const Tensor& input : model.graph->inputs()) specs.push_back({input.shape(), input.dtype()});
  model.built = true;
  Layer::build(specs, model.seed, stream);
  detail::SharedUse::claim(*this);
  model.adopt_weights(*this);
}

Model detail::model_with_outputs(const Tensors& inputs, const std::vector<std::pair<std::string, Tensor>>& outputs,
                                 const ModelOptions& options) {
  std::vector<Tensor> values;
  std::vector<std::string> names;
  for (const auto& [output_name, value] : outputs) {
    names.push_back(output_name);
    values.push_back(value);
  }
  Model model(inputs, Tensors(values), options);
  ModelImpl& impl = ModelImpl::of(model);
  impl.named_outputs = true;
  impl.output_names = std::move(names);
  return model;
}

ModelImpl& Model::impl() const {
  if (!impl_) throw InvalidArgument("this model was moved from: nothing is left of it");
  return *impl_;
}

std::shared_ptr<Layer> Model::share() const { return real_ ? real_ : LayerOf<Model>::share(); }

std::string Model::class_name() const {
  if (real_) return real_->class_name();
  return impl().kind == ModelImpl::Kind::kSequential ? "Sequential" : "Functional";
}

std::string Model::module() const {
  if (real_) return real_->module();
  switch (impl().kind) {
    case ModelImpl::Kind::kSequential:
      return "keras";
    case ModelImpl::Kind::kGraph:
      return "keras.src.models.functional";
    case ModelImpl::Kind::kSubclass:
      break;
  }
  return "lamina";
}

std::span<const std::shared_ptr<Layer>> Model::layers() const {
  const ModelImpl& model = impl();
  const std::span<const std::shared_ptr<Layer>> all = model.layers;
  const bool hidden = model.kind == ModelImpl::Kind::kSequential && !all.empty() &&
                      dynamic_cast<const InputLayer*>(all[0].get());
  return all.subspan(hidden ? 1 : 0);
}

uint64_t Model::seed() const { return impl().seed; }

Layer& Model::layer(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& layer : impl().layers) {
    if (layer->name() == name) return *layer;
    known.push_back(layer->name());
  }
  throw InvalidArgument("model '" + this->name() + "' has no layer '" + name + "'" + suggest(name, known));
}

namespace {

const detail::LayerGraph& require_graph(const Model& model, const ModelImpl& impl) {
  if (impl.graph) return *impl.graph;
  throw InvalidArgument("model '" + model.name() + "' has no graph of layers: " +
                        (impl.kind == ModelImpl::Kind::kSubclass
                             ? "it is computed by C++ code"
                             : "it is not built yet; begin it with Input"));
}

Tensor only(const Model& model, const std::vector<Tensor>& tensors, const char* what) {
  if (tensors.size() == 1) return tensors[0];
  throw InvalidArgument("model '" + model.name() + "' has " + std::to_string(tensors.size()) + " " + what +
                        ": ask " + what + "()");
}

Tensors under_names(const std::vector<Tensor>& tensors, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, Tensor>> pairs;
  for (size_t i = 0; i < tensors.size(); ++i) pairs.emplace_back(names[i], tensors[i]);
  return Tensors(std::move(pairs));
}

}  // namespace

Tensors Model::inputs() const {
  return under_names(require_graph(*this, impl()).inputs(), impl().input_names);
}
Tensors Model::outputs() const {
  return under_names(require_graph(*this, impl()).outputs(), impl().output_names);
}
Tensor Model::input() const { return only(*this, require_graph(*this, impl()).inputs(), "inputs"); }
Tensor Model::output() const { return only(*this, require_graph(*this, impl()).outputs(), "outputs"); }

void Model::build(const Shape& input) {
  const detail::Alone alone(*this, "build");
  if (impl().kind == ModelImpl::Kind::kSequential && impl().built) {
    impl().graph->specs({{input, DType::kFloat32}});  // throws for what does not fit
    return;
  }
  int stream = impl().next_stream;
  Layer::build(TensorSpecs{{input, DType::kFloat32}}, impl().seed, stream);
}

bool Model::built() const { return impl().built; }

const Shape& Model::input_shape() const {
  impl().require_built(*this);
  return impl().graph ? impl().graph->inputs()[0].shape() : Layer::input_shape();
}

const Shape& Model::output_shape() const {
  impl().require_built(*this);
  return impl().graph ? impl().graph->outputs()[0].shape() : Layer::output_shape();
}

const std::vector<std::string>& Model::input_names() const { return impl().input_names; }
const std::vector<std::string>& Model::output_names() const { return impl().output_names; }

// ---- As a layer ----

TensorSpecs Model::compute_output_specs(const TensorSpecs& inputs) const {
  const ModelImpl& model = impl();
  if (real_) return real_->compute_output_specs(inputs);
  if (model.graph) {
    TensorSpecs adjusted = inputs;
    if (inputs.size() != model.graph->inputs().size()) {
      throw InvalidArgument("model '" + name() + "': expected " +
                            std::to_string(model.graph->inputs().size()) + " inputs, received " +
                            std::to_string(inputs.size()));
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto* layer =
          dynamic_cast<const InputLayer*>(detail::origin(model.graph->inputs()[i]).node->layer.get());
      if (!model.implicit_input) adjusted[i].shape = layer->compute_output_shape(inputs[i].shape);
      adjusted[i].dtype = layer->dtype();
    }
    return model.graph->specs(adjusted);
  }
  if (!model.built) {
    output_follows_build();
    return inputs;
  }
  if (model.steps_only) return {};
  return detail::traced_output_specs(*this, inputs);
}

void Model::create_weights_for(const TensorSpecs& inputs) {
  ModelImpl& model = impl();
  if (model.built) return;
  if (real_) return real_->create_weights_for(inputs);
  if (model.kind == ModelImpl::Kind::kSequential) {
    require_inputs(inputs, 1);
    model.draw_sequential(*this, inputs[0].shape, inputs[0].dtype);
    std::vector<std::pair<std::string, std::shared_ptr<Layer>>> members;
    std::vector<std::shared_ptr<Layer>> distinct;
    for (const auto& layer : model.graph->operations()) {
      if (!dynamic_cast<const InputLayer*>(layer.get())) distinct.push_back(layer);
    }
    for (auto& [member, layer] : detail::numbered_by_class(distinct))
      members.emplace_back("layers/" + member, layer);
    set_sublayers(std::move(members));
    detail::SharedUse::claim(*this);
    model.adopt_weights(*this);
    return;
  }
  // A subclass: its layers are built by a first call, unless they are all built already (models inside).
  const auto& inner = sublayers();
  model.layers.clear();
  for (const auto& [member, layer] : inner) model.layers.push_back(layer);
  detail::LayerNames(name(), name()).join_all(model.layers);
  const bool ready = !inner.empty() && std::all_of(inner.begin(), inner.end(),
                                                   [](const auto& entry) { return entry.second->built(); });
  if (ready) {
    // Models that are nothing but their steps (a GAN) have no call of their own.
    model.built = true;
    try {
      detail::traced_output_specs(*this, inputs);
    } catch (const InvalidArgument&) {
      model.steps_only = true;
    }
  } else {
    detail::BuildSeed from{model.seed, model.next_stream};
    const detail::BuildSeed::Scope scope(from);
    model.built = true;
    try {
      detail::traced_output_specs(*this, inputs);
    } catch (...) {
      model.built = false;
      throw;
    }
    model.next_stream = from.stream;
  }
  model.built = true;
  if (model.output_names.empty()) model.output_names = {"output"};
  detail::SharedUse::claim(*this);
  model.adopt_weights(*this);
}

std::vector<Tensor> Model::forward(const LayerCall& call, CallContext& context) const {
  const ModelImpl& model = impl();
  if (real_) return real_->forward(call, context);
  if (model.kind == ModelImpl::Kind::kSubclass) return Layer::forward(call, context);
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < call.inputs.size(); ++i)
    inputs.push_back(detail::as_input(model.graph->inputs().at(i), call.inputs[i]));
  return model.graph->run(inputs, context);
}

std::vector<Tensor> Model::compute_mask(const LayerCall&, const std::vector<Tensor>&) const {
  return {};  // the layers inside have said it
}

// ---- Compile ----

namespace {

// Whether gradients of float16 occur.
bool is_mixed(const Layer& layer, std::set<const Layer*>& seen) {
  if (!seen.insert(&layer).second) return false;
  if (layer.dtype_policy() == "mixed_float16") return true;
  const auto& inside = layer.sublayers();
  return std::any_of(inside.begin(), inside.end(),
                     [&](const auto& one) { return is_mixed(*one.second, seen); });
}

bool is_mixed(const Layer& layer) {
  std::set<const Layer*> seen;
  return is_mixed(layer, seen);
}

}  // namespace

void Model::compile(CompileOptions options) {
  const detail::Alone alone(*this, "compile");
  ModelImpl& model = impl();
  model.require_idle(*this, "compile");
  if (!options.optimizer.given()) options.optimizer = "rmsprop";
  std::shared_ptr<const Optimizer> optimizer = options.optimizer.get();
  if (options.auto_scale_loss && is_mixed(*this) && optimizer->learning_rate_place() &&
      optimizer->loss_scale() == 1.0 && !dynamic_cast<const LossScaleOptimizer*>(optimizer.get()))
    optimizer = std::make_shared<LossScaleOptimizer>(optimizer);
  options.optimizer = optimizer;
  // Unknown names are told now; "accuracy" and "crossentropy" wait for the shapes.
  for (const Choice<Loss>& loss : options.loss.values()) {
    if (loss.given() && !goes_by_shape(loss)) loss.get();
  }
  for (const MetricChoices* choices : {&options.metrics, &options.weighted_metrics}) {
    for (const MetricChoices::List& list : choices->lists()) {
      for (size_t i = 0; i < list.size(); ++i) {
        if (!list[i].given())
          throw InvalidArgument("compile: metric number " + std::to_string(i) + " is empty");
        if (!goes_by_shape(list[i])) list[i].get();
      }
    }
  }
  if (!model.output_names.empty()) {
    options.loss.resolve(model.output_names, "loss");
    options.loss_weights.resolve(model.output_names, "loss_weights");
    options.metrics.resolve(model.output_names, "metrics");
    options.weighted_metrics.resolve(model.output_names, "weighted_metrics");
  }
  model.options = std::move(options);
  model.unused.reset();
  model.trainer.reset();
  auto flags = std::make_shared<std::map<const void*, bool>>();
  const std::function<void(const Layer&)> note = [&](const Layer& layer) {
    if (!flags->emplace(layer.identity(), layer.trainable()).second) return;
    for (const auto& [member, inner] : layer.sublayers()) note(*inner);
  };
  note(*this);
  for (const auto& layer : model.layers) note(*layer);
  model.trainable_layers = std::move(flags);
}

bool Model::compiled() const { return impl().options.has_value(); }

const CompileOptions& Model::compile_options() const {
  if (!impl().options)
    throw InvalidArgument("model '" + name() + "' is not compiled" + impl().why_not_compiled());
  return *impl().options;
}

const DataInfo& Model::data_info() const { return impl().data_info; }

void Model::set_data_info(DataInfo info) {
  info.check();
  impl().data_info = std::move(info);
}

std::vector<WeightPtr> Model::optimizer_variables() const {
  if (!impl().options || !impl().built) return {};
  return impl().ensure_trainer(*this).optimizer_state();
}

bool Model::optimizer_built() const { return impl().trainer && impl().trainer->optimizer_built(); }
void Model::build_optimizer() {
  compile_options();
  impl().ensure_trainer(*this).build_optimizer();
}

namespace {

size_t rate_place(const Optimizer& optimizer, const char* what) {
  if (const std::optional<size_t> place = optimizer.learning_rate_place()) return *place;
  throw InvalidArgument(std::string(what) + ": the optimizer '" + optimizer.name() +
                        "' is made of several, each with a learning rate of its own");
}

}  // namespace

double Model::learning_rate() const {
  const std::shared_ptr<const Optimizer> optimizer = compile_options().optimizer.get();
  const auto schedule = optimizer->schedule();
  const std::vector<WeightPtr>& state = impl().ensure_trainer(*this).optimizer_state();
  const DeviceScope scope(state.at(0)->value.device());
  if (schedule) return (*schedule)(state.at(optimizer->iteration_place())->value).item<double>();
  return state.at(rate_place(*optimizer, "learning_rate"))->value.item<double>();
}

void Model::set_learning_rate(double value) {
  const std::shared_ptr<const Optimizer> optimizer = compile_options().optimizer.get();
  if (const auto schedule = optimizer->schedule()) {
    throw InvalidArgument("set_learning_rate: the learning rate of the optimizer follows its " +
                          schedule->class_name() +
                          " and cannot be set; compile the model with a number as learning_rate");
  }
  const size_t place = rate_place(*optimizer, "set_learning_rate");
  impl().ensure_trainer(*this).optimizer_state().at(place)->assign(Tensor(static_cast<float>(value)));
}

bool Model::interrupted() const { return impl().position.history && impl().position.history->interrupted; }

std::vector<std::string> Model::metric_names() const {
  if (!impl().options || !impl().built) return {};
  return impl().ensure_trainer(*this).metric_names(*this);
}

std::optional<bool> Model::higher_is_better(const std::string& log) const {
  if (!impl().options || !impl().built) return std::nullopt;
  const std::string prefix = "val_";
  return impl().ensure_trainer(*this).higher_is_better(
      *this, log.starts_with(prefix) ? log.substr(prefix.size()) : log);
}

void Model::summary(const SummaryOptions& options) const {
  const std::string text = summary_text(options);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Step::Statistics Model::train_statistics() const {
  return impl().trainer ? impl().trainer->statistics() : Step::Statistics{};
}

int Model::programs_built() const { return impl().trainer ? impl().trainer->programs() : 0; }

// ---- Steps ----

void Model::train_step(TrainStep& step) {
  if (real_) return real_->train_step(step);
  const std::vector<Tensor> y_pred = step.forward();
  const Tensor loss = step.compute_loss(y_pred);
  step.minimize(loss);
  step.update_metrics(y_pred);
}

void Model::test_step(TrainStep& step) {
  if (real_) return real_->test_step(step);
  const std::vector<Tensor> y_pred = step.forward();
  step.compute_loss(y_pred);
  step.update_metrics(y_pred);
}

}  // namespace lamina
