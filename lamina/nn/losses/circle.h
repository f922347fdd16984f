// Circle loss, for embeddings.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// Arguments of Circle.
struct CircleOptions {
  double gamma = 80.0;          ///< by what similarities are multiplied
  double margin = 0.4;          ///< how far pairs of one class may be apart, and others must be
  bool remove_diagonal = true;  ///< whether a sample is no pair of itself
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "circle"
};

/// Draws the embeddings of a class together and those of others apart, each pair by how far it is off (Sun et
/// al., 2020; Keras: keras.losses.Circle). Targets are class numbers (batch,) or (batch, 1), predictions
/// embeddings (batch, dim) of length 1. Samples without a pair of their class count for nothing.
class Circle : public PlainLoss {
 public:
  explicit Circle(const CircleOptions& options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
  Tensor counting(const Tensor& y_true, const Tensor& values) const override;

 private:
  double gamma_, margin_;
  bool remove_diagonal_;
};

}  // namespace lamina
