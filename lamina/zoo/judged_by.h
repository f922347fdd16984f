// JudgedBy: by which figures a classifier is judged beside its loss and metrics.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/data_info.h"

namespace lamina {

/// A section of a model's DataInfo, "judged_by": names that judgement_names() lists. Keras knows no such metrics, so that
/// they stand here and not among those that a model is compiled with.
struct JudgedBy {
  std::vector<std::string> names = {};
  std::string notice = {};  ///< what whoever sees the figures is to be told with them; may be empty

  /// Puts it into `info`.
  void save(DataInfo& info) const;
  /// What a model knows; without names where it knows nothing. Throws FileError, beginning with `name`, for a section
  /// that is no list of names, and for a name that this build does not know.
  static JudgedBy of(const DataInfo& info, const std::string& name = "the model");
};

/// "auc" (the area under the ROC curve of all samples, exactly; of more than two classes the mean of each against the
/// rest) and "expected_calibration_error" (of ten bins of one width, of the probability of class 1; of more than two
/// classes, of the one that was called).
std::vector<std::string> judgement_names();

/// The figures of these names, in their order. A figure that cannot be, as the area where all samples are of one class, is
/// left out, and that is told to the log.
/// @param probabilities  (samples, classes). @param labels  their classes; samples of labels below 0 do not count.
std::vector<std::pair<std::string, double>> judgements(const JudgedBy& judged_by,
                                                       const std::vector<std::vector<float>>& probabilities,
                                                       const std::vector<int>& labels);

}  // namespace lamina
