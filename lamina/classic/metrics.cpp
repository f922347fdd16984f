// Metrics: plain counting over labels, and over scores in descending order.
#include "lamina/classic/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include "lamina/base/error.h"
#include "lamina/classic/detail/confusion.h"
#include "lamina/classic/detail/matrix.h"

namespace lamina::classic {

namespace detail {

std::vector<std::vector<int64_t>> count_pairs(std::span<const int32_t> expected,
                                              std::span<const int32_t> predicted, size_t classes) {
  std::vector<std::vector<int64_t>> counts(classes, std::vector<int64_t>(classes, 0));
  for (size_t i = 0; i < expected.size(); ++i)
    ++counts[static_cast<size_t>(expected[i])][static_cast<size_t>(predicted[i])];
  return counts;
}

}  // namespace detail

namespace {

int64_t samples_of(const Tensor& y, const std::string& where) {
  if (!y.defined() || y.rank() == 0 || y.shape()[0] == 0)
    throw InvalidArgument(where + ": needs at least one sample, received " +
                          (y.defined() ? y.shape().str() : "no tensor"));
  return y.shape()[0];
}

struct Pairs {
  std::vector<int32_t> labels;               // that occur, ascending
  std::vector<std::vector<int64_t>> counts;  // [true][predicted]
};

Pairs pairs_of(const Tensor& y_true, const Tensor& y_pred, const std::string& where) {
  const int64_t n = samples_of(y_true, where);
  std::vector<int32_t> expected = detail::labels_of(y_true, n, where);
  std::vector<int32_t> predicted = detail::labels_of(y_pred, n, where);
  Pairs pairs;
  pairs.labels = expected;
  pairs.labels.insert(pairs.labels.end(), predicted.begin(), predicted.end());
  pairs.labels = detail::distinct(std::move(pairs.labels));
  if (pairs.labels.size() > 10000)
    throw InvalidArgument(
        where + ": " + std::to_string(pairs.labels.size()) +
        " different labels; at most 10000 are counted: are these numbers, for a regressor?");
  for (auto* side : {&expected, &predicted}) {
    for (int32_t& label : *side)
      label = static_cast<int32_t>(std::lower_bound(pairs.labels.begin(), pairs.labels.end(), label) -
                                   pairs.labels.begin());
  }
  pairs.counts = detail::count_pairs(expected, predicted, pairs.labels.size());
  return pairs;
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

std::vector<ClassReport> reports_of(const Pairs& pairs) {
  std::vector<ClassReport> reports;
  for (size_t c = 0; c < pairs.labels.size(); ++c) {
    int64_t is = 0, called = 0;
    for (size_t i = 0; i < pairs.labels.size(); ++i) {
      is += pairs.counts[c][i];
      called += pairs.counts[i][c];
    }
    const auto hits = static_cast<double>(pairs.counts[c][c]);
    reports.push_back({pairs.labels[c], ratio(hits, static_cast<double>(called)),
                       ratio(hits, static_cast<double>(is)),
                       ratio(2 * hits, static_cast<double>(is + called)), is});
  }
  return reports;
}

// Means over the classes, plain or by their samples.
ClassReport mean_of(const std::vector<ClassReport>& reports, bool weighted) {
  ClassReport mean;
  double total = 0;
  for (const ClassReport& each : reports) {
    const double weight = weighted ? static_cast<double>(each.support) : 1;
    mean.precision += weight * each.precision;
    mean.recall += weight * each.recall;
    mean.f1 += weight * each.f1;
    mean.support += each.support;
    total += weight;
  }
  mean.precision /= total;
  mean.recall /= total;
  mean.f1 /= total;
  return mean;
}

double accuracy_of(const Pairs& pairs) {
  int64_t hits = 0, all = 0;
  for (size_t i = 0; i < pairs.counts.size(); ++i) {
    hits += pairs.counts[i][i];
    all = std::accumulate(pairs.counts[i].begin(), pairs.counts[i].end(), all);
  }
  return static_cast<double>(hits) / static_cast<double>(all);
}

// For every threshold, descending: how many negatives and positives are at or above it.
struct Counts {
  std::vector<double> negatives, positives, thresholds;
};

Counts counts_of(const Tensor& y_true, const Tensor& y_score, const std::string& where) {
  const int64_t n = samples_of(y_true, where);
  const std::vector<int32_t> labels = detail::labels_of(y_true, n, where);
  const std::vector<double> scores = detail::values_of(y_score, n, where);
  if (detail::distinct(labels) != std::vector<int32_t>{0, 1})
    throw InvalidArgument(where + ": y_true must hold the labels 0 and 1, and both of them");
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  Counts counts;
  double negatives = 0, positives = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (labels[order[i]] == 1 ? positives : negatives) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    counts.negatives.push_back(negatives);
    counts.positives.push_back(positives);
    counts.thresholds.push_back(scores[order[i]]);
  }
  return counts;
}

struct Numbers {
  std::vector<double> expected, predicted;
};

Numbers numbers_of(const Tensor& y_true, const Tensor& y_pred, const std::string& where) {
  const int64_t n = samples_of(y_true, where);
  return {detail::values_of(y_true, n, where), detail::values_of(y_pred, n, where)};
}

}  // namespace

double accuracy_score(const Tensor& y_true, const Tensor& y_pred) {
  const int64_t n = samples_of(y_true, "accuracy_score");
  const std::vector<int32_t> expected = detail::labels_of(y_true, n, "accuracy_score");
  const std::vector<int32_t> predicted = detail::labels_of(y_pred, n, "accuracy_score");
  int64_t hits = 0;
  for (size_t i = 0; i < expected.size(); ++i) hits += expected[i] == predicted[i];
  return static_cast<double>(hits) / static_cast<double>(n);
}

Tensor confusion_matrix(const Tensor& y_true, const Tensor& y_pred) {
  return Tensor::from(pairs_of(y_true, y_pred, "confusion_matrix").counts);
}

std::vector<ClassReport> class_reports(const Tensor& y_true, const Tensor& y_pred) {
  return reports_of(pairs_of(y_true, y_pred, "class_reports"));
}

std::string classification_report(const Tensor& y_true, const Tensor& y_pred,
                                  const std::vector<std::string>& target_names, int digits) {
  const Pairs pairs = pairs_of(y_true, y_pred, "classification_report");
  const std::vector<ClassReport> reports = reports_of(pairs);
  if (!target_names.empty() && target_names.size() != reports.size()) {
    throw InvalidArgument("classification_report: " + std::to_string(target_names.size()) + " names for " +
                          std::to_string(reports.size()) + " classes");
  }
  if (digits < 0 || digits > 15)
    throw InvalidArgument("classification_report: digits must be between 0 and 15, received " +
                          std::to_string(digits));
  std::vector<std::string> names = target_names;
  for (size_t i = names.size(); i < reports.size(); ++i) names.push_back(std::to_string(reports[i].label));
  size_t width = std::max<size_t>(std::string_view("weighted avg").size(), static_cast<size_t>(digits));
  for (const std::string& name : names) width = std::max(width, name.size());

  std::string text = fmt::format("{:>{}}  {:>9} {:>9} {:>9} {:>9}\n\n", "", width, "precision", "recall",
                                 "f1-score", "support");
  const auto line = [&](const std::string& name, const ClassReport& r) {
    text += fmt::format("{:>{}}  {:>9.{}f} {:>9.{}f} {:>9.{}f} {:>9}\n", name, width, r.precision, digits,
                        r.recall, digits, r.f1, digits, r.support);
  };
  for (size_t i = 0; i < reports.size(); ++i) line(names[i], reports[i]);
  const ClassReport weighted = mean_of(reports, true);
  text += fmt::format("\n{:>{}}  {:>9} {:>9} {:>9.{}f} {:>9}\n", "accuracy", width, "", "",
                      accuracy_of(pairs), digits, weighted.support);
  line("macro avg", mean_of(reports, false));
  line("weighted avg", weighted);
  return text;
}

double f1_score(const Tensor& y_true, const Tensor& y_pred, const std::string& average) {
  const Pairs pairs = pairs_of(y_true, y_pred, "f1_score");
  const std::vector<ClassReport> reports = reports_of(pairs);
  if (average == "macro") return mean_of(reports, false).f1;
  if (average == "weighted") return mean_of(reports, true).f1;
  if (average == "micro") return accuracy_of(pairs);
  if (average != "binary")
    throw InvalidArgument(
        "f1_score: average must be \"binary\", \"macro\", \"weighted\" or \"micro\", received \"" + average +
        "\"");
  double f1 = 0;
  for (const ClassReport& each : reports) {
    if (each.label != 0 && each.label != 1)
      throw InvalidArgument("f1_score: average \"binary\" is for the labels 0 and 1, received " +
                            std::to_string(each.label) + "; ask for \"macro\" or \"weighted\"");
    if (each.label == 1) f1 = each.f1;
  }
  return f1;
}

RocCurve roc_curve(const Tensor& y_true, const Tensor& y_score) {
  const Counts counts = counts_of(y_true, y_score, "roc_curve");
  RocCurve curve{{0}, {0}, {std::numeric_limits<double>::infinity()}};
  const size_t n = counts.thresholds.size();
  const auto bends = [&](const std::vector<double>& v, size_t i) {
    return v[i + 1] - v[i] != v[i] - v[i - 1];
  };
  for (size_t i = 0; i < n; ++i) {
    const bool inside = i > 0 && i + 1 < n;
    if (inside && !bends(counts.negatives, i) && !bends(counts.positives, i)) continue;
    curve.fpr.push_back(counts.negatives[i] / counts.negatives.back());
    curve.tpr.push_back(counts.positives[i] / counts.positives.back());
    curve.thresholds.push_back(counts.thresholds[i]);
  }
  return curve;
}

double roc_auc_score(const Tensor& y_true, const Tensor& y_score) {
  const Counts counts = counts_of(y_true, y_score, "roc_auc_score");
  double area = 0, x = 0, y = 0;
  for (size_t i = 0; i < counts.thresholds.size(); ++i) {
    area += (counts.negatives[i] - x) * (counts.positives[i] + y) / 2;
    x = counts.negatives[i];
    y = counts.positives[i];
  }
  return area / (x * y);
}

PrecisionRecallCurve precision_recall_curve(const Tensor& y_true, const Tensor& y_score) {
  const Counts counts = counts_of(y_true, y_score, "precision_recall_curve");
  PrecisionRecallCurve curve;
  for (size_t i = counts.thresholds.size(); i-- > 0;) {
    curve.precision.push_back(counts.positives[i] / (counts.positives[i] + counts.negatives[i]));
    curve.recall.push_back(counts.positives[i] / counts.positives.back());
    curve.thresholds.push_back(counts.thresholds[i]);
  }
  curve.precision.push_back(1);
  curve.recall.push_back(0);
  return curve;
}

double average_precision_score(const Tensor& y_true, const Tensor& y_score) {
  const Counts counts = counts_of(y_true, y_score, "average_precision_score");
  double area = 0, before = 0;
  for (size_t i = 0; i < counts.thresholds.size(); ++i) {
    const double positives = counts.positives[i];
    area += (positives - before) * positives / (positives + counts.negatives[i]);
    before = positives;
  }
  return area / before;
}

double mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const Numbers y = numbers_of(y_true, y_pred, "mean_squared_error");
  double sum = 0;
  for (size_t i = 0; i < y.expected.size(); ++i) {
    const double error = y.expected[i] - y.predicted[i];
    sum += error * error;
  }
  return sum / static_cast<double>(y.expected.size());
}

double mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  const Numbers y = numbers_of(y_true, y_pred, "mean_absolute_error");
  double sum = 0;
  for (size_t i = 0; i < y.expected.size(); ++i) sum += std::abs(y.expected[i] - y.predicted[i]);
  return sum / static_cast<double>(y.expected.size());
}

double r2_score(const Tensor& y_true, const Tensor& y_pred) {
  const Numbers y = numbers_of(y_true, y_pred, "r2_score");
  if (y.expected.size() < 2)
    throw InvalidArgument("r2_score: one sample has no variance; needs at least two");
  double mean = 0, left = 0, all = 0;
  for (const double each : y.expected) mean += each / static_cast<double>(y.expected.size());
  for (size_t i = 0; i < y.expected.size(); ++i) {
    left += (y.expected[i] - y.predicted[i]) * (y.expected[i] - y.predicted[i]);
    all += (y.expected[i] - mean) * (y.expected[i] - mean);
  }
  if (all == 0) return left == 0 ? 1 : 0;
  return 1 - left / all;
}

}  // namespace lamina::classic
