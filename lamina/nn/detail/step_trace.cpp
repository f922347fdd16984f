// Logs and updates of a traced step.
#include "lamina/nn/detail/step_trace.h"

#include <algorithm>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/core/op_scope.h"
#include "lamina/graph/number_watch.h"
#include "lamina/nn/detail/global_norm.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/detail/weight_names.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace detail {

std::vector<WeightPtr> optimizer_variables(const Optimizer& optimizer,
                                           const std::vector<WeightPtr>& targets) {
  std::vector<Optimizer::Target> described;
  for (const WeightPtr& weight : targets) described.push_back({weight->path, weight->type, weight->value});
  std::vector<WeightPtr> result;
  for (const Optimizer::Variable& variable : optimizer.variables(described)) {
    auto weight = std::make_shared<Weight>();
    weight->name = variable.name;
    weight->path = optimizer.name() + "/" + variable.name;
    weight->type = variable.initial.type();
    weight->trainable = false;
    weight->value = own(variable.initial);
    result.push_back(std::move(weight));
  }
  return result;
}

void StepTrace::log(const std::string& name, const Tensor& value, const Tensor& weight) {
  if (weight.defined() && weight.rank() != 0)
    throw InvalidArgument("TrainStep::log('" + name + "') is weighted by a scalar, received shape " +
                          weight.shape().str());
  if (value.rank() != 0) {
    throw InvalidArgument("TrainStep::log('" + name + "') takes a scalar, received shape " +
                          value.shape().str() + ": reduce it with mean() first");
  }
  for (const LogLayout::Entry& entry : layout.entries) {
    if (entry.name == name)
      throw InvalidArgument("TrainStep::log: '" + name + "' is logged twice in one step");
  }
  layout.entries.push_back({name, nullptr});
  if (log_state.empty()) return;
  // The mean of an epoch is that of its batches, weighted by their sizes. In double: a float32 count stands
  // still at 2^24 samples.
  const Tensor count = weight.defined() ? cast(weight, DType::kFloat64)
                                        : full({}, static_cast<double>(samples()), DType::kFloat64);
  new_log_state.push_back(log_state[next_log_] + cast(value, DType::kFloat64) * count);
  new_log_state.push_back(log_state[next_log_ + 1] + count);
  next_log_ += 2;
}

void StepTrace::log_metrics(const std::vector<Tensor>& y_pred) {
  require_outputs(y_pred);
  size_t variables = 0;
  for (const Objective::Tracked& tracked : objective.metrics()) {
    layout.entries.push_back({tracked.name, tracked.metric});
    variables += tracked.metric->variables().size();
  }
  if (log_state.empty()) return;
  for (Tensor& tensor : objective.update(log_state.subspan(next_log_, variables), batch.y.values(), y_pred,
                                         batch.sample_weight.values()))
    new_log_state.push_back(std::move(tensor));
  next_log_ += variables;
}

std::shared_ptr<const Optimizer> StepTrace::own_optimizer() const {
  return model.compile_options().optimizer.get();
}

