// Pools that violate the order, and the temperature of the least loss.
#include "lamina/classic/recalibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "lamina/base/error.h"
#include "lamina/classic/detail/matrix.h"

namespace lamina::classic {
namespace {

// Samples of one score, or of neighbours whose means did not rise.
struct Pool {
  double first, last;  // scores
  double sum, weight;
  double mean() const { return sum / weight; }
};

int64_t samples_in(const Tensor& x, const std::string& where) {
  if (!x.defined() || x.rank() == 0 || x.shape()[0] == 0)
    throw InvalidArgument(where + ": needs at least one sample, received " +
                          (x.defined() ? x.shape().str() : "no tensor"));
  return x.shape()[0];
}

// The mean loss of rows of logits over a temperature.
double cooled_loss(const std::vector<double>& logits, size_t width, const std::vector<int32_t>& labels,
                   double temperature) {
  double loss = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const double* row = logits.data() + i * width;
    const double most = *std::max_element(row, row + width);
    double sum = 0;
    for (size_t j = 0; j < width; ++j) sum += std::exp((row[j] - most) / temperature);
    loss += std::log(sum) - (row[static_cast<size_t>(labels[i])] - most) / temperature;
  }
  return loss / static_cast<double>(labels.size());
}

}  // namespace

IsotonicRegression& IsotonicRegression::fit(const Tensor& x, const Tensor& y) {
  const std::string where = "IsotonicRegression";
  const int64_t samples = samples_in(x, where);
  const std::vector<double> scores = detail::values_of(x, samples, where), values = detail::values_of(y, samples, where);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  std::vector<Pool> equal;  // samples of equal scores are one
  for (const size_t i : order) {
    if (!equal.empty() && equal.back().last == scores[i]) {
      equal.back().sum += values[i];
      equal.back().weight += 1;
    } else {
      equal.push_back({scores[i], scores[i], values[i], 1});
    }
  }
  std::vector<Pool> pools;
  for (const Pool& next : equal) {
    pools.push_back(next);
    while (pools.size() > 1 && pools[pools.size() - 2].mean() >= pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().last = last.last;
      pools.back().sum += last.sum;
      pools.back().weight += last.weight;
    }
  }
  x_.clear();
  y_.clear();
  for (const Pool& pool : pools) {
    for (const double score : {pool.first, pool.last}) {
      if (!x_.empty() && x_.back() == score) continue;
      x_.push_back(score);
      y_.push_back(pool.mean());
    }
  }
  return *this;
}

Tensor IsotonicRegression::predict(const Tensor& x) const {
  const std::string where = "IsotonicRegression";
  if (x_.empty()) throw InvalidArgument(where + ": predict needs a fit first");
  const int64_t samples = samples_in(x, where);
  std::vector<double> values;
  for (const double score : detail::values_of(x, samples, where)) {
    const auto above = static_cast<size_t>(std::lower_bound(x_.begin(), x_.end(), score) - x_.begin());
    if (above == 0 || above == x_.size()) {
      values.push_back(above == 0 ? y_.front() : y_.back());
    } else {
      const double share = (score - x_[above - 1]) / (x_[above] - x_[above - 1]);
      values.push_back(y_[above - 1] + (y_[above] - y_[above - 1]) * share);
    }
  }
  return Tensor::from(values);
}

double fit_temperature(const Tensor& logits, const Tensor& y_true) {
  const std::string where = "fit_temperature";
  const int64_t samples = samples_in(logits, where);
  if (logits.rank() > 2) throw InvalidArgument(where + ": logits must be (samples, classes), received " + logits.shape().str());
  size_t width = logits.rank() == 2 ? static_cast<size_t>(logits.shape()[1]) : 1;
  std::vector<double> rows = logits.to_vector<double>();
  if (!std::all_of(rows.begin(), rows.end(), [](double value) { return std::isfinite(value); }))
    throw InvalidArgument(where + ": logits must be finite");
  if (width == 1) {  // log-odds against 0
    std::vector<double> both;
    for (const double odds : rows) both.insert(both.end(), {0, odds});
    rows = std::move(both);
    width = 2;
  }
  const std::vector<int32_t> labels = detail::labels_of(y_true, samples, where);
  for (const int32_t label : labels) {
    if (label < 0 || static_cast<size_t>(label) >= width)
      throw InvalidArgument(where + ": label " + std::to_string(label) + " is beyond the " + std::to_string(width) + " classes");
  }
  // The loss is convex in 1 / T, and has one valley over log T: thirds of it are cut off until nothing is left.
  double low = std::log(0.01), high = std::log(100.0);
  while (high - low > 1e-9) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    const double at_a = cooled_loss(rows, width, labels, std::exp(a)), at_b = cooled_loss(rows, width, labels, std::exp(b));
    if (at_a <= at_b) high = b;
    if (at_b <= at_a) low = a;  // of equal ones the valley is between them: logits that are alike stay as they are
  }
  return std::exp((low + high) / 2);
}

}  // namespace lamina::classic
