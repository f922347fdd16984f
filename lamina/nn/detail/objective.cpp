// Resolving and computing losses and metrics.
#include "lamina/nn/detail/objective.h"

#include <algorithm>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/core/op_scope.h"
#include "lamina/core/symbol.h"
#include "lamina/graph/number_watch.h"
#include "lamina/nn/detail/extents.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"

namespace lamina::detail {
namespace {

// The name of a metric in logs: as the user wrote it, behind the output's name where there are several.
std::string log_name(const Choice<Metric>& metric, const std::string& output, size_t outputs) {
  const std::string own = metric.name().empty() ? metric.get()->name() : metric.name();
  return outputs > 1 ? output + "_" + own : own;
}

// Values to record operations with that are never run: the open extents of predictions are those of the
// targets, or 1; the batch is of a size that messages show as open.
Tensor stand_in(const TensorSpec& spec, const Shape* like) {
  Shape shape = spec.shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] >= 0 && axis > 0) continue;
    const int64_t known = axis > 0 && like && axis < like->rank() ? (*like)[axis] : 1;
    shape.set(axis, axis == 0 ? kOpenExtents[0] : std::max<int64_t>(known, 1));
  }
  return zeros(shape, spec.dtype);
}

const Tensor* weight_of(size_t output, const std::vector<Tensor>& weights, size_t outputs) {
  if (weights.empty()) return nullptr;
  const Tensor& weight = weights.size() == outputs ? weights[output] : weights[0];
  return weight.defined() ? &weight : nullptr;
}

}  // namespace

Objective::Objective(const CompileOptions& options, const std::vector<std::string>& outputs,
                     const TensorSpecs& targets, const TensorSpecs& predictions) {
  const std::vector<Choice<Loss>> losses = options.loss.resolve(outputs, "loss");
  const std::vector<MetricChoices::List> metrics = options.metrics.resolve(outputs, "metrics");
  const std::vector<MetricChoices::List> weighted =
      options.weighted_metrics.resolve(outputs, "weighted_metrics");
  std::vector<double> weights(outputs.size(), 1.0);
  if (options.loss_weights.given()) {
    weights = options.loss_weights.resolve(outputs, "loss_weights");
    if (options.loss_weights.kind() == PerOutput<double>::Kind::kByName) {
      for (size_t i = 0; i < outputs.size(); ++i) {
        const auto& named = options.loss_weights.names();
        if (std::find(named.begin(), named.end(), outputs[i]) == named.end()) weights[i] = 1.0;
      }
    }
  }

  // Targets belong to all outputs in order, or only to those that have something to compare with.
  size_t wanting = 0;
  for (size_t i = 0; i < outputs.size(); ++i)
    wanting += losses[i].given() || !metrics[i].empty() || !weighted[i].empty();
  if (targets.size() != outputs.size() && targets.size() != wanting) {
    throw InvalidArgument("the model has " + std::to_string(outputs.size()) + " outputs, " +
                          std::to_string(wanting) + " of them with a loss or metrics, but " +
                          std::to_string(targets.size()) + " targets were given");
  }
  size_t next = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    Output output{outputs[i], nullptr, weights[i], std::nullopt};
    const bool wants = losses[i].given() || !metrics[i].empty() || !weighted[i].empty();
    if (targets.size() == outputs.size()) {
      output.target = i;
    } else if (wants) {
      output.target = next++;
    }
    if (losses[i].given()) {
      output.loss = resolve_loss(losses[i], targets[*output.target].shape, predictions[i].shape);
      ++num_losses_;
    }
    outputs_.push_back(std::move(output));
  }
  for (const bool with_weights : {false, true}) {
    const auto& lists = with_weights ? weighted : metrics;
    for (size_t i = 0; i < outputs.size(); ++i) {
      for (const Choice<Metric>& choice : lists[i]) {
        metrics_.push_back({log_name(choice, outputs[i], outputs.size()),
                            resolve_metric(choice, targets[*outputs_[i].target].shape, predictions[i].shape),
                            i, with_weights});
      }
    }
  }
  check_shapes(targets, predictions);
}

