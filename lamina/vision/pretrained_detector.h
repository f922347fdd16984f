// A detector that goes on from a published one: other classes, the same eyes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lamina/vision/detector.h"

namespace lamina::vision {

/// A network of the head "dense" around a NanoDet: its scaling of pictures stands inside, so that bytes go
/// in, and each class begins as one of the detector's, with its weights. All of it can be trained with
/// DetectionLoss.
/// @param from         a detector whose head is "nanodet".
/// @param class_names  of the new network.
/// @param like         for classes of another name there: "vehicle" -> "car". A class that neither is like
/// one nor has the
///   name of one begins as none, which is told to the log.
/// Throws InvalidArgument for a detector of another head, no classes, and a name in `like` that the detector
/// does not know, suggesting the nearest.
Model pretrained_detector(const Detector& from, const std::vector<std::string>& class_names,
                          const std::map<std::string, std::string>& like, uint64_t seed);

}  // namespace lamina::vision
