// Trainer: training state as named groups of tensors, and the compiled steps on it. Internal header.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/graph/memory_pool.h"
#include "lamina/nn/detail/live_logs.h"
#include "lamina/nn/detail/objective.h"
#include "lamina/nn/detail/placement.h"
#include "lamina/nn/detail/step_trace.h"

namespace lamina::detail {

/// State while it is lent to a step, and where it comes from.
struct Lent {
  std::vector<Tensor> state;
  std::vector<Tensor*> owners;
};

/// Owns everything between layers and loops: which tensors are state, in which order, and the compiled
/// functions
///
///   train:   (weights, optimizers, logs, key; x, y, sample weights) -> the same, updated
///   test:    (stateful weights, logs; other weights, key, x, y, sample weights) -> the same, updated
///   predict: (stateful weights; other weights, x) -> the same, updated, and the outputs
///
/// State lives in the weights and is lent to a step while it runs, so that nobody else holds it and it can be
/// updated in place; a handle that a user has taken keeps the contents of its time. Steps are made for what
/// they need to know of data (names, ranks, dtypes), and compiled for each signature. All state is where the
/// weights are, and batches are brought there.
class Trainer {
 public:
  /// The model is built. `options` is what compile was given, or null before it (then only predict works);
  /// `trainable` says of layers whether they were trainable at compile.
  Trainer(const Model& model, const CompileOptions* options,
          std::shared_ptr<const std::map<const void*, bool>> trainable, uint64_t seed);

  /// What is known of batches like this one: losses and metrics are chosen, and targets checked. Throws
  /// InvalidArgument when they do not fit the model or each other.
  void prepare(const Model& model, const Batch& batch, bool training);
  /// Accumulators for batches like that one.
  LiveLogs make_logs(const Model& model, const Batch& batch, bool training);
  /// Looks at every target. Throws InvalidArgument for one that the loss cannot mean.
  void check_targets(const Model& model, const Batch& batch);

  /// Whether steps of training from now on log the norm of their gradients; what is compiled without it
  /// stays.
  void log_gradient_norm(bool wanted) { log_gradient_norm_ = wanted; }

  void train(const Model& model, const Batch& batch, LiveLogs& logs);
  void test(const Model& model, const Batch& batch, LiveLogs& logs);
  /// The outputs; several threads may ask at once unless the model has stateful weights.
  void predict(const Model& model, const std::vector<Tensor>& x, std::vector<Tensor>& outputs);

  /// Ends a training: weights become what their optimizers keep as averages of them, if they do.
  void take_averages();
  /// Creates the slots of the model's own optimizer, unless they exist.
  void build_optimizer();
  /// Names of logs, as far as they are known without data.
  std::vector<std::string> metric_names(const Model& model) const;
  std::optional<bool> higher_is_better(const Model& model, const std::string& metric) const;

  /// Of the model's own optimizer; the others' follow under their names.
  const std::vector<WeightPtr>& optimizer_state() const { return optimizer_state_; }
  const std::vector<NamedOptimizer>& other_optimizers() const { return others_; }
  bool optimizer_built() const { return optimizer_built_; }
  /// int64 {seed, counter}: the counter goes up by one a step.
  Tensor& key() { return key_; }
  const Tensor& key() const { return key_; }
  void seed(uint64_t seed);
  bool stateful() const { return !stateful_.empty(); }
  const std::vector<WeightPtr>& trainable() const { return trainable_; }

  /// The loss and its gradients by the trainable weights; nothing is changed.
  std::pair<Tensor, std::vector<Tensor>> value_and_grad(const Model& model, const Batch& batch,
                                                        bool training);

  Step::Statistics statistics() const;
  int programs() const;
  std::string train_graph(const Model& model, const Batch& batch);
  /// What a step costs for batches of these types; it is compiled and not run.
  Step::Statistics train_cost(const Model& model, const Batch& batch);
  Step::Statistics predict_cost(const Model& model, const Tensors& x);

 private:
  // Steps for batches of one kind.
  struct Kind {
    Batch like;  ///< stand-ins for a batch of this kind
    bool log_gradient_norm = false;
    std::unique_ptr<Objective> objective;
    TensorSpecs checked_targets;
    std::optional<LogLayout> train_layout, test_layout;
    std::vector<NamedOptimizer> optimizers;  // of the train step, in the order of use
    std::optional<Step> train, test;
  };
  Kind& kind_of(const Model& model, const Batch& batch);
  void learn(const Model& model, Kind& kind, const Batch& batch, bool training);
  void adopt_optimizers(Kind& kind, std::vector<NamedOptimizer> found);
  std::vector<Tensor> train_function(const Model& model, const Kind& kind,
                                     const std::vector<Tensor>& args) const;
  std::vector<Tensor> test_function(const Model& model, const Kind& kind,
                                    const std::vector<Tensor>& args) const;
  std::vector<Tensor> predict_function(const Model& model, const std::vector<Tensor>& args) const;
  CallContext context(bool training) const;
  /// Adds the batch, as it is on the device, to `to`; until the next one comes.
  void place(const Batch& batch, std::vector<Tensor>& to);
  TensorSpecs output_specs(const Model& model, const Batch& batch) const;
  Step& train_step(const Model& model, Kind& kind, const Batch& batch);
  Step& test_step(const Model& model, Kind& kind, const Batch& batch);
  /// Calls `look` with the step for such a batch, its state and its arguments.
  void with_train_step(
      const Model& model, const Batch& batch,
      const std::function<void(Step&, std::span<const Tensor>, std::span<const Tensor>)>& look);

  std::vector<WeightPtr> weights_, trainable_, stateful_,
      plain_;  // all; of them; of them; all but the stateful
  std::shared_ptr<const std::map<const void*, bool>> trainable_layers_;
  Device device_;  // of the weights, and of all other state
  Tensor key_;
  std::optional<CompileOptions> options_;
  std::shared_ptr<const Optimizer> optimizer_;
  std::vector<WeightPtr> optimizer_state_;
  std::vector<NamedOptimizer> others_;
  bool optimizer_built_ = false, log_gradient_norm_ = false;

  std::list<Kind> kinds_;
  const Kind* newest_ = nullptr;
  std::shared_ptr<MemoryPool> memory_ = std::make_shared<MemoryPool>();  // of all steps
  std::optional<Step> predict_;
  std::atomic<bool> by_values_{false};  // whether predictions cannot be traced
  std::vector<Tensor> nothing_;         // the outputs of steps that have none
  Placement placement_;
  Lent lent_;                      // to steps; kept for its capacity,
  std::vector<Tensor> arguments_;  // as are these
};

}  // namespace lamina::detail
