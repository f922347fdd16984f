// Figures for decisions: scores sorted once, then counted.
#include "lamina/classic/decisions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "lamina/base/error.h"
#include "lamina/classic/calibration.h"
#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/metrics.h"

namespace lamina::classic {
namespace {

// Labels with their scores.
struct Scored {
  std::vector<int32_t> labels;
  std::vector<double> scores;
  std::vector<double> of(int32_t label) const {
    std::vector<double> some;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == label) some.push_back(scores[i]);
    }
    return some;
  }
};

Scored scored_of(const Tensor& y_true, const Tensor& y_score, const std::string& where) {
  if (!y_true.defined() || y_true.rank() == 0 || y_true.shape()[0] == 0)
    throw InvalidArgument(where + ": needs at least one sample, received " +
                          (y_true.defined() ? y_true.shape().str() : "no tensor"));
  const int64_t samples = y_true.shape()[0];
  Scored result{detail::labels_of(y_true, samples, where), detail::values_of(y_score, samples, where)};
  for (size_t i = 0; i < result.labels.size(); ++i) {
    if (result.labels[i] != 0 && result.labels[i] != 1)
      throw InvalidArgument(where + ": y_true must hold the labels 0 and 1, received " +
                            std::to_string(result.labels[i]) + " for sample " + std::to_string(i));
  }
  return result;
}

void check_probabilities(const Scored& all, const std::string& where) {
  for (size_t i = 0; i < all.scores.size(); ++i) {
    if (!(all.scores[i] >= 0 && all.scores[i] <= 1))
      throw InvalidArgument(where + ": y_prob must hold probabilities from 0 to 1, received " +
                            std::to_string(all.scores[i]) + " for sample " + std::to_string(i));
  }
}

