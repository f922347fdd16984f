// Connectionist temporal classification.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// Minus the logarithm of the probability that the predictions spell the target, however its symbols are
/// spread over time (Graves et al., 2006; Keras: keras.losses.CTC). Predictions are logits (batch, time,
/// classes), of which class 0 is the blank; targets are integers (batch, length), filled up with zeros. A
/// target that does not fit into the time has an infinite loss.
class CTC : public PlainLoss {
 public:
  explicit CTC(LossOptions options = {}) : PlainLoss("CTC", "ctc", TargetKind::kValues, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

}  // namespace lamina
