// One record for each way in which detectors say where things are. Internal header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/vision/boxes.h"
#include "lamina/vision/detector_info.h"

namespace lamina::vision::detail {

/// What a head says of one sample.
struct HeadOutput {
  const DetectorInfo& info;
  const std::vector<Tensor>& outputs;  ///< of the model, computed, float32
  int64_t sample = 0;
  double threshold = 0;  ///< scores below it are of no use
};

/// A head.
struct DetectorHead {
  std::string name;
  /// What such a network wants, if the shapes are those of one; null: such networks say it themselves.
  std::optional<DetectorInfo> (*recognise)(const Shape& input, const std::vector<Shape>& outputs) = nullptr;
  /// The number of classes, by the shapes of the outputs; 0 where they are no such head's.
  int64_t (*classes)(const DetectorInfo& info, const std::vector<Shape>& outputs) = nullptr;
  /// Boxes in pixels of the input, in no order. Scores that are no numbers are handed on.
  std::vector<Detection> (*decode)(const HeadOutput& said) = nullptr;
};

/// Adds one before main; returns true.
bool register_detector_head(DetectorHead head);
const std::vector<DetectorHead>& all_detector_heads();
/// The one of that name, or nullptr.
const DetectorHead* find_detector_head(const std::string& name);

/// Boxes from distributions over distances to the four sides (Li et al., 2020, arXiv 2006.04388), of one
/// level.
struct DistanceLevel {
  int64_t stride = 0, rows = 0, columns = 0, classes = 0, bins = 0;
  /// Of a place: `classes` scores, the next place `score_step` numbers on; likewise 4 * bins logits of the
  /// distances to left, top, right and bottom.
  const float* scores = nullptr;
  const float* distances = nullptr;
  int64_t score_step = 0, distance_step = 0;
  bool logits = false;  ///< whether scores are yet to go through a sigmoid
};
void decode_distances(const DistanceLevel& level, double threshold, std::vector<Detection>& detections);

}  // namespace lamina::vision::detail
