// Cross-entropies that look less at what is right already: focal ones and the generalized one.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// Arguments of CategoricalFocalCrossentropy.
struct CategoricalFocalOptions {
  std::vector<double> alpha = {0.25};  ///< weight of all classes, or one for each
  double gamma = 2.0;                  ///< how much less: (1 - probability of the class) to this power
  bool from_logits = false;            ///< predictions are logits and not probabilities
  double label_smoothing = 0.0;        ///< in [0, 1]: the share of a target that is spread over the classes
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: the class in snake case
  int axis = -1;                                  ///< over which values are taken together, in -rank .. rank - 1
};

/// -sum(alpha * (1 - y_pred)^gamma * y_true * log(y_pred)) over `axis` (Keras:
/// keras.losses.CategoricalFocalCrossentropy). Probabilities are first divided by their sum and clipped to
/// [1e-7, 1 - 1e-7]. As in Keras, several alphas and label_smoothing go by the last axis whatever `axis` says.
class CategoricalFocalCrossentropy : public PlainLoss {
 public:
  explicit CategoricalFocalCrossentropy(CategoricalFocalOptions options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  CategoricalFocalOptions options_;
};

/// Arguments of BinaryFocalCrossentropy.
struct BinaryFocalOptions {
  bool apply_class_balancing = false;  ///< whether alpha weights ones, and 1 - alpha zeros
  double alpha = 0.25;                 ///< that weight
  double gamma = 2.0;                  ///< how much less: (1 - probability of the target) to this power
  bool from_logits = false;            ///< predictions are logits and not probabilities
  double label_smoothing = 0.0;        ///< in [0, 1]: how far targets are moved towards 0.5
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: the class in snake case
  int axis = -1;                                  ///< over which values are taken together, in -rank .. rank - 1
};

/// The binary cross-entropy times (1 - probability of the target)^gamma, averaged over `axis` (Keras:
/// keras.losses.BinaryFocalCrossentropy).
class BinaryFocalCrossentropy : public PlainLoss {
 public:
  explicit BinaryFocalCrossentropy(BinaryFocalOptions options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  BinaryFocalOptions options_;
};

/// Arguments of CategoricalGeneralizedCrossEntropy.
struct GeneralizedCrossEntropyOptions {
  double q = 0.5;  ///< in (0, 1): towards 0 the cross-entropy, towards 1 the absolute error
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "categorical_generalized_cross_entropy"
};

/// (1 - p^q) / q for the probability p of the right class, for targets that are class indices (Zhang and
/// Sabuncu, 2018; Keras: keras.losses.CategoricalGeneralizedCrossEntropy).
class CategoricalGeneralizedCrossEntropy : public PlainLoss {
 public:
  explicit CategoricalGeneralizedCrossEntropy(const GeneralizedCrossEntropyOptions& options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
  /// Throws InvalidArgument for the first label that is not an integer in 0 .. classes - 1.
  void check_targets(const Tensor& y_true, const Shape& output) const override;

 private:
  double q_;
};

}  // namespace lamina
