// Trainings and judgements of detectors, from the command line.
#pragma once

#include <string>

#include "lamina/vision/detector_recipes.h"
#include "train_job.h"

namespace lamina::cli {

/// Trains the recipe's network on pictures with boxes.
int train_detector(const vision::DetectorRecipe& recipe, const TrainOptions& options);

/// Judges a detector, which was read from `path`, by the boxes of `data`, "SOURCE" or "SOURCE:PART" (the part
/// test where nothing is said and there is one).
/// @param classes  of a detector of other classes, what its classes are in the data:
/// "vehicle=car+bus,pedestrian=person";
///   empty: those of one name.
int evaluate_detector(const Model& model, const std::string& path, const std::string& data,
                      const std::string& classes, bool json, bool quiet);

}  // namespace lamina::cli
