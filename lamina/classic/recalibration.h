// Probabilities that are made to mean what they say: isotonic regression and temperature scaling
// (scikit-learn: sklearn.isotonic, sklearn.calibration).
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::classic {

/// The rising steps that are nearest to numbers in the mean of the squares (scikit-learn: IsotonicRegression with
/// out_of_bounds="clip"): from scores and labels, how often the label is 1 for such a score. Between two scores it goes
/// along a line, and beyond the first and the last it stays.
class IsotonicRegression {
 public:
  /// @param x  (samples,), finite. @param y  as many finite numbers, labels 0 and 1, say.
  /// Throws InvalidArgument for others, and for no samples.
  IsotonicRegression& fit(const Tensor& x, const Tensor& y);
  /// float64 (samples,). Throws InvalidArgument before fit.
  Tensor predict(const Tensor& x) const;
  /// Where the line bends, ascending, and its height there. Empty before fit.
  const std::vector<double>& x_thresholds() const { return x_; }
  const std::vector<double>& y_thresholds() const { return y_; }

 private:
  std::vector<double> x_, y_;
};

/// The temperature by which logits are to be divided so that the softmax of them has the least loss on these samples,
/// which the model must not have been trained on (Guo et al., 2017, arXiv 1706.04599): above 1 for a model that is too
/// sure of itself. It changes no answer, only how sure the model is. Between 0.01 and 100.
/// @param logits  (samples, classes); of one column, the log-odds of class 1. Logarithms of probabilities will do.
/// @param y_true  class numbers, (samples,) or (samples, 1).
/// Throws InvalidArgument for other shapes, logits that are not finite, labels beyond the classes, and no samples.
double fit_temperature(const Tensor& logits, const Tensor& y_true);

}  // namespace lamina::classic
