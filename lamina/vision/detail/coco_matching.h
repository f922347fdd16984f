// Which detections of one picture and class find which things, as COCO decides it. Internal header.
#pragma once

#include <vector>

#include "lamina/vision/annotations.h"

namespace lamina::vision::detail {

/// Sizes of things that count, in square pixels, both ends included.
struct AreaRange {
  double least = 0, most = 1e10;
};

/// What became of the detections of one picture and class.
struct Matches {
  std::vector<double> scores;              ///< of the detections, the surest first
  std::vector<std::vector<char>> found;    ///< for each overlap and detection: whether it found a thing
  std::vector<std::vector<char>> ignored;  ///< likewise: whether it counts neither for nor against
  int64_t things = 0;                      ///< that count and are to be found
};

/// @param detections  the surest first.
/// @param overlaps    of detection and thing, a row for each detection.
Matches match_detections(const std::vector<TruthBox>& things, const std::vector<Detection>& detections,
                         const std::vector<std::vector<double>>& overlaps, const AreaRange& range,
                         const std::vector<double>& iou_thresholds);

/// The overlap as COCO has it: with a crowd, the share of the detection that lies inside.
double coco_overlap(const Detection& detection, const TruthBox& thing);

}  // namespace lamina::vision::detail
