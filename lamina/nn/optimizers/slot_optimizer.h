// SlotOptimizer: what all optimizers with per-weight state share. A new optimizer gives its slots and one
// equation.
#pragma once

#include <cstdint>
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
  bool use_ema;  ///< whether decaying means of the weights are kept; fit ends by making them the weights
  double ema_momentum;  ///< decay of those means, in [0, 1]
  std::optional<int64_t>
      ema_overwrite_frequency;  ///< after how many updates they become the weights, too; >= 1
  /// What the loss is multiplied by before gradients are taken, and these divided by: keeps small ones of
  /// float16 from vanishing. Positive.
  std::optional<double> loss_scale_factor;
  std::optional<int64_t> gradient_accumulation_steps;  ///< batches whose mean gradient makes one update; >= 2
  bool decays_vectors = true;  ///< whether weight_decay is also of weights of fewer than two axes
};

/// Base of optimizers that keep tensors of the shape of each weight ("slots"), handle weight decay, clipping,
/// averages of weights and accumulation of gradients as Keras does, and change each weight by its own
/// gradient alone.
class SlotOptimizer : public Optimizer {
 public:
  std::string name() const override { return arguments_.name; }
  std::shared_ptr<const LearningRateSchedule> schedule() const override {
    return arguments_.learning_rate.schedule();
  }
  double loss_scale() const override { return arguments_.loss_scale_factor.value_or(1.0); }
  std::vector<Variable> variables(std::span<const Target> targets) const override;
  Update update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                std::span<const Tensor> state) const override;
  std::vector<Tensor> averages(std::span<const Tensor> state, size_t weights) const override;

 protected:
  /// A tensor of the shape and dtype of each weight, unless it has its own.
  struct Slot {
    Slot(const char* name, double initial = 0.0) : name(name), initial(initial) {}
    const char* name;               ///< behind the weight's path
    double initial;                 ///< of all its elements
    bool begins_as_weight = false;  ///< it begins as the weight is
    std::optional<Shape> shape = {};
    std::optional<DType> dtype = {};
  };

  /// Throws InvalidArgument, naming class and argument, for values that cannot be.
  SlotOptimizer(const std::string& class_name, OptimizerArguments arguments);

  /// Scalars of one step, computed once and shared by all weights.
  using Scalars = std::vector<Tensor>;

  /// The slots of a weight in groups: Keras creates those of the first group for each weight in turn, then
  /// those of the second group, and so on.
  virtual std::vector<std::vector<Slot>> slot_groups() const = 0;
  /// The same for one weight, the `index`-th, where they differ from weight to weight; as many groups for
  /// each. In an update the path of `target` is empty.
  virtual std::vector<std::vector<Slot>> slots_of(const Target& target, size_t index) const;
  /// By how much the `index`-th weight decays.
  virtual std::optional<double> decay_of(const TensorType& type, size_t index) const;
  /// State that all weights share, after all slots; `dtype` is that of the first weight.
  virtual std::vector<Variable> shared_variables(DType dtype) const;
  /// What all weights need of learning rate and step number (1 for the first step), float32 scalars both.
  /// Replaces `shared`, the state that all weights share, by what it is after the step.
  virtual Scalars scalars(const Tensor& learning_rate, const Tensor& step, std::vector<Tensor>& shared) const;
  /// New weight, followed by its new slots in the order of slot_groups.
  virtual std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient,
                                   const std::vector<Tensor>& slots, const Scalars& scalars) const = 0;

  /// The configuration up to and including "gradient_accumulation_steps", as Keras orders it.
  Json common_config() const;
  const OptimizerArguments& arguments() const { return arguments_; }

 private:
  struct Layout {
    std::vector<std::vector<size_t>> places;  ///< in the state, of the slots of each weight
    size_t end = 0;                           ///< of all slots
  };
  std::vector<std::vector<Slot>> all_slots_of(const Target& target, size_t index) const;
  Layout layout(std::span<const Tensor> weights) const;
  std::vector<Tensor> clip(std::span<const Tensor> gradients) const;

  OptimizerArguments arguments_;
};

}  // namespace lamina
