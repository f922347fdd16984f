// Trainer: training state as named groups of tensors, and the compiled steps on it. Internal header.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/nn/callbacks/logs.h"
#include "lamina/nn/layer.h"
#include "lamina/nn/model_options.h"

namespace lamina::detail {

/// Loss and metrics so far, read from their accumulators when looked at.
class LiveLogs final : public Logs::Source {
 public:
  void reset(std::vector<std::shared_ptr<const Metric>> metrics, std::vector<std::string> names);
  /// The accumulators: total and count of the loss, then those of the metrics in order.
  std::vector<Tensor> state;
  /// Sets all accumulators to zero.
  void clear();

  size_t size() const override { return names_.size(); }
  const std::string& name(size_t index) const override { return names_[index]; }
  double value(size_t index) const override;
  /// The mean loss so far; NaN or infinite as soon as one loss was.
  double loss() const { return value(0); }

 private:
  std::vector<std::shared_ptr<const Metric>> metrics_;
  std::vector<std::string> names_;
  std::vector<size_t> offsets_;
};

/// Owns everything between layers and loops: which tensors are state, in which order, and the compiled
/// functions
///
///   train: (trainable, non-trainable, optimizer, metrics, key; x, y) -> the same, updated
///   test:  (metrics; trainable, non-trainable, x, y) -> the metrics, updated
///   predict: (x) -> outputs
///
/// The state's buffers are those of the layers' weights, overwritten in place by every step.
class Trainer {
 public:
  /// The layers are built. `options` is what compile was given, or null before it (then only predict works).
  Trainer(std::vector<std::shared_ptr<Layer>> layers, const CompileOptions* options, uint64_t seed);

  /// Chooses loss and metrics for such targets and for predictions of that shape (batch -1). Does nothing
  /// when the shapes are the same as before. Throws InvalidArgument when they do not fit each other.
  void prepare(const Tensor& y, const Shape& output);
  /// Throws InvalidArgument, before anything is computed, for targets that the chosen loss or a metric cannot
  /// compare with predictions of that shape.
  void check_shapes(const Tensor& y, const Shape& output) const;
  /// Creates the optimizer's slots, unless they exist.
  void build_optimizer();

  void train(const Tensor& x, const Tensor& y);
  void test(const Tensor& x, const Tensor& y);
  /// The outputs; overwritten by the next call with the same signature.
  const Tensor& predict(const Tensor& x);

  const Loss& loss() const { return *loss_; }
  const LiveLogs& train_logs() const { return train_logs_; }
  LiveLogs& train_logs() { return train_logs_; }
  LiveLogs& test_logs() { return test_logs_; }
  /// Loss and metrics by name; names that were given may not be resolved yet.
  std::vector<std::string> metric_names() const;
  std::optional<bool> higher_is_better(const std::string& metric) const;

  const std::vector<WeightPtr>& optimizer_state() const { return optimizer_state_; }
  bool optimizer_built() const { return optimizer_built_; }
  const std::shared_ptr<const Optimizer>& optimizer() const { return optimizer_; }
  /// int64 {seed, counter}: the counter goes up by one a step.
  Tensor& key() { return key_; }
  const Tensor& key() const { return key_; }
  void seed(uint64_t seed);

  /// Drops prepared predictions, because weights change.
  void weights_changed() { predict_.reset(); }

  Step::Statistics statistics() const;
  std::string train_graph(const Tensor& x, const Tensor& y);

 private:
  Tensor forward(Tensor x, CallContext& context) const;
  /// Calls `visit` with every tensor of the train step's state, in its order.
  template <class Visit>
  void for_each_state(Visit&& visit);
  // The steps are made when first needed: evaluating creates no slots of the optimizer.
  Step& train_step();
  Step& test_step();
  std::vector<Tensor> train_function(const std::vector<Tensor>& args) const;
  std::vector<Tensor> test_function(const std::vector<Tensor>& args) const;
  std::vector<Tensor> updated_metrics(std::span<const Tensor> state, const Tensor& loss, const Tensor& y_true,
                                      const Tensor& y_pred) const;

  std::vector<std::shared_ptr<Layer>> layers_;
  std::vector<WeightPtr> trainable_, frozen_;
  Tensor key_;

  std::shared_ptr<const Optimizer> optimizer_;
  std::vector<WeightPtr> optimizer_state_;
  bool optimizer_built_ = false;
  Choice<Loss> chosen_loss_;
  std::vector<Choice<Metric>> chosen_metrics_;
  std::shared_ptr<const Loss> loss_;
  std::vector<std::shared_ptr<const Metric>> metrics_;
  Shape y_shape_, output_shape_;
  LiveLogs train_logs_, test_logs_;

  std::shared_ptr<MemoryPool> memory_ = std::make_shared<MemoryPool>();  // of all steps
  std::optional<Step> train_, test_, predict_;
  // Room for the tensors of one call, which lie with their owners in between: a step writes over what it
  // alone holds.
  std::vector<Tensor> state_, test_args_;
  std::vector<Tensor> predictions_;
};

}  // namespace lamina::detail
