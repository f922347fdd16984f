// How good a detector is: COCO's average precision and recall, to the last digit those of pycocotools.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/vision/annotations.h"

namespace lamina::vision {

/// What is measured, with COCO's values (https://cocodataset.org/#detection-eval).
struct CocoOptions {
  /// Overlaps from which on a detection counts as right: 0.5, 0.55 ... 0.95 where empty. Each from 0 to 1.
  std::vector<double> iou_thresholds = {};
  /// Detections of a picture and class that count, the surest, ascending. The last one is that of precision.
  std::array<int64_t, 3> most = {1, 10, 100};
};

/// Means over classes, overlaps and recalls; NaN where there is nothing to be found.
struct CocoScores {
  double map = 0;    ///< average precision over all overlaps: COCO's "AP"
  double map50 = 0;  ///< at an overlap of 0.5; NaN where that is not asked for
  double map75 = 0;  ///< at an overlap of 0.75
  double map_small = 0, map_medium = 0, map_large = 0;  ///< of things below 32², to 96² and above, in pixels
  std::array<double, 3> recall = {};  ///< the largest recall with so many detections: COCO's "AR"
  double recall_small = 0, recall_medium = 0, recall_large = 0;
  /// Of each class: average precision over all overlaps, and at 0.5. NaN for classes without any thing.
  std::vector<double> class_map = {}, class_map50 = {};

  /// {"map", 0.41}, {"map50", 0.62} ...: all of them under their names, `map50/NAME` for each class that has
  /// one.
  std::vector<std::pair<std::string, double>> items(const std::vector<std::string>& class_names) const;
};

/// Compares what a detector found with what is there.
/// @param truth, found  a list for each picture, of one length. Scores that are no finite numbers, and boxes
/// that are no
///   numbers, are left out, which is told to the log.
/// @param classes  how many there are.
/// Throws InvalidArgument for lists of different lengths, labels that are no classes, and options out of
/// range.
CocoScores coco_evaluation(const std::vector<std::vector<TruthBox>>& truth,
                           const std::vector<std::vector<Detection>>& found, int64_t classes,
                           const CocoOptions& options = {});

}  // namespace lamina::vision
