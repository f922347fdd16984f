// SlotOptimizer: what all optimizers with per-weight state share. A new optimizer gives its slots and one
// equation.
#pragma once

#include <optional>

#include "lamina/nn/optimizers/optimizer.h"

namespace lamina {

/// Arguments that every optimizer takes. At most one of the three ways to clip may be given.
struct OptimizerArguments {
  std::string name;
  LearningRate learning_rate;
  std::optional<double> weight_decay;     ///< each step first subtracts weight * weight_decay * learning_rate
  std::optional<double> clipnorm;         ///< upper bound of the norm of each gradient
  std::optional<double> clipvalue;        ///< bound of the absolute value of each element of a gradient
  std::optional<double> global_clipnorm;  ///< upper bound of the norm of all gradients together
  bool decays_vectors = true;             ///< whether weight_decay is also of weights of fewer than two axes
};

/// Base of optimizers that keep tensors of the shape of each weight ("slots"), handle weight decay and
/// clipping as Keras does, and change each weight by its own gradient alone.
class SlotOptimizer : public Optimizer {
 public:
  std::string name() const override { return arguments_.name; }
  std::shared_ptr<const LearningRateSchedule> schedule() const override {
    return arguments_.learning_rate.schedule();
  }
  std::vector<Variable> variables(std::span<const Target> targets) const override;
  Update update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                std::span<const Tensor> state) const override;

 protected:
  /// Throws InvalidArgument, naming class and argument, for values that cannot be.
  SlotOptimizer(const std::string& class_name, OptimizerArguments arguments);

  /// Scalars of one step, computed once and shared by all weights.
  using Scalars = std::vector<Tensor>;

  /// The slots of a weight in groups: Keras creates those of the first group for each weight in turn, then
  /// those of the second group, and so on.
  virtual std::vector<std::vector<std::string>> slot_groups() const = 0;
  /// What all weights need of learning rate and step number (1 for the first step), float32 scalars both.
  virtual Scalars scalars(const Tensor& learning_rate, const Tensor& step) const;
  /// New weight, followed by its new slots in the order of slot_groups.
  virtual std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient,
                                   const std::vector<Tensor>& slots, const Scalars& scalars) const = 0;

  /// The configuration up to and including "gradient_accumulation_steps", as Keras orders it.
  Json common_config() const;

 private:
  std::vector<Tensor> clip(std::span<const Tensor> gradients) const;

  OptimizerArguments arguments_;
};

}  // namespace lamina
