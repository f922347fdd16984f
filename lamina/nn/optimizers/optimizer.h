// Optimizer: how gradients change weights.
#pragma once

#include <optional>
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
    Tensor value = {};  ///< what it holds now, where that is known
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

  /// Where an update goes by more than the weights' shapes, by their names: the optimizer for these weights,
  /// with the same state. Null: it needs no other.
  virtual std::shared_ptr<const Optimizer> for_targets(std::span<const Target> targets) const {
    (void)targets;
    return nullptr;
  }

  /// Where in variables() the count of iterations is, by which a schedule goes.
  virtual size_t iteration_place() const { return 0; }
  /// Where the learning rate is, unless there is a schedule; none: there are several.
  virtual std::optional<size_t> learning_rate_place() const { return 1; }

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
  /// The same where it is part of the state: gradients then come as they are, and update() divides them.
  /// Undefined: loss_scale() counts.
  virtual Tensor dynamic_loss_scale(std::span<const Tensor> state) const {
    (void)state;
    return {};
  }

  /// A run of the state that Keras's files hold a second time, as that of an optimizer inside.
  struct Part {
    std::string path;  ///< "inner_optimizer"
    size_t first = 0, end = 0;
  };
  /// Those among tensors of state of these names.
  virtual std::vector<Part> parts(std::span<const std::string> names) const {
    (void)names;
    return {};
  }

  /// What the weights become when a training ends, from the state of `weights` many of them; empty: they stay
  /// as they are, and so does one whose tensor is undefined.
  virtual std::vector<Tensor> averages(std::span<const Tensor> state, size_t weights) const {
    (void)state, (void)weights;
    return {};
  }

  /// The object as Keras writes it, in module "keras.optimizers".
  Json serialize() const { return serialize_object("keras.optimizers", class_name(), config()); }
  /// The same with another learning rate than it was made with.
  virtual Json serialize_at(double learning_rate) const {
    Json json = serialize();
    json["config"]["learning_rate"] = learning_rate;
    return json;
  }
};

}  // namespace lamina
