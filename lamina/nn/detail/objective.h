// Objective: what compile's losses and metrics mean for certain targets and outputs. Internal header.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/logs.h"
#include "lamina/nn/model_options.h"
#include "lamina/nn/tensor_spec.h"

namespace lamina::detail {

/// Losses and metrics of each output, resolved. Immutable.
class Objective {
 public:
  /// One metric that is logged.
  struct Tracked {
    std::string name;  ///< in logs
    std::shared_ptr<const Metric> metric;
    size_t output = 0;
    bool weighted = false;
  };

  /// Targets and outputs with their open extents. Throws InvalidArgument when targets, losses and outputs do
  /// not fit each other.
  Objective(const CompileOptions& options, const std::vector<std::string>& outputs,
            const TensorSpecs& targets, const TensorSpecs& predictions);

  /// The sum of the outputs' losses, each multiplied by its weight; undefined when no output has one.
  /// `weights`: none, one for all outputs, or one for each. The losses of single outputs go to `each`, if
  /// wanted.
  Tensor loss(const std::vector<Tensor>& y_true, const std::vector<Tensor>& y_pred,
              const std::vector<Tensor>& weights, std::vector<Tensor>* each = nullptr) const;

  size_t num_outputs() const { return outputs_.size(); }
  bool has_loss() const { return num_losses_ > 0; }
  /// Logged beside the loss: losses of single outputs where there are several, then the metrics.
  size_t num_each() const { return num_losses_ > 1 ? num_losses_ : 0; }
  std::vector<std::string> each_names() const;
  const std::vector<Tracked>& metrics() const { return metrics_; }
  /// Accumulators of all metrics after one more batch.
  std::vector<Tensor> update(std::span<const Tensor> state, const std::vector<Tensor>& y_true,
                             const std::vector<Tensor>& y_pred, const std::vector<Tensor>& weights) const;

  /// Throws InvalidArgument for targets that a loss cannot mean, looking at every one.
  void check_targets(const std::vector<Tensor>& y_true, const TensorSpecs& predictions) const;
  /// Throws InvalidArgument, before anything is computed, for shapes that loss or metrics cannot compare.
  void check_shapes(const TensorSpecs& targets, const TensorSpecs& predictions) const;

  /// Names of loss and metrics in logs, without targets: those of "accuracy" are known by what the user
  /// wrote.
  static std::vector<std::string> names(const CompileOptions& options,
                                        const std::vector<std::string>& outputs);

 private:
  struct Output {
    std::string name;
    std::shared_ptr<const Loss> loss;  ///< null: none
    double weight = 1;
    std::optional<size_t> target;  ///< its place among the targets
  };
  const Tensor* target_of(size_t output, const std::vector<Tensor>& y_true) const;

  std::vector<Output> outputs_;
  size_t num_losses_ = 0;
  std::vector<Tracked> metrics_;
};

}  // namespace lamina::detail
