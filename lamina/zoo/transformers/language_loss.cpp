// Label smoothing costs a mean over the logits more, and no second softmax.
#include "lamina/zoo/transformers/language_loss.h"

#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax_cross_entropy.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

struct Counted {
  Tensor labels;  // 0 for those that do not count
  Tensor counts;  // bool
  Tensor mean_of(const Tensor& values) const {
    const Tensor weights = cast(counts, values.dtype());
    return sum(values * weights) / maximum(sum(weights), 1.0);
  }
};

Counted counted(const Tensor& labels) {
  const Tensor counts = not_equal(labels, static_cast<double>(kIgnoredLabel));
  return {where(counts, labels, 0.0), counts};
}

/// What is computed with: float32 at least.
Tensor scores_of(const Tensor& logits) {
  return logits.dtype() == DType::kFloat64 ? logits : cast(logits, DType::kFloat32);
}

}  // namespace

Tensor language_loss(const Tensor& labels, const Tensor& logits, double label_smoothing) {
  const Counted counts = counted(labels);
  const Tensor scores = scores_of(logits);
  Tensor losses = sparse_softmax_cross_entropy(scores, counts.labels).loss;
  if (label_smoothing > 0) {
    // log(sum(exp)) is in both terms: what differs is the label's logit and the mean of all.
    const Tensor own = squeeze(take_along_axis(scores, expand_dims(counts.labels, -1), -1), {-1});
    losses = losses + (own - mean(scores, {-1})) * label_smoothing;
  }
  return counts.mean_of(losses);
}

Tensor counted_labels(const Tensor& labels) {
  return sum(cast(not_equal(labels, static_cast<double>(kIgnoredLabel)), DType::kFloat32));
}

Tensor language_accuracy(const Tensor& labels, const Tensor& logits) {
  const Counted counts = counted(labels);
  return counts.mean_of(cast(equal(argmax(scores_of(logits), -1), counts.labels), DType::kFloat32));
}

}  // namespace lamina
