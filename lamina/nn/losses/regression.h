// Losses of regression: mean squared and mean absolute error.
#pragma once

#include "lamina/nn/losses/loss.h"

namespace lamina {

/// Arguments of the losses of regression.
struct RegressionOptions {
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: the class in snake case
};

/// mean(square(y_true - y_pred)) over the last axis (Keras: keras.losses.MeanSquaredError).
class MeanSquaredError : public Loss {
 public:
  explicit MeanSquaredError(RegressionOptions options = {});
  std::string class_name() const override { return "MeanSquaredError"; }
  TargetKind target_kind() const override { return TargetKind::kValues; }
  std::string name() const override { return options_.name; }
  std::string reduction() const override { return options_.reduction; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  RegressionOptions options_;
};

/// mean(abs(y_true - y_pred)) over the last axis (Keras: keras.losses.MeanAbsoluteError).
class MeanAbsoluteError : public Loss {
 public:
  explicit MeanAbsoluteError(RegressionOptions options = {});
  std::string class_name() const override { return "MeanAbsoluteError"; }
  TargetKind target_kind() const override { return TargetKind::kValues; }
  std::string name() const override { return options_.name; }
  std::string reduction() const override { return options_.reduction; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  RegressionOptions options_;
};

}  // namespace lamina
