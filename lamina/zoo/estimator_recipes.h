// Recipes of classical estimators: the yardsticks that networks are held against.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/data/feature_space.h"
#include "lamina/data/labelled_data.h"
#include "lamina/formats/classic.h"

namespace lamina {

/// What an estimator that a recipe fits depends on besides the data.
struct EstimatorRun {
  uint64_t seed = 0;                         ///< of what the estimator draws
  std::string learner = "forest";            ///< one of learner_names()
  FeatureSpaceOptions features = {};         ///< what the user says of a table's columns
  std::vector<std::string> stop_words = {};  ///< words of texts that do not count
};

/// What `lamina train NAME` fits.
struct EstimatorRecipe {
  std::string name;         ///< "imdb-forest"
  std::string description;  ///< one line
  std::string file;         ///< what it is saved as unless the user says otherwise: "imdb-forest.classic"
  DataNeeds needs;          ///< what is asked of the data
  /// @param training  the samples to learn, as load_data gives them.
  /// @param run       throws InvalidArgument, suggesting the nearest, for an unknown learner, and for one
  /// that
  ///                  does not learn such targets.
  FittedEstimator (*fit)(const LabelledData& training, const EstimatorRun& run) = nullptr;
};

/// All of them.
const std::vector<EstimatorRecipe>& estimator_recipes();

/// The one of that name, or nullptr.
const EstimatorRecipe* find_estimator_recipe(const std::string& name);

/// What a recipe may fit, with scikit-learn's defaults: forest, tree, boosting, linear (least squares, or a
/// logistic regression for classes), svm, linear-svm, neighbors, bayes (of counts for texts, else normal).
std::vector<std::string> learner_names();

/// What load_data has to know for the estimator, as model_needs says it for a model.
DataNeeds estimator_needs(const FittedEstimator& estimator);

/// The data as the estimator takes them: (samples, features). Throws InvalidArgument for texts where it
/// learned numbers, and as FeatureSpace does.
Tensor estimator_input(const FittedEstimator& estimator, const LabelledData& data);

/// The targets as the estimator knows them: its labels, or values. Undefined where there are none.
Tensor estimator_targets(const FittedEstimator& estimator, const LabelledData& data);

/// What the columns of that input stand for: terms, or columns of a table. Empty where nobody said it.
std::vector<std::string> estimator_features(const FittedEstimator& estimator);

/// What a label of a classifier is called.
std::string class_name_of(const FittedEstimator& estimator, int32_t label);

/// How good it is: accuracy, or r2 and root_mean_squared_error. Throws InvalidArgument as Predictor::score.
std::vector<std::pair<std::string, double>> estimator_metrics(const classic::Predictor& predictor,
                                                              const Tensor& x, const Tensor& y);

}  // namespace lamina
