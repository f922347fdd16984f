// DetectionLoss: which places of a detector are to find which boxes, and how far they are from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/losses/loss.h"

namespace lamina::vision {

/// Arguments of DetectionLoss.
struct DetectionLossOptions {
  int64_t classes = 1;
  int64_t height = 0, width = 0;  ///< of the pictures that go in
  std::vector<int64_t> strides = {8, 16, 32};
  int64_t bins = 8;         ///< of the distribution of a side: distances go up to (bins - 1) strides
  int64_t candidates = 10;  ///< places that one box takes, at most
  double alpha = 0.5;       ///< power of the score in what the places of a box are chosen by
  double beta = 6;          ///< power of the overlap there
  double gamma =
      2;  ///< power of the distance from the target in the quality focal loss; 0: plain cross-entropy
  double class_weight = 1, box_weight = 2, distance_weight = 0.5;  ///< of the three parts
};

/// The loss of an anchor-free detector whose head is "dense" (DetectorInfo): y_pred is (batch, places,
/// classes + 4 * bins), logits of classes and of distributions over the distances to left, top, right and
/// bottom.
///
/// y_true is float32 (batch, most, 5): the class and left, top, right, bottom in pixels of the input, and
/// class -1 where a picture has fewer boxes than the batch has room for.
///
/// Each box takes the `candidates` places inside of it whose score^alpha * overlap^beta is largest as the
/// network is now (task-aligned assignment: Feng et al., 2021, arXiv 2108.07755); a place that several boxes
/// take goes to the one that it overlaps most. Classes learn the overlap by the quality focal loss (Li et
/// al., 2020, arXiv 2006.04388), boxes 1 - GIoU (Rezatofighi et al., 2019, arXiv 1902.09630), distances the
/// two bins that lie next to them. All are divided by the sum of what classes are to reach in the batch, so
/// that the mean over samples is the batch's loss.
class DetectionLoss final : public Loss {
 public:
  /// Throws InvalidArgument for counts below 1, fewer than 2 bins, strides that do not divide the size, and
  /// powers and weights below 0.
  explicit DetectionLoss(DetectionLossOptions options);
  std::string class_name() const override { return "DetectionLoss"; }
  std::string name() const override { return "detection_loss"; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

  /// Centres of the places in pixels, (places, 2), and their strides, (places, 1), in the order of y_pred.
  Tensor centres() const;
  Tensor strides() const;

 private:
  DetectionLossOptions options_;
};

}  // namespace lamina::vision
