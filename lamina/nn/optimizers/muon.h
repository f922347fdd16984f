// Muon.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Muon; the ones at the end are explained in OptimizerArguments.
struct MuonOptions {
  LearningRate learning_rate = 0.001;               ///< a number or a schedule
  double adam_beta_1 = 0.9;                         ///< of the weights that Adam changes, in [0, 1)
  double adam_beta_2 = 0.999;                       ///< of the weights that Adam changes, in [0, 1)
  std::optional<double> adam_weight_decay = 0.004;  ///< weight_decay of the weights that Adam changes
  double epsilon = 1e-7;                            ///< of the weights that Adam changes, >= 0
  std::vector<std::string> exclude_layers =
      {};                          ///< texts: Adam changes weights with one of them in their path
  bool exclude_embeddings = true;  ///< whether Adam changes weights with "embedding" in their path
  double muon_a = 3.4445, muon_b = -4.7750,
         muon_c = 2.0315;                ///< of the polynomial by which steps become orthogonal
  double adam_lr_ratio = 1;              ///< what Adam's rate is multiplied by
  double momentum = 0.95;                ///< decay of the sum of gradients, in [0, 1]
  int64_t ns_steps = 5;                  ///< how often that polynomial is applied, 0 to 100
  bool nesterov = true;                  ///< whether steps look one gradient ahead
  std::optional<double> rms_rate = 0.2;  ///< size of a step's elements, relative to the rate
  std::optional<double> weight_decay = 0.004;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "muon";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Steps of matrices made orthogonal (Jordan et al., 2024; Keras: keras.optimizers.Muon): weights of two axes
/// move along the nearest orthogonal matrix of the sum of their gradients; all others, and embeddings, by
/// Adam.
class Muon : public SlotOptimizer {
 public:
  /// Throws Unsupported for exclude_layers that are regular expressions.
  explicit Muon(MuonOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Muon(LearningRate learning_rate, MuonOptions options = {});
  std::string class_name() const override { return "Muon"; }
  Json config() const override;
  std::shared_ptr<const Optimizer> for_targets(std::span<const Target> targets) const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override { return {{"momentum"}}; }
  std::vector<std::vector<Slot>> slots_of(const Target& target, size_t index) const override;
  std::optional<double> decay_of(const TensorType& type, size_t index) const override;
  Scalars scalars(const Tensor& learning_rate, const Tensor& step,
                  std::vector<Tensor>& shared) const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  bool by_adam(const Target& target) const;
  Tensor orthogonal(const Tensor& x) const;

  MuonOptions options_;
  std::vector<bool>
      adams_;  ///< of the weights that it is for, whether Adam changes them; empty: by their shapes
};

}  // namespace lamina
