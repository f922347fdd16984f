// MultiOptimizer: several optimizers, each for some of a model's weights.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/optimizers/optimizer.h"

namespace lamina {

/// Which optimizer changes which weights (Keras: keras.optimizers.OptimizerMap). A key is a weight's path
/// ("sequential/dense/kernel") or a regular expression of whole paths ("encoder/.*"; Perl's, of which
/// Python's differ in what names hardly need). A path counts before expressions. A key that
/// begins with ".*" also counts where Keras has loaded the model: its paths then lack the model's name.
struct OptimizerMap {
  Choice<Optimizer> default_optimizer;  ///< of weights that no key names
  std::vector<std::pair<std::string, Choice<Optimizer>>> optimizer_map = {};
};

/// Options of MultiOptimizer.
struct MultiOptimizerOptions {
  /// What the loss is multiplied by before gradients are taken, and these divided by; positive. As in Keras
  /// it counts in place of those of the optimizers inside.
  std::optional<double> loss_scale_factor = {};
  std::string name = "multi_optimizer";
};

/// Several optimizers, each with its learning rate, state and count of steps, for the weights that the map
/// gives it (Keras: keras.optimizers.MultiOptimizer): a small rate for what was trained elsewhere and a
/// larger one for a new head. What clips by all gradients together clips by those of its own weights.
///
/// State: "iteration" and "learning_rate" of its own, of which the latter means nothing, then those of the
/// optimizers in the order of the map, the default last; an object that stands under several keys is one.
/// Model::learning_rate and callbacks that set it refuse it, for there are several.
class MultiOptimizer final : public Optimizer {
 public:
  /// Throws InvalidArgument without a default, for an optimizer inside that is one of these or a
  /// LossScaleOptimizer, a key that stands there twice or is no regular expression, and a loss_scale_factor
  /// that is not positive.
  explicit MultiOptimizer(OptimizerMap optimizer_map, MultiOptimizerOptions options = {});
  std::string class_name() const override { return "MultiOptimizer"; }
  std::string name() const override { return options_.name; }
  Json config() const override;
  /// Throws InvalidArgument for a weight that several expressions name. Warns of a key that names none.
  std::shared_ptr<const Optimizer> for_targets(std::span<const Target> targets) const override;
  std::optional<size_t> learning_rate_place() const override { return std::nullopt; }
  std::vector<Variable> variables(std::span<const Target> targets) const override;
  Update update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                std::span<const Tensor> state) const override;
  double loss_scale() const override { return options_.loss_scale_factor.value_or(1.0); }
  std::vector<Part> parts(std::span<const std::string> names) const override;
  std::vector<Tensor> averages(std::span<const Tensor> state, size_t weights) const override;
  /// Those inside, in the order of their state.
  const std::vector<std::shared_ptr<const Optimizer>>& optimizers() const { return inside_; }

 private:
  /// An optimizer with the places of its weights among all and of its state.
  struct Share {
    std::shared_ptr<const Optimizer> optimizer;
    std::vector<size_t> weights;
    size_t first = 0, end = 0;
  };

  /// What the names of its optimizers' state begin with.
  std::string prefix(size_t place) const {
    return inside_[place]->name() + "_" + std::to_string(place) + "/";
  }
  std::vector<std::vector<size_t>> weights_of_each(std::span<const Target> targets) const;
  const std::vector<Share>& shares() const;

  OptimizerMap map_;
  MultiOptimizerOptions options_;
  std::vector<std::shared_ptr<const Optimizer>> inside_;
  std::vector<size_t> places_;  ///< in inside_, of each key's optimizer and then of the default
  std::vector<Share> shares_;   ///< once it is for some weights
};

}  // namespace lamina
