// Optimizer: how gradients change weights.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all optimizers (Keras: keras.optimizers.Optimizer). The object holds configuration only; iteration
/// count, learning rate and slots are tensors that the caller keeps, so that an update is a pure function.
class Optimizer {
 public:
  static constexpr const char* kKind = "optimizer";

  /// A trainable weight as the optimizer sees it.
  struct Target {
    std::string path;  ///< "sequential/dense/kernel"
    TensorType type;
  };
  /// One tensor of optimizer state and its first value.
  struct Variable {
    std::string name;  ///< as in Keras: "iteration", "learning_rate", "sequential_dense_kernel_momentum"
    Tensor initial;
  };
  /// What an update gives.
  struct Update {
    std::vector<Tensor> weights;  ///< new weights, in the order of the targets
    std::vector<Tensor> state;    ///< new state, in the order of variables()
  };

  virtual ~Optimizer() = default;

  /// Keras's class name: "Adam".
  virtual std::string class_name() const = 0;
  /// "adam", unless the user gave another.
  virtual std::string name() const = 0;
  /// Keras's configuration.
  virtual Json config() const = 0;

  /// What the learning rate follows; null when it is a variable.
  virtual std::shared_ptr<const LearningRateSchedule> schedule() const { return nullptr; }

  /// The state for these weights, in Keras's order: "iteration" (int64 scalar), "learning_rate" (float32
  /// scalar) unless there is a schedule, then the slots. With no targets: the state of an optimizer that is
  /// not built yet.
  virtual std::vector<Variable> variables(std::span<const Target> targets) const = 0;

  /// New weights and state from gradients; pure, and traced into the compiled step. `state` is in the order
  /// of variables(), so state[0] counts iterations and, without a schedule, state[1] is the learning rate.
  virtual Update update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                        std::span<const Tensor> state) const = 0;

  /// What a loss is multiplied by before its gradients are taken, and these divided by; 1: nothing.
  virtual double loss_scale() const { return 1.0; }

  /// What the weights become when a training ends, from the state of `weights` many of them; empty: they stay
  /// as they are.
  virtual std::vector<Tensor> averages(std::span<const Tensor> state, size_t weights) const {
    (void)state, (void)weights;
    return {};
  }

  /// The object as Keras writes it, in module "keras.optimizers".
  Json serialize() const { return serialize_object("keras.optimizers", class_name(), config()); }
};

}  // namespace lamina
