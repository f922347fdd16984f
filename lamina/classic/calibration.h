// Whether probabilities mean what they say: reliability curves and the expected calibration error
// (scikit-learn: sklearn.calibration.calibration_curve).
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::classic {

/// How probabilities are put into bins.
enum class BinStrategy {
  kUniform,  ///< bins of one width (scikit-learn: "uniform")
  kQuantile  ///< bins of as many samples, as far as equal probabilities allow (scikit-learn: "quantile")
};

struct CalibrationOptions {
  int n_bins = 5;  ///< from 1 to 10000
  BinStrategy strategy = BinStrategy::kUniform;
};

/// What the samples of each bin came to, by rising probability. Bins without samples are left out.
struct CalibrationCurve {
  std::vector<double> prob_true;  ///< share of the samples that are of class 1
  std::vector<double> prob_pred;  ///< mean of their probabilities of class 1
  std::vector<int64_t> counts;    ///< samples
};

/// Of labels 0 and 1, one of which may be missing, and probabilities of class 1. A probability between two
/// bins belongs to the lower one.
/// @param y_true  (samples,) or (samples, 1), whole numbers of any dtype.
/// @param y_prob  as many numbers from 0 to 1.
/// Throws InvalidArgument for other labels, shapes and numbers, no samples, and n_bins out of range.
CalibrationCurve calibration_curve(const Tensor& y_true, const Tensor& y_prob,
                                   const CalibrationOptions& options = {});

/// The mean distance of that curve from the diagonal, weighted by the samples of the bins: 0 for
/// probabilities that mean what they say, 1 at most (Naeini et al., 2015). For more than two classes give
/// whether each sample was classified rightly, and the probability of the class it was given.
double expected_calibration_error(const Tensor& y_true, const Tensor& y_prob,
                                  const CalibrationOptions& options = {.n_bins = 10});

}  // namespace lamina::classic
