// How good predictions are: accuracy, confusion matrices, ROC and precision-recall curves, errors of numbers
// (scikit-learn: sklearn.metrics).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::classic {

// Labels are whole numbers of any dtype, (samples,) or (samples, 1). All functions throw InvalidArgument for
// other shapes, lengths that differ, no samples, and values that are not finite.

/// The share of labels that are equal.
double accuracy_score(const Tensor& y_true, const Tensor& y_pred);

/// Counts of samples, int64 (classes, classes): [i, j] were of class i and called class j. Classes are the
/// labels that occur on either side, ascending.
Tensor confusion_matrix(const Tensor& y_true, const Tensor& y_pred);

/// Figures of one class.
struct ClassReport {
  int32_t label = 0;
  double precision = 0;  ///< of what was called so, the share that is; 0 when nothing was
  double recall = 0;     ///< of what is so, the share that was called so; 0 when nothing is
  double f1 = 0;         ///< their harmonic mean
  int64_t support = 0;   ///< samples of the class
};

/// The figures of each class that occurs, ascending.
std::vector<ClassReport> class_reports(const Tensor& y_true, const Tensor& y_pred);

/// The text that scikit-learn's classification_report prints: a line for each class, accuracy, and the plain
/// and weighted means.
/// @param target_names  what to call the classes, in their order; empty: their labels.
/// @param digits        behind the decimal point, from 0 to 15.
/// Throws InvalidArgument for another number of names.
std::string classification_report(const Tensor& y_true, const Tensor& y_pred,
                                  const std::vector<std::string>& target_names = {}, int digits = 2);

/// The F1 score. `average`: "binary" (of the class 1; the labels must be 0 and 1), "macro" (the plain mean
/// over the classes), "weighted" (by their samples) or "micro" (the accuracy). Throws InvalidArgument for
/// another.
double f1_score(const Tensor& y_true, const Tensor& y_pred, const std::string& average = "binary");

/// A receiver operating characteristic: what each threshold gives, from "nobody" to "everybody".
struct RocCurve {
  std::vector<double> fpr;         ///< share of the negatives that are called positive
  std::vector<double> tpr;         ///< share of the positives that are
  std::vector<double> thresholds;  ///< descending; the first is infinite
};

/// Of labels 0 and 1 and the scores of class 1: probabilities or any other numbers that grow with the
/// certainty. Points on a straight line are left out, as scikit-learn does. Throws InvalidArgument for other
/// labels and when one of the two does not occur.
RocCurve roc_curve(const Tensor& y_true, const Tensor& y_score);

/// The area under that curve: how likely a positive's score is above a negative's.
double roc_auc_score(const Tensor& y_true, const Tensor& y_score);

/// What each threshold gives: precision and recall; the last point, precision 1 and recall 0, has none.
struct PrecisionRecallCurve {
  std::vector<double> precision;
  std::vector<double> recall;      ///< descending
  std::vector<double> thresholds;  ///< ascending, one fewer
};

/// As roc_curve.
PrecisionRecallCurve precision_recall_curve(const Tensor& y_true, const Tensor& y_score);

/// The area under that curve in steps, without interpolation: the mean precision over what each step adds to
/// the recall.
double average_precision_score(const Tensor& y_true, const Tensor& y_score);

/// The mean of the squared differences of two arrays of numbers.
double mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
/// The mean of their absolute differences.
double mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
/// The share of the variance of y_true that is explained: 1 at best, 0 for its mean, and below for worse. For
/// a constant y_true 1 when it is met and else 0, as scikit-learn says. Needs two samples.
double r2_score(const Tensor& y_true, const Tensor& y_pred);

}  // namespace lamina::classic
