// Losses of regression: errors squared, absolute, relative, logarithmic and by angle.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// mean(square(y_true - y_pred)) over the last axis (Keras: keras.losses.MeanSquaredError).
class MeanSquaredError : public PlainLoss {
 public:
  explicit MeanSquaredError(LossOptions options = {})
      : PlainLoss("MeanSquaredError", "mean_squared_error", TargetKind::kValues, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// mean(abs(y_true - y_pred)) over the last axis (Keras: keras.losses.MeanAbsoluteError).
class MeanAbsoluteError : public PlainLoss {
 public:
  explicit MeanAbsoluteError(LossOptions options = {})
      : PlainLoss("MeanAbsoluteError", "mean_absolute_error", TargetKind::kValues, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// 100 * mean(abs((y_true - y_pred) / y_true)) over the last axis, |y_true| taken as 1e-7 at least (Keras:
/// keras.losses.MeanAbsolutePercentageError).
class MeanAbsolutePercentageError : public PlainLoss {
 public:
  explicit MeanAbsolutePercentageError(LossOptions options = {})
      : PlainLoss("MeanAbsolutePercentageError", "mean_absolute_percentage_error", TargetKind::kValues,
                  std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// mean(square(log(y_true + 1) - log(y_pred + 1))) over the last axis, both taken as 1e-7 at least (Keras:
/// keras.losses.MeanSquaredLogarithmicError).
class MeanSquaredLogarithmicError : public PlainLoss {
 public:
  explicit MeanSquaredLogarithmicError(LossOptions options = {})
      : PlainLoss("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", TargetKind::kValues,
                  std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// mean(log(cosh(y_pred - y_true))) over the last axis (Keras: keras.losses.LogCosh).
class LogCosh : public PlainLoss {
 public:
  explicit LogCosh(LossOptions options = {})
      : PlainLoss("LogCosh", "log_cosh", TargetKind::kValues, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// Arguments of Huber.
struct HuberOptions {
  double delta = 1.0;                             ///< where squares become lines
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "huber_loss"
};

/// The mean over the last axis of e^2 / 2 where |e| <= delta, and of delta * |e| - delta^2 / 2 elsewhere, for
/// errors e = y_pred - y_true (Keras: keras.losses.Huber).
class Huber : public PlainLoss {
 public:
  explicit Huber(const HuberOptions& options = {});
  /// With `delta` where it is not 1: Keras leaves it out, but takes it.
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  double delta_;
};

/// Arguments of CosineSimilarity.
struct CosineSimilarityOptions {
  int axis = -1;                                  ///< along which vectors lie
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "cosine_similarity"
};

/// Minus the cosine of the angle between targets and predictions: -1 for the same direction, 1 for opposite
/// ones (Keras: keras.losses.CosineSimilarity). Vectors of length 0 give 0.
class CosineSimilarity : public PlainLoss {
 public:
  explicit CosineSimilarity(const CosineSimilarityOptions& options = {});
  /// With `axis` where it is not -1: Keras leaves it out, but takes it.
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  int axis_;
};

}  // namespace lamina