std::vector<std::string> Objective::names(const CompileOptions& options,
                                          const std::vector<std::string>& outputs) {
  std::vector<std::string> names = {"loss"};
  const std::vector<Choice<Loss>> losses = options.loss.resolve(outputs, "loss");
  const auto given =
      std::count_if(losses.begin(), losses.end(), [](const auto& loss) { return loss.given(); });
  for (size_t i = 0; given > 1 && i < outputs.size(); ++i) {
    if (losses[i].given()) names.push_back(outputs[i] + "_loss");
  }
  for (const MetricChoices* choices : {&options.metrics, &options.weighted_metrics}) {
    const std::vector<MetricChoices::List> lists = choices->resolve(outputs, "metrics");
    for (size_t i = 0; i < outputs.size(); ++i) {
      for (const Choice<Metric>& choice : lists[i])
        names.push_back(log_name(choice, outputs[i], outputs.size()));
    }
  }
  return names;
}

std::vector<std::string> Objective::each_names() const {
  std::vector<std::string> names;
  if (num_losses_ < 2) return names;
  for (const Output& output : outputs_) {
    if (output.loss) names.push_back(output.name + "_loss");
  }
  return names;
}

const Tensor* Objective::target_of(size_t output, const std::vector<Tensor>& y_true) const {
  const std::optional<size_t> place = outputs_[output].target;
  return place ? &y_true.at(*place) : nullptr;
}

Tensor Objective::loss(const std::vector<Tensor>& y_true, const std::vector<Tensor>& y_pred,
                       const std::vector<Tensor>& weights, std::vector<Tensor>* each) const {
  Tensor total;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Output& output = outputs_[i];
    if (!output.loss) continue;
    const Tensor& target = *target_of(i, y_true);
    const Tensor* weight = weight_of(i, weights, outputs_.size());
    std::optional<OpScope> place;
    if (NumberWatch::wanted()) place.emplace("the loss of output '" + output.name + "'");
    Tensor value = output.loss->masked(target, y_pred[i], weight ? *weight : Tensor(), mask_of(y_pred[i]));
    if (each && num_losses_ > 1) each->push_back(value);
    if (output.weight != 1) value = value * output.weight;
    total = total.defined() ? total + value : value;
  }
  return total;
}

std::vector<Tensor> Objective::update(std::span<const Tensor> state, const std::vector<Tensor>& y_true,
                                      const std::vector<Tensor>& y_pred,
                                      const std::vector<Tensor>& weights) const {
  std::vector<Tensor> updated;
  size_t first = 0;
  for (const Tracked& tracked : metrics_) {
    const size_t count = tracked.metric->variables().size();
    const Tensor* weight = tracked.weighted ? weight_of(tracked.output, weights, outputs_.size()) : nullptr;
    const Tensor& target = *target_of(tracked.output, y_true);
    const Tensor& output = y_pred[tracked.output];
    for (Tensor& tensor : tracked.metric->update_masked(state.subspan(first, count), target, output,
                                                        weight ? *weight : Tensor(), mask_of(output))) {
      updated.push_back(std::move(tensor));
    }
    first += count;
  }
  return updated;
}

void Objective::check_targets(const std::vector<Tensor>& y_true, const TensorSpecs& predictions) const {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].loss) outputs_[i].loss->check_targets(*target_of(i, y_true), predictions[i].shape);
  }
}

void Objective::check_shapes(const TensorSpecs& targets, const TensorSpecs& predictions) const {
  std::vector<Tensor> y_true, y_pred;
  for (const TensorSpec& target : targets) y_true.push_back(stand_in(target, nullptr));
  for (size_t i = 0; i < predictions.size(); ++i) {
    const std::optional<size_t> target = outputs_[i].target;
    y_pred.push_back(stand_in(predictions[i], target ? &targets[*target].shape : nullptr));
  }
  std::vector<Tensor> state;
  for (const Tracked& tracked : metrics_) {
    for (const Metric::Variable& variable : tracked.metric->variables())
      state.push_back(zeros(variable.type.shape, variable.type.dtype));
  }
  try {
    loss(y_true, y_pred, {});
    update(state, y_true, y_pred, {});
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(with_open_extents(error.what()));
  }
}

}  // namespace lamina::detail
