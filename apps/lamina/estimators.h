// train, evaluate and predict for classical estimators, which have no epochs, steps or checkpoints.
#pragma once

#include <string>
#include <vector>

#include "data_arguments.h"
#include "estimator_report.h"
#include "lamina/zoo/estimator_recipes.h"
#include "train_job.h"

namespace lamina::cli {

/// Whether the file is called as estimators are: FILE.classic.
bool is_estimator_file(const std::string& path);

/// lamina train of a recipe of an estimator; the exit status.
int train_estimator(const EstimatorRecipe& recipe, const TrainOptions& options);
/// lamina evaluate of such a file; `page` says whether and where a page is written, too.
int evaluate_estimator(const std::string& path, const std::string& source, const DataArguments& arguments,
                       bool json, const EstimatorPage& page);
/// lamina predict with such a file.
int predict_estimator(const std::string& path, const std::vector<std::string>& inputs,
                      const DataArguments& arguments, bool json);

}  // namespace lamina::cli