void StepTrace::apply(const std::vector<Tensor>& gradients, const std::vector<WeightPtr>& weights,
                      const std::string& name, const std::shared_ptr<const Optimizer>& optimizer) {
  if (gradients.size() != weights.size()) {
    throw InvalidArgument("TrainStep: " + std::to_string(weights.size()) +
                          " weights need as many gradients; received " + std::to_string(gradients.size()));
  }
  if (!optimizer) throw InvalidArgument("TrainStep: the optimizer '" + name + "' is empty");
  for (const NamedOptimizer& other : optimizers) {
    if (other.name != name) continue;
    throw InvalidArgument(
        "TrainStep: " + (name.empty() ? std::string("the model's optimizer") : "optimizer '" + name + "'") +
        " is used twice in one step; give minimize() a name and an optimizer for each group of weights");
  }
  optimizers.push_back({name, optimizer, weights, {}});
  if (log_gradient_norm && !gradients.empty()) {
    const Tensor scale = optimizer->dynamic_loss_scale(state_of(name, *optimizer, weights));
    const Tensor norm = global_norm(gradients);
    norms_.emplace_back(name.empty() ? "gradient_norm" : name + "_gradient_norm",
                        scale.defined() ? norm / scale : norm);
  }
  const NamedOptimizer* slots = nullptr;
  for (size_t i = 0; known && i < known->size(); ++i) {
    if ((*known)[i].name == name) slots = &(*known)[i];
  }
  std::optional<OpScope> place;
  if (NumberWatch::wanted()) place.emplace("the update of the optimizer");
  const std::vector<Tensor> now = values(weights), state = state_of(name, *optimizer, weights);
  if (slots) next_optimizer_state_ += slots->state.size();
  const std::shared_ptr<const Optimizer> bound = optimizer->for_targets(described(weights));
  Optimizer::Update update = (bound ? *bound : *optimizer).update(now, gradients, state);
  for (const WeightPtr& weight : weights) {
    if (context.bound(*weight)) continue;
    throw InvalidArgument("TrainStep: weight '" + weight->path + "' is to be minimised, but is none of the " +
                          "weights of model '" + model.name() + "': let the model track() its layer");
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    Tensor value = std::move(update.weights[i]);
    if (weights[i]->constraint.given()) value = (*weights[i]->constraint.get())(value);
    // An assignment ends the history: what is minimised next does not depend on how this update came about.
    context.assign(weights[i], stop_gradient(value));
  }
  for (Tensor& tensor : update.state) new_optimizer_state.push_back(std::move(tensor));
}

std::vector<Optimizer::Target> StepTrace::described(const std::vector<WeightPtr>& weights) {
  std::vector<Optimizer::Target> all;
  for (const WeightPtr& weight : weights) all.push_back({weight->path, weight->type});
  return all;
}

std::vector<Tensor> StepTrace::state_of(const std::string& name, const Optimizer& optimizer,
                                        const std::vector<WeightPtr>& weights) const {
  for (size_t i = 0; known && i < known->size(); ++i) {
    if ((*known)[i].name != name) continue;
    const auto mine = optimizer_state.subspan(next_optimizer_state_, (*known)[i].state.size());
    return {mine.begin(), mine.end()};
  }
  std::vector<Tensor> state;  // the first pass: stand-ins of the same types
  for (const Optimizer::Variable& variable : optimizer.variables(described(weights)))
    state.push_back(variable.initial);
  return state;
}

std::vector<Tensor> StepTrace::scaled_gradients(const Tensor& loss, const std::vector<WeightPtr>& weights,
                                                const std::string& name, const Optimizer* optimizer) const {
  if (optimizer) {
    const Tensor moving = optimizer->dynamic_loss_scale(state_of(name, *optimizer, weights));
    if (moving.defined()) return gradients(cast(loss, moving.dtype()) * moving, values(weights));
  }
  const double scale = optimizer ? optimizer->loss_scale() : 1.0;
  if (scale == 1.0) return gradients(loss, values(weights));
  std::vector<Tensor> scaled = gradients(loss * scale, values(weights));
  for (Tensor& gradient : scaled) gradient = gradient / scale;
  return scaled;
}

void StepTrace::finish() {
  for (const auto& [name, norm] : norms_) log(name, norm);
}

void StepTrace::require_outputs(const std::vector<Tensor>& y_pred) const {
  const size_t wanted = objective.num_outputs();
  if (wanted > 0 && y_pred.size() != wanted) {
    throw InvalidArgument("TrainStep: the model has " + std::to_string(wanted) +
                          " outputs to compare with targets; " + std::to_string(y_pred.size()) +
                          " predictions were given");
  }
}

Tensor StepTrace::total_loss(const std::vector<Tensor>& y_pred, std::vector<Tensor>* each) {
  require_outputs(y_pred);
  Tensor total = objective.loss(batch.y.values(), y_pred, batch.sample_weight.values(), each);
  const auto add = [&](const Tensor& more) {
    const Tensor term = cast(more, total.defined() ? total.dtype() : DType::kFloat32);
    total = total.defined() ? total + term : term;
  };
  for (const WeightPtr& weight : trainable) {
    if (weight->regularizer.given()) add((*weight->regularizer.get())(context.value(weight)));
  }
  for (const Tensor& loss : context.losses()) add(loss);
  if (!total.defined()) {
    throw InvalidArgument(
        "the model was compiled without a loss, and no layer adds one: give compile a .loss to train or "
        "evaluate it");
  }
  return total;
}

