// What a score of two classes is worth to whoever has to decide by it: the interval of its ROC area, the sensitivity at a
// given specificity, the net benefit of treating, and the same figures by subgroup.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::classic {

// Labels are 0 and 1, (samples,) or (samples, 1), of any dtype, both of which must occur unless something else is said;
// scores are as many finite numbers that grow with the certainty of 1. All functions throw InvalidArgument for others.

/// Arguments of bootstrap_roc_auc.
struct BootstrapOptions {
  int64_t n_resamples = 2000;  ///< from 1 to 1,000,000
  double confidence = 0.95;    ///< above 0 and below 1
  uint64_t seed = 0;           ///< the same seed draws the same samples
};

/// A figure between two others.
struct Interval {
  double value = 0;  ///< of the samples themselves
  double low = 0, high = 0;
};

/// The area under the ROC curve with its percentile interval: samples are drawn with replacement, each class by itself,
/// and the area of each drawing is taken (Efron, 1979).
Interval bootstrap_roc_auc(const Tensor& y_true, const Tensor& y_score, const BootstrapOptions& options = {});

/// What one threshold gives: 1 is said where the score is at least that.
struct OperatingPoint {
  double threshold = 0;  ///< infinite: nobody is called 1
  double sensitivity = 0;  ///< share of the ones that are called so
  double specificity = 0;  ///< share of the zeros that are called so
};

/// The point with the highest sensitivity of those with at least that specificity; of several the one with the higher
/// specificity.
/// @param specificity  from 0 to 1.
OperatingPoint sensitivity_at_specificity(const Tensor& y_true, const Tensor& y_score, double specificity);

/// What treating by a probability is worth (Vickers and Elkin, 2006): for each threshold the true positives less the
/// false ones, which count threshold / (1 - threshold) each, by sample. Treating nobody is worth 0.
struct DecisionCurve {
  std::vector<double> thresholds;   ///< as given
  std::vector<double> net_benefit;  ///< of treating those whose probability is at least the threshold
  std::vector<double> treat_all;    ///< of treating everybody
};

/// @param y_prob  probabilities of 1, from 0 to 1. One of the labels may be missing.
/// @param thresholds  above 0 and below 1; empty: 0.01, 0.02, ... 0.99.
DecisionCurve decision_curve(const Tensor& y_true, const Tensor& y_prob, std::vector<double> thresholds = {});

/// Figures of some of the samples.
struct Subgroup {
  std::string name;
  int64_t samples = 0, positives = 0;
  /// NaN where one of the two labels does not occur, and so for the others.
  double roc_auc = 0;
  double sensitivity = 0, specificity = 0;  ///< where 1 is said from `threshold` on
  double calibration_error = 0;             ///< expected_calibration_error of ten bins
};

/// The figures of each group, by name: a model that is good on the whole may be bad for some.
/// @param y_prob  probabilities of 1, from 0 to 1.
/// @param groups  the group of each sample.
/// @param threshold  from which on 1 is said.
std::vector<Subgroup> subgroup_report(const Tensor& y_true, const Tensor& y_prob, const std::vector<std::string>& groups,
                                      double threshold = 0.5);

}  // namespace lamina::classic
