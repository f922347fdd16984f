// How good tracks are: HOTA and IDF1, to the last digit those of TrackEval.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lamina/vision/boxes.h"

namespace lamina::vision {

/// A thing in a frame: whose it is, and where.
struct TrackBox {
  int64_t id = 0;  ///< any number; each once in a frame
  Box box = {};
};

/// Scores of tracks, from 0 to 1.
struct TrackScores {
  /// Higher Order Tracking Accuracy (Luiten et al., 2020, arXiv 2009.07736): the mean over overlaps of 0.05
  /// to 0.95 of the root of `deta * assa` at each.
  double hota = 0;
  double deta = 0;  ///< how well things are found
  double assa = 0;  ///< how well they keep their ids
  double loca = 0;  ///< how well boxes lie
  /// Of ids, matched once for all frames such that most boxes that overlap by a half are right (Ristani et
  /// al., 2016, arXiv 1609.01775).
  double idf1 = 0, id_precision = 0, id_recall = 0;
};

/// Compares tracks with what is there.
/// @param truth, found  the things of each frame, of one length.
/// Throws InvalidArgument for lists of different lengths, and an id that comes twice in a frame.
TrackScores track_evaluation(const std::vector<std::vector<TrackBox>>& truth,
                             const std::vector<std::vector<TrackBox>>& found);

}  // namespace lamina::vision