std::vector<Tensor> StepTrace::values(const std::vector<WeightPtr>& weights) const {
  std::vector<Tensor> now;
  for (const WeightPtr& weight : weights) {
    if (!weight) throw InvalidArgument("TrainStep: a weight to be minimised is a null pointer");
    now.push_back(context.value(weight));
  }
  return now;
}

int64_t StepTrace::samples() const { return batch.x.empty() ? 1 : batch.x[0].shape()[0]; }

}  // namespace detail

const Tensors& TrainStep::x() const { return trace_.batch.x; }
const Tensors& TrainStep::y() const { return trace_.batch.y; }
const Tensors& TrainStep::sample_weight() const { return trace_.batch.sample_weight; }
int64_t TrainStep::batch_size() const { return trace_.samples(); }
bool TrainStep::training() const { return trace_.context.training; }
CallContext& TrainStep::context() { return trace_.context; }

std::vector<Tensor> TrainStep::forward() {
  return trace_.model.Layer::outputs(LayerCall{x().values(), x().size() > 1, {}}, trace_.context);
}

Tensor TrainStep::call(const Layer& layer, const Tensor& x) {
  return layer.Layer::operator()(x, trace_.context);
}

Tensor TrainStep::compute_loss(const std::vector<Tensor>& y_pred) {
  std::vector<Tensor> each;
  const Tensor total = trace_.total_loss(y_pred, &each);
  trace_.log("loss", total);
  const std::vector<std::string> names = trace_.objective.each_names();
  for (size_t i = 0; i < names.size(); ++i) trace_.log(names[i], each[i]);
  return total;
}

void TrainStep::update_metrics(const std::vector<Tensor>& y_pred) { trace_.log_metrics(y_pred); }

void TrainStep::minimize(const Tensor& loss) { minimize(loss, trace_.trainable); }

void TrainStep::minimize(const Tensor& loss, const std::vector<WeightPtr>& weights) {
  const auto optimizer = trace_.own_optimizer();
  trace_.apply(trace_.scaled_gradients(loss, weights, "", optimizer.get()), weights, "", optimizer);
}

void TrainStep::minimize(const Tensor& loss, const std::vector<WeightPtr>& weights, const std::string& name,
                         const Choice<Optimizer>& optimizer) {
  if (name.empty())
    throw InvalidArgument("TrainStep::minimize: an optimizer beside the model's own needs a name");
  const std::shared_ptr<const Optimizer> chosen = optimizer.get();
  trace_.apply(trace_.scaled_gradients(loss, weights, name, chosen.get()), weights, name, chosen);
}

Tensors TrainStep::gradients(const Tensor& loss) const {
  return detail::under_names_of(trace_.model, trace_.trainable,
                                lamina::gradients(loss, trace_.values(trace_.trainable)));
}

void TrainStep::apply_gradients(const Tensors& gradients) {
  apply_gradients(gradients.values(), trace_.trainable);
}

void TrainStep::apply_gradients(const std::vector<Tensor>& gradients, const std::vector<WeightPtr>& weights) {
  const std::shared_ptr<const Optimizer> optimizer = trace_.own_optimizer();
  const Tensor scale = optimizer->dynamic_loss_scale(trace_.state_of("", *optimizer, weights));
  if (!scale.defined()) return trace_.apply(gradients, weights, "", optimizer);
  std::vector<Tensor> scaled;  // as the optimizer expects them, which divides
  for (const Tensor& gradient : gradients) scaled.push_back(cast(gradient, scale.dtype()) * scale);
  trace_.apply(scaled, weights, "", optimizer);
}

void TrainStep::log(const std::string& name, const Tensor& value) { trace_.log(name, value); }
void TrainStep::log(const std::string& name, const Tensor& value, const Tensor& count) {
  trace_.log(name, value, count);
}

}  // namespace lamina
