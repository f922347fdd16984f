// Choosing models: train_test_split, KFold, StratifiedKFold, cross_val_score, GridSearchCV (scikit-learn:
// model_selection).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/classic/estimator.h"

namespace lamina::classic {

/// Numbers of samples for training and for testing.
struct Split {
  std::vector<int64_t> train;
  std::vector<int64_t> test;
};

/// Arguments of train_test_split.
struct TrainTestSplitOptions {
  double test_size = 0.25;   ///< share of the samples for testing, between 0 and 1; rounded up
  bool shuffle = true;       ///< whether samples are drawn, or the last ones are for testing
  int64_t random_state = 0;  ///< seed of the drawing
  /// Labels whose shares are to be the same on both sides, usually y; undefined: do not care.
  Tensor stratify = {};
};

/// What train_test_split gives.
struct TrainTestSplit {
  Tensor x_train, x_test, y_train, y_test;
};

/// Which of `samples` samples are for training and for testing. Throws InvalidArgument when one side would be
/// empty, and with stratify also for a class of one sample, sides smaller than the number of classes, and
/// without shuffle.
Split split_indices(int64_t samples, const TrainTestSplitOptions& options = {});

/// Splits samples with their targets, along the first axis. Throws as split_indices, and for another number
/// of targets than of samples.
TrainTestSplit train_test_split(const Tensor& x, const Tensor& y, const TrainTestSplitOptions& options = {});

/// The samples of these numbers, along the first axis. Throws InvalidArgument for a number out of range.
Tensor take_samples(const Tensor& x, const std::vector<int64_t>& numbers);

/// Arguments of KFold and StratifiedKFold.
struct KFoldOptions {
  int64_t n_splits = 5;      ///< at least 2
  bool shuffle = false;      ///< whether samples are drawn, or taken in their order
  int64_t random_state = 0;  ///< seed of the drawing
};

/// Each sample is in the test part of one of n_splits splits, in runs of neighbours. Throws InvalidArgument
/// for fewer samples than splits.
std::vector<Split> k_fold(int64_t samples, const KFoldOptions& options = {});

/// The same with each class's samples dealt out evenly. Throws InvalidArgument when every class has fewer
/// samples than there are splits; warns when one has.
std::vector<Split> stratified_k_fold(const Tensor& y, const KFoldOptions& options = {});

/// Score on each of `cv` test parts of a model trained on the others: stratified for classifiers. The
/// estimator itself is not changed.
std::vector<double> cross_val_score(const Predictor& estimator, const Tensor& x, const Tensor& y,
                                    const KFoldOptions& cv = {});

/// Tries every combination of parameters by cross-validation, and trains the best on everything.
///
///   classic::GridSearchCV search(pipeline, {{"svm__C", {0.1, 1.0, 10.0}}});
///   search.fit(x, y);
///   search.best_estimator().score(x_test, y_test);
class GridSearchCV {
 public:
  /// One combination.
  struct Result {
    Json params;
    std::vector<double> scores;  ///< of each split
    double mean = 0;
  };
  /// @param estimator   is cloned.
  /// @param param_grid  values to be tried, by parameter.
  /// @param cv          how the samples are split.
  /// Throws InvalidArgument for an empty list, unknown parameters, and more than 10,000 combinations.
  GridSearchCV(const Predictor& estimator, const std::map<std::string, std::vector<Json>>& param_grid,
               KFoldOptions cv = {});
  GridSearchCV& fit(const Tensor& x, const Tensor& y);
  /// In the order in which they were tried: by name, the last name's values the fastest.
  const std::vector<Result>& results() const { return results_; }
  /// The first with the largest mean. Throws InvalidArgument before fit.
  const Json& best_params() const;
  double best_score() const;
  const Predictor& best_estimator() const;

 private:
  const Result& best() const;
  std::shared_ptr<Predictor> estimator_, best_estimator_;
  KFoldOptions cv_;
  std::vector<Result> results_;
};

}  // namespace lamina::classic