// How likely a positive is above a negative; ties count half. Both ascending.
double area_between(const std::vector<double>& negatives, const std::vector<double>& positives) {
  double sum = 0;
  size_t below = 0, not_above = 0;
  for (const double score : positives) {
    while (below < negatives.size() && negatives[below] < score) ++below;
    while (not_above < negatives.size() && negatives[not_above] <= score) ++not_above;
    sum += static_cast<double>(below + not_above) / 2;
  }
  return sum / (static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

std::vector<double> drawn(const std::vector<double>& sorted, std::mt19937_64& random) {
  std::vector<size_t> counts(sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) ++counts[random() % sorted.size()];
  std::vector<double> some;
  some.reserve(sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) some.insert(some.end(), counts[i], sorted[i]);
  return some;
}

// As NumPy's percentile: between two values by the distance.
double quantile_of(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const double above = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (above - sorted[below]) * (place - static_cast<double>(below));
}

double share_of(double part, double all) {
  return all > 0 ? part / all : std::numeric_limits<double>::quiet_NaN();
}

Subgroup figures_of(const std::string& name, const Scored& some, double threshold) {
  Subgroup group;
  group.name = name;
  group.samples = static_cast<int64_t>(some.labels.size());
  double hits = 0, passes = 0;
  for (size_t i = 0; i < some.labels.size(); ++i) {
    group.positives += some.labels[i];
    (some.labels[i] == 1 ? hits : passes) += (some.scores[i] >= threshold) == (some.labels[i] == 1);
  }
  const auto positives = static_cast<double>(group.positives);
  const double negatives = static_cast<double>(group.samples) - positives;
  const Tensor labels = Tensor::from(some.labels), scores = Tensor::from(some.scores);
  group.roc_auc = positives > 0 && negatives > 0 ? roc_auc_score(labels, scores)
                                                 : std::numeric_limits<double>::quiet_NaN();
  group.sensitivity = share_of(hits, positives);
  group.specificity = share_of(passes, negatives);
  group.calibration_error = expected_calibration_error(labels, scores);
  return group;
}

}  // namespace

Interval bootstrap_roc_auc(const Tensor& y_true, const Tensor& y_score, const BootstrapOptions& options) {
  const std::string where = "bootstrap_roc_auc";
  if (options.n_resamples < 1 || options.n_resamples > 1'000'000)
    throw InvalidArgument(where + ": n_resamples must be between 1 and 1000000, received " +
                          std::to_string(options.n_resamples));
  if (!(options.confidence > 0 && options.confidence < 1))
    throw InvalidArgument(where + ": confidence must be between 0 and 1, received " + std::to_string(options.confidence));
  Interval result;
  result.value = roc_auc_score(y_true, y_score);  // which checks the labels
  const Scored all = scored_of(y_true, y_score, where);
  std::vector<double> negatives = all.of(0), positives = all.of(1);
  std::sort(negatives.begin(), negatives.end());
  std::sort(positives.begin(), positives.end());
  std::mt19937_64 random(options.seed);
  std::vector<double> areas;
  for (int64_t i = 0; i < options.n_resamples; ++i) {
    const std::vector<double> some = drawn(negatives, random);
    areas.push_back(area_between(some, drawn(positives, random)));
  }
  std::sort(areas.begin(), areas.end());
  result.low = quantile_of(areas, (1 - options.confidence) / 2);
  result.high = quantile_of(areas, (1 + options.confidence) / 2);
  return result;
}

OperatingPoint sensitivity_at_specificity(const Tensor& y_true, const Tensor& y_score, double specificity) {
  if (!(specificity >= 0 && specificity <= 1))
    throw InvalidArgument("sensitivity_at_specificity: specificity must be between 0 and 1, received " +
                          std::to_string(specificity));
  const RocCurve curve = roc_curve(y_true, y_score);
  OperatingPoint best{curve.thresholds[0], 0, 1};
  for (size_t i = 0; i < curve.fpr.size(); ++i) {
    const bool enough = 1 - curve.fpr[i] >= specificity;
    if (enough && curve.tpr[i] > best.sensitivity) best = {curve.thresholds[i], curve.tpr[i], 1 - curve.fpr[i]};
  }
  return best;
}

DecisionCurve decision_curve(const Tensor& y_true, const Tensor& y_prob, std::vector<double> thresholds) {
  const std::string where = "decision_curve";
  const Scored all = scored_of(y_true, y_prob, where);
  check_probabilities(all, where);
  if (thresholds.empty()) {
    for (int i = 1; i < 100; ++i) thresholds.push_back(i / 100.0);
  }
  DecisionCurve curve;
  curve.thresholds = std::move(thresholds);
  const auto samples = static_cast<double>(all.labels.size());
  const double positives = static_cast<double>(std::count(all.labels.begin(), all.labels.end(), 1));
  for (const double threshold : curve.thresholds) {
    if (!(threshold > 0 && threshold < 1))
      throw InvalidArgument(where + ": thresholds must be between 0 and 1, received " + std::to_string(threshold));
    double right = 0, wrong = 0;
    for (size_t i = 0; i < all.labels.size(); ++i) {
      if (all.scores[i] >= threshold) (all.labels[i] == 1 ? right : wrong) += 1;
    }
    const double odds = threshold / (1 - threshold);
    curve.net_benefit.push_back((right - odds * wrong) / samples);
    curve.treat_all.push_back((positives - odds * (samples - positives)) / samples);
  }
  return curve;
}

std::vector<Subgroup> subgroup_report(const Tensor& y_true, const Tensor& y_prob, const std::vector<std::string>& groups,
                                      double threshold) {
  const std::string where = "subgroup_report";
  const Scored all = scored_of(y_true, y_prob, where);
  check_probabilities(all, where);
  if (groups.size() != all.labels.size())
    throw InvalidArgument(where + ": expected a group for each of " + std::to_string(all.labels.size()) +
                          " samples, received " + std::to_string(groups.size()));
  std::map<std::string, Scored> parts;
  for (size_t i = 0; i < groups.size(); ++i) {
    parts[groups[i]].labels.push_back(all.labels[i]);
    parts[groups[i]].scores.push_back(all.scores[i]);
  }
  std::vector<Subgroup> report;
  for (const auto& [name, some] : parts) report.push_back(figures_of(name, some, threshold));
  return report;
}

}  // namespace lamina::classic
