// Cross-validation of a recipe: what its networks say of samples that they have not seen.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "lamina/zoo/recipes.h"

namespace lamina {

/// Arguments of cross_validate.
struct CrossValidationOptions {
  int64_t folds = 10;  ///< at least 2
  int epochs = 1;
  int batch_size = 32;
  uint64_t seed = 0;                  ///< of every network. Folds are drawn by 0, so that all seeds and peers have the same
  FeatureSpaceOptions features = {};  ///< what the user says of a table's columns
  const std::atomic<bool>* stop_flag = nullptr;  ///< true ends it
  /// How many folds are done, for whoever watches; may be empty.
  std::function<void(int64_t done, int64_t all)> progress = {};
};

/// What was said of each sample by the network whose training did not have it.
struct CrossValidated {
  std::vector<std::vector<float>> probabilities;  ///< (samples, classes)
  std::vector<int> labels;
  double loss = 0;  ///< the mean of the folds, by their samples
  bool whole = false;  ///< whether it came to its end
};

/// Trains a network of the recipe on all folds but one, for each of them; the classes' samples are dealt out evenly.
/// The recipe's network must end in a softmax, or in one probability of class 1. Throws InvalidArgument for data without
/// classes, or with fewer samples of every class than folds.
CrossValidated cross_validate(const Recipe& recipe, const LabelledData& data, const CrossValidationOptions& options);

}  // namespace lamina
