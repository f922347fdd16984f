// LoadReport: what became of the arrays of a file that was read into a model.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// Filled by every function that puts the arrays of a file into a model. Paths are those of the file.
struct LoadReport {
  std::vector<std::string> applied;  ///< arrays that went into a weight
  std::vector<std::string> skipped;  ///< arrays left out on purpose, each with the reason: "path: reason"
  std::vector<std::string> missing;  ///< weights of the model that the file lacks
  std::vector<std::string> unused;   ///< arrays of the file that the model has no place for
  std::vector<std::string> errors;   ///< what does not fit: "path: expected ..., received ..."

  /// Whether every weight of the model was found and fits.
  bool complete() const { return missing.empty() && errors.empty(); }
  /// One line for each of missing and errors, at most `limit` of each; empty when complete.
  std::string problems(size_t limit = 10) const;
  /// One line for each of unused, at most `limit`; for models that every array must have a place in.
  std::string leftovers(size_t limit = 10) const;
};

}  // namespace lamina
