// ArcFace: a cross-entropy that asks classes to lie an angle apart.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// Arguments of ArcFace.
struct ArcFaceOptions {
  double margin =
      0.5;  ///< in radians, from 0 to below pi / 2: by how much the angle to the right class is made larger
  double scale = 64;  ///< above 0: what cosines are multiplied with to become logits
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: "arc_face"
};

/// The cross-entropy of softmax(scale * c), where c are cosines between a sample and its classes and that of
/// the right class, cos(t), is taken for cos(t + margin): samples have to lie nearer to their class than to
/// any other by that angle (J. Deng, J. Guo, N. Xue and S. Zafeiriou, "ArcFace: Additive Angular Margin Loss
/// for Deep Face Recognition", 2019, arXiv 1801.07698). Beyond t = pi - margin, where that would rise again,
/// it goes on as cos(t) - margin * sin(margin), as in the authors' program. Lamina's own; Keras does not have
/// it.
///
/// Targets are class numbers (batch,) or (batch, 1), predictions cosines (batch, classes), others are cut at
/// -1 and 1:
///
///   UnitNormalization(), Dense(classes, {.use_bias = false, .kernel_constraint = "unit_norm"})
class ArcFace : public PlainLoss {
 public:
  /// Throws InvalidArgument for arguments out of range.
  explicit ArcFace(const ArcFaceOptions& options = {});
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
  /// Throws InvalidArgument for the first label that is not an integer in 0 .. classes - 1.
  void check_targets(const Tensor& y_true, const Shape& output) const override;

 private:
  double margin_, scale_;
};

}  // namespace lamina
