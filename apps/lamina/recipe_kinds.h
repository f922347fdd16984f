// What `lamina train` knows, of every kind: one record for each says its recipes, the options it takes, and
// what trains it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "train_job.h"

namespace lamina::cli {

/// A kind of training.
struct RecipeKind {
  std::string called;  ///< in messages, behind "train: ": "a recipe that translates"
  std::string of;      ///< what its options are said to be of: "recipes that translate"
  std::vector<std::pair<std::string, std::string>> recipes;  ///< names and descriptions
  std::vector<std::string> takes;                            ///< options beside those that all kinds take
  /// Of options that it does not take, what there is instead.
  std::vector<std::pair<std::string, std::string>> instead;
  int (*train)(const TrainOptions& options);  ///< the exit status
};

/// All kinds; the last one, without recipes, is that of a saved model.
const std::vector<RecipeKind>& recipe_kinds();

/// The kind of what a command line names. Throws InvalidArgument, suggesting the nearest recipe, for what is
/// neither a recipe nor a .keras file nor anything else that is there.
const RecipeKind& kind_of(const std::string& what);

/// Throws UsageError for an option that this kind does not take, saying what there is instead, or of which
/// kinds it is.
void check_options(const RecipeKind& kind, const TrainOptions& options);

/// Names and descriptions, in the order in which help and `lamina list recipes` name them.
std::vector<std::pair<std::string, std::string>> recipe_list();

}  // namespace lamina::cli
