// OutOfScope: how a classifier of texts says that a text belongs to none of its classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/data_info.h"

namespace lamina {

/// What the class of texts that belong to no other is called, in data and in models.
inline constexpr char kOutOfScope[] = "out_of_scope";

/// A section of a model's DataInfo, "out_of_scope": a sample is out of scope where that class is the most
/// probable one, and where no other class is at least as probable as a threshold.
struct OutOfScope {
  int64_t class_number = 0;  ///< of the class kOutOfScope, in the outputs and in DataInfo::class_names
  double threshold = 0;      ///< 0 to 1; 0: the class alone decides

  /// The class that is said of a sample with these probabilities, one a class.
  size_t decide(const std::vector<float>& probabilities) const;

  /// Puts it into `info`.
  void save(DataInfo& info) const;
  /// What a model knows; absent where it tells nothing out of scope. Throws FileError, beginning with `name`,
  /// for a class that is not among the model's and a threshold that cannot be.
  static std::optional<OutOfScope> of(const DataInfo& info, const std::string& name = "the model");
  bool operator==(const OutOfScope& other) const = default;
};

/// The class of a sample with these probabilities: as `scope` decides, or else the most probable one.
size_t decided_class(const std::vector<float>& probabilities, const std::optional<OutOfScope>& scope);

/// A threshold that costs little: the greatest of 0, 0.01, ... 1 with which the accuracy on the samples in
/// scope is at most `cost` below that without one; 0 where no sample is in scope.
/// @param probabilities  of samples that the model has not learned, (samples, classes).
/// @param labels         their classes; `class_number` for those out of scope, which do not count here.
double out_of_scope_threshold(const std::vector<std::vector<float>>& probabilities,
                              const std::vector<int>& labels, int64_t class_number, double cost);

/// What decisions are worth, by name: "in_scope_accuracy" (of the samples in scope those that got their
/// class), "out_of_scope_recall" (of those out of scope the ones that were found) and
/// "out_of_scope_precision" (of what was called so, the ones that were). Left out where they divide by zero.
/// @param probabilities, labels  of the samples, as above; labels below 0 are not known and do not count.
std::vector<std::pair<std::string, double>> scope_metrics(
    const OutOfScope& scope, const std::vector<std::vector<float>>& probabilities,
    const std::vector<int>& labels);

}  // namespace lamina
