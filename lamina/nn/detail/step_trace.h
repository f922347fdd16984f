// StepTrace: one step of training or testing while it is traced. Internal header.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/detail/live_logs.h"
#include "lamina/nn/detail/objective.h"
#include "lamina/nn/detail/unknown_objects.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// An optimizer of a step with the weights that it changes, and its state.
struct NamedOptimizer {
  std::string name;  ///< "" for the model's own
  std::shared_ptr<const Optimizer> optimizer;
  std::vector<WeightPtr> targets;
  std::vector<WeightPtr> state;
};

/// What the functions of TrainStep work on. The same code runs twice: a first time to learn which logs and
/// optimizers the step has, then with their accumulators and slots as part of the traced state.
class StepTrace {
 public:
  StepTrace(const Model& model, const Objective& objective, const std::vector<WeightPtr>& trainable,
            CallContext& context, const Batch& batch)
      : model(model), objective(objective), trainable(trainable), context(context), batch(batch) {}

  const Model& model;
  const Objective& objective;
  const std::vector<WeightPtr>& trainable;
  CallContext& context;
  const Batch& batch;

  /// Logs so far; `log_state` holds their accumulators in the second pass, `new_log_state` what becomes of
  /// them.
  LogLayout layout;
  std::span<const Tensor> log_state;
  std::vector<Tensor> new_log_state;
  void log(const std::string& name, const Tensor& value, const Tensor& weight = {});
  void log_metrics(const std::vector<Tensor>& y_pred);

  /// Optimizers so far. In the second pass `known` are those that the first pass found, `optimizer_state`
  /// their variables, `new_optimizer_state` what becomes of those.
  std::vector<NamedOptimizer> optimizers;
  const std::vector<NamedOptimizer>* known = nullptr;
  std::span<const Tensor> optimizer_state;
  std::vector<Tensor> new_optimizer_state;
  void apply(const std::vector<Tensor>& gradients, const std::vector<WeightPtr>& weights,
             const std::string& name, const std::shared_ptr<const Optimizer>& optimizer);
  /// Gradients of the loss, taken of what the optimizer's loss scale makes of it.
  std::vector<Tensor> scaled_gradients(const Tensor& loss, const std::vector<WeightPtr>& weights,
                                       const std::string& name, const Optimizer* optimizer) const;
  /// What the optimizer of that name, which is next, has in this pass.
  std::vector<Tensor> state_of(const std::string& name, const Optimizer& optimizer,
                               const std::vector<WeightPtr>& weights) const;
  /// The model's own optimizer; throws InvalidArgument when it is not compiled.
  std::shared_ptr<const Optimizer> own_optimizer() const;

  /// Whether the norm of the gradients that each optimizer gets is logged, before any clipping.
  bool log_gradient_norm = false;
  /// Logs what is known only at the end of the step; call it once, after the step's own logs.
  void finish();

  Tensor total_loss(const std::vector<Tensor>& y_pred, std::vector<Tensor>* each);
  int64_t samples() const;
  /// What weights stand for at this point of the step. Throws InvalidArgument for a null pointer.
  std::vector<Tensor> values(const std::vector<WeightPtr>& weights) const;
  /// Weights as optimizers see them.
  static std::vector<Optimizer::Target> described(const std::vector<WeightPtr>& weights);

 private:
  void require_outputs(const std::vector<Tensor>& y_pred) const;
  std::vector<std::pair<std::string, Tensor>> norms_;  // names of logs, and scalars
  size_t next_log_ = 0;
  size_t next_optimizer_state_ = 0;
  UnknownObjects::Needed needed_;  // what predictions do without
};

/// New, unshared variables of an optimizer, under its paths.
std::vector<WeightPtr> optimizer_variables(const Optimizer& optimizer, const std::vector<WeightPtr>& targets);

}  // namespace lamina::detail
