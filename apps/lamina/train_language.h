// lamina train and lamina evaluate for language models, which are folders.
#pragma once

#include <string>

#include "lamina/zoo/language_recipes.h"
#include "train_job.h"

namespace lamina::cli {

/// What `lamina train` does for such a recipe: reads the texts, learns the tokens and then the model, judges
/// it on the test part, and saves a folder and a report with texts that it has written.
int train_language(const LanguageRecipe& recipe, const TrainOptions& options);

/// Whether `path` is the folder of a pretrained model: it holds a config.json.
bool is_model_folder(const std::string& path);
/// The config.json of such a folder. Throws FileError.
Json config_of(const std::string& folder);

/// What `lamina evaluate` does for it: metrics on the test part of `data`, or of the recipe's own texts where
/// that is empty. Models without a recipe read `data` as running text, all of it. Throws UsageError where
/// they are given none.
int evaluate_language(const std::string& folder, const std::string& data, bool json, bool quiet);

}  // namespace lamina::cli
