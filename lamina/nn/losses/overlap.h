// Losses of overlap, for segmentation: Dice and Tversky.
#pragma once

#include <optional>
#include <vector>

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// Axes over which an overlap is taken: absent, all of them, which leaves one number.
using OverlapAxes = std::optional<std::vector<int>>;

/// Arguments of Dice.
struct DiceOptions {
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "dice"
  OverlapAxes axis = {};                          ///< {1, 2, 3}: one value for each image
};

/// 1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred)) (Keras: keras.losses.Dice).
class Dice : public PlainLoss {
 public:
  explicit Dice(DiceOptions options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  OverlapAxes axis_;
};

/// Arguments of Tversky.
struct TverskyOptions {
  double alpha = 0.5;                             ///< weight of what is there and not predicted
  double beta = 0.5;                              ///< weight of what is predicted and not there
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "tversky"
  OverlapAxes axis = {};                          ///< as in Dice
};

/// 1 - both / (both + alpha * missed + beta * wrong), where both is sum(y_true * y_pred) (Keras:
/// keras.losses.Tversky). Keras's documentation has alpha and beta the other way around from what it
/// computes.
class Tversky : public PlainLoss {
 public:
  explicit Tversky(TverskyOptions options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  double alpha_, beta_;
  OverlapAxes axis_;
};

}  // namespace lamina
