// Cross-entropy losses: categorical, sparse categorical, binary.
#pragma once

#include <optional>

#include "lamina/nn/losses/loss.h"

namespace lamina {

/// Arguments of CategoricalCrossentropy and BinaryCrossentropy.
struct CrossentropyOptions {
  bool from_logits = false;      ///< predictions are logits and not probabilities
  double label_smoothing = 0.0;  ///< in [0, 1]: the share of a target that is spread evenly over the classes
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: the class in snake case
  int axis = -1;  ///< along which classes lie, of BinaryCrossentropy the one averaged over; in -rank .. rank - 1
};

/// -sum(y_true * log(y_pred)) over `axis`, for one-hot or soft targets of the shape of the predictions
/// (Keras: keras.losses.CategoricalCrossentropy). Probabilities are first divided by their sum and clipped to
/// [1e-7, 1 - 1e-7]. With label_smoothing, the number of classes is the last extent whatever `axis` says, as
/// in Keras.
class CategoricalCrossentropy : public Loss {
 public:
  explicit CategoricalCrossentropy(CrossentropyOptions options = {});
  std::string class_name() const override { return "CategoricalCrossentropy"; }
  TargetKind target_kind() const override { return TargetKind::kClassRows; }
  std::string name() const override { return options_.name; }
  std::string reduction() const override { return options_.reduction; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  CrossentropyOptions options_;
};

/// Arguments of SparseCategoricalCrossentropy.
struct SparseCrossentropyOptions {
  bool from_logits = false;                       ///< predictions are logits and not probabilities
  std::optional<int64_t> ignore_class = {};       ///< targets of this class count for nothing (-1, 255)
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: the class in snake case
  int axis = -1;                                  ///< along which classes lie, in -rank .. rank - 1
};

/// The same for targets that are class indices: integers of the predictions' shape without `axis`, or with 1
/// there (Keras: keras.losses.SparseCategoricalCrossentropy, which knows other axes than the last one on JAX and
/// PyTorch alone).
class SparseCategoricalCrossentropy : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(SparseCrossentropyOptions options = {});
  std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  TargetKind target_kind() const override { return TargetKind::kClassNumbers; }
  std::string name() const override { return options_.name; }
  std::string reduction() const override { return options_.reduction; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
  Tensor counting(const Tensor& y_true, const Tensor& values) const override;
  /// Throws InvalidArgument for the first label that is not an integer in 0 .. classes - 1.
  void check_targets(const Tensor& y_true, const Shape& output) const override;

 private:
  SparseCrossentropyOptions options_;
};

/// -(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred)), averaged over `axis`, for targets 0 and 1
/// of the shape of the predictions (Keras: keras.losses.BinaryCrossentropy). Probabilities are clipped to
/// [1e-7, 1 - 1e-7].
class BinaryCrossentropy : public Loss {
 public:
  explicit BinaryCrossentropy(CrossentropyOptions options = {});
  std::string class_name() const override { return "BinaryCrossentropy"; }
  TargetKind target_kind() const override { return TargetKind::kYesNo; }
  std::string name() const override { return options_.name; }
  std::string reduction() const override { return options_.reduction; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  CrossentropyOptions options_;
};

}  // namespace lamina
