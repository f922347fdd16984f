// Calibration: samples counted into bins of their probabilities.
#include "lamina/classic/calibration.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lamina/base/error.h"
#include "lamina/classic/detail/matrix.h"

namespace lamina::classic {
namespace {

// The borders between the bins, as NumPy's linspace and percentile round them.
std::vector<double> borders_of(std::vector<double> probabilities, const CalibrationOptions& options) {
  std::vector<double> borders;
  const double width = 1.0 / options.n_bins;
  const bool quantiles = options.strategy == BinStrategy::kQuantile;
  if (quantiles) std::sort(probabilities.begin(), probabilities.end());
  for (int i = 1; i < options.n_bins; ++i) {
    if (!quantiles) {
      borders.push_back(i * width);
      continue;
    }
    const double place = i * width * 100 / 100 * static_cast<double>(probabilities.size() - 1);
    const auto below = static_cast<size_t>(place);
    const double low = probabilities[below],
                 high = probabilities[std::min(below + 1, probabilities.size() - 1)];
    const double share = place - static_cast<double>(below);
    borders.push_back(share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share));
  }
  return borders;
}

CalibrationCurve curve_of(const Tensor& y_true, const Tensor& y_prob, const CalibrationOptions& options,
                          const std::string& where) {
  if (options.n_bins < 1 || options.n_bins > 10000)
    throw InvalidArgument(where + ": n_bins must be between 1 and 10000, received " +
                          std::to_string(options.n_bins));
  if (!y_true.defined() || y_true.rank() == 0 || y_true.shape()[0] == 0)
    throw InvalidArgument(where + ": needs at least one sample, received " +
                          (y_true.defined() ? y_true.shape().str() : "no tensor"));
  const int64_t samples = y_true.shape()[0];
  const std::vector<int32_t> labels = detail::labels_of(y_true, samples, where);
  const std::vector<double> probabilities = detail::values_of(y_prob, samples, where);
  const std::vector<double> borders = borders_of(probabilities, options);
  std::vector<double> positives(borders.size() + 1), sums(borders.size() + 1);
  std::vector<int64_t> counts(borders.size() + 1);
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1)
      throw InvalidArgument(where + ": y_true must hold the labels 0 and 1, received " +
                            std::to_string(labels[i]) + " for sample " + std::to_string(i));
    if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
      throw InvalidArgument(where + ": y_prob must hold probabilities from 0 to 1, received " +
                            std::to_string(probabilities[i]) + " for sample " + std::to_string(i));
    const auto bin = static_cast<size_t>(std::lower_bound(borders.begin(), borders.end(), probabilities[i]) -
                                         borders.begin());
    positives[bin] += labels[i];
    sums[bin] += probabilities[i];
    ++counts[bin];
  }
  CalibrationCurve curve;
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    if (counts[bin] == 0) continue;
    const auto count = static_cast<double>(counts[bin]);
    curve.prob_true.push_back(positives[bin] / count);
    curve.prob_pred.push_back(sums[bin] / count);
    curve.counts.push_back(counts[bin]);
  }
  return curve;
}

}  // namespace

CalibrationCurve calibration_curve(const Tensor& y_true, const Tensor& y_prob,
                                   const CalibrationOptions& options) {
  return curve_of(y_true, y_prob, options, "calibration_curve");
}

double expected_calibration_error(const Tensor& y_true, const Tensor& y_prob,
                                  const CalibrationOptions& options) {
  const CalibrationCurve curve = curve_of(y_true, y_prob, options, "expected_calibration_error");
  double error = 0, samples = 0;
  for (size_t bin = 0; bin < curve.counts.size(); ++bin) {
    const auto count = static_cast<double>(curve.counts[bin]);
    error += count * std::fabs(curve.prob_true[bin] - curve.prob_pred[bin]);
    samples += count;
  }
  return error / samples;
}

}  // namespace lamina::classic
