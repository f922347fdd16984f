// Recipes of classical estimators: the yardsticks that networks are held against.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/classic/estimator.h"
#include "lamina/data/labelled_data.h"

namespace lamina {

/// A fitted estimator with what it knows of its data: what a .classic file holds.
struct FittedEstimator {
  std::shared_ptr<classic::Predictor> predictor;
  DataInfo info = {};
};

/// What `lamina train NAME` fits.
struct EstimatorRecipe {
  std::string name;         ///< "imdb-forest"
  std::string description;  ///< one line
  std::string file;         ///< what it is saved as unless the user says otherwise: "imdb-forest.classic"
  DataNeeds needs;          ///< what is asked of the data
  /// @param training  the samples to learn, as load_data gives them.
  /// @param seed      of what the estimator draws.
  FittedEstimator (*fit)(const LabelledData& training, uint64_t seed) = nullptr;
};

/// All of them.
const std::vector<EstimatorRecipe>& estimator_recipes();

/// The one of that name, or nullptr.
const EstimatorRecipe* find_estimator_recipe(const std::string& name);

/// What load_data has to know for the estimator, as model_needs says it for a model.
DataNeeds estimator_needs(const FittedEstimator& estimator);

/// The data as the estimator takes them: (samples, features). Throws InvalidArgument for texts where it
/// learned numbers.
Tensor estimator_input(const FittedEstimator& estimator, const LabelledData& data);

}  // namespace lamina
