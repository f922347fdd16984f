// LossScaleOptimizer: another optimizer for float16, whose small gradients are kept from vanishing.
#pragma once

#include <cstdint>
#include <memory>

#include "lamina/nn/optimizers/optimizer.h"

namespace lamina {

/// Arguments of LossScaleOptimizer.
struct LossScaleOptions {
  double initial_scale = 32768;         ///< what the loss is multiplied by at first, positive
  int64_t dynamic_growth_steps = 2000;  ///< after so many steps without overflow the scale doubles, >= 1
  std::string name = "loss_scale_optimizer";
};

/// Multiplies the loss before gradients are taken, and divides these (Keras:
/// keras.optimizers.LossScaleOptimizer). A step whose gradients are not all finite changes nothing but the
/// scale, which halves; see also CompileOptions::auto_scale_loss. State: "iteration" and "learning_rate" of
/// its own, which nothing changes, "step_counter", "dynamic_scale", then that of the optimizer inside.
class LossScaleOptimizer final : public Optimizer {
 public:
  /// Throws InvalidArgument for an optimizer inside that is missing, scales losses itself or is one of these.
  explicit LossScaleOptimizer(Choice<Optimizer> inner_optimizer, LossScaleOptions options = {});
  std::string class_name() const override { return "LossScaleOptimizer"; }
  std::string name() const override { return options_.name; }
  Json config() const override;
  std::shared_ptr<const LearningRateSchedule> schedule() const override { return inner_->schedule(); }
  std::shared_ptr<const Optimizer> for_targets(std::span<const Target> targets) const override;
  size_t iteration_place() const override { return kOwn + inner_->iteration_place(); }
  std::optional<size_t> learning_rate_place() const override;
  std::vector<Variable> variables(std::span<const Target> targets) const override;
  Update update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                std::span<const Tensor> state) const override;
  Tensor dynamic_loss_scale(std::span<const Tensor> state) const override { return state[kScale]; }
  std::vector<Part> parts(std::span<const std::string> names) const override {
    return {{"inner_optimizer", kOwn, names.size()}};
  }
  std::vector<Tensor> averages(std::span<const Tensor> state, size_t weights) const override;
  Json serialize_at(double learning_rate) const override;

 private:
  static constexpr size_t kCounter = 2, kScale = 3, kOwn = 4;  // places in the state

  std::shared_ptr<const Optimizer> inner_;
  LossScaleOptions options_;
};

}  // namespace lamina
