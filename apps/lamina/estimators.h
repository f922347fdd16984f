// The commands, for classical estimators, which have no epochs, steps or checkpoints.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data_arguments.h"
#include "lamina/explain/run_report.h"
#include "lamina/zoo/estimator_recipes.h"
#include "lamina/zoo/samples.h"
#include "metrics.h"
#include "train_job.h"

namespace lamina::cli {

/// What lamina evaluate writes of an estimator beside its figures.
struct EstimatorPage {
  std::string path;  ///< of the page; empty: none is wanted
  bool overwrite = false;
  std::vector<std::string> words;  ///< the command line
};

/// Throws UsageError for `--scale`, which says nothing to an estimator.
void refuse_scale(const DataArguments& arguments);
/// The estimator in a .classic file. Throws FileError as load_fitted, and with a hint where there is none.
FittedEstimator load_estimator(const std::string& path);
/// The samples of `source` that are for it; with `targets`, or with those that are there.
LabelledData load_for(const FittedEstimator& fitted, const std::string& source,
                      const DataArguments& arguments, bool targets);

/// lamina train of a recipe of an estimator; the exit status. It leaves the estimator and a run folder.
int train_estimator(const EstimatorRecipe& recipe, const TrainOptions& options);
/// lamina evaluate of a .classic file.
int evaluate_estimator(const std::string& path, const std::string& source, const DataArguments& arguments,
                       bool json, const EstimatorPage& page);
/// lamina predict with such a file.
int predict_estimator(const std::string& path, const std::vector<std::string>& inputs,
                      const DataArguments& arguments, bool json);
/// lamina run with such a file: one array of features in; predictions and, where there are any, probabilities
/// out.
int run_estimator(const std::string& path, const std::vector<std::string>& inputs, const std::string& output,
                  bool json);
/// lamina summary of such a file.
int summarize_estimator(const std::string& path, bool json);

}  // namespace lamina::cli
