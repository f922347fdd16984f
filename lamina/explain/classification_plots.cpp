// One class against the rest, as curves.
#include "lamina/explain/classification_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/classic/calibration.h"
#include "lamina/classic/metrics.h"

namespace lamina {
namespace {

constexpr size_t kMostCurves = 10;
constexpr int kBins = 10;

// What is known of one class: labels 1 for it and 0 for the rest, and its probabilities.
struct OneClass {
  std::string name;
  Tensor labels, scores;
  double positives = 0;  // share of the samples
  double roc_area = 0, precision_area = 0;
};

// A curve with the points that can be seen apart: both ends, and those a step away from the last one.
Plot::Curve thinned(std::string name, const std::vector<double>& x, const std::vector<double>& y) {
  constexpr double kStep = 1.0 / 400;
  Plot::Curve curve{.name = std::move(name), .x = {}, .y = {}};
  for (size_t i = 0; i < x.size(); ++i) {
    const bool end = i == 0 || i + 1 == x.size();
    if (!end && std::fabs(x[i] - curve.x.back()) + std::fabs(y[i] - curve.y.back()) < kStep) continue;
    curve.x.push_back(x[i]);
    curve.y.push_back(y[i]);
  }
  return curve;
}

std::vector<OneClass> classes_of(const Classification& said, const std::vector<std::string>& names) {
  std::vector<OneClass> all;
  const auto width = static_cast<size_t>(said.classes);
  for (size_t label = width == 2 ? 1 : 0; label < width; ++label) {
    std::vector<int32_t> labels;
    std::vector<float> scores;
    int64_t positives = 0;
    for (size_t i = 0; i < said.expected.size(); ++i) {
      labels.push_back(said.expected[i] == static_cast<int>(label));
      scores.push_back(said.probabilities[i][label]);
      positives += labels.back();
    }
    if (positives == 0 || positives == static_cast<int64_t>(labels.size())) continue;
    OneClass one;
    one.name = label < names.size() ? names[label] : "class " + std::to_string(label);
    one.positives = static_cast<double>(positives) / static_cast<double>(labels.size());
    one.labels = Tensor::from(labels);
    one.scores = Tensor::from(scores);
    one.roc_area = classic::roc_auc_score(one.labels, one.scores);
    one.precision_area = classic::average_precision_score(one.labels, one.scores);
    all.push_back(std::move(one));
  }
  return all;
}

// "area 0.9312", or the mean over the classes and which of them are drawn.
std::string note_of(const char* area, double mean, size_t classes, size_t drawn) {
  if (classes == 1) return fmt::format("{} {:.4f}", area, mean);
  std::string note = fmt::format("each class against the rest; mean {} {:.4f}", area, mean);
  if (drawn < classes) note += fmt::format("; the {} smallest of {}", drawn, classes);
  return note;
}

Plot square_plot(const char* heading, const char* x_label, const char* y_label) {
  Plot plot{.heading = heading, .note = {}, .x_label = x_label, .y_label = y_label};
  plot.x_range = plot.y_range = {0, 1};
  return plot;
}

std::string entry(const OneClass& one, double area, size_t classes) {
  return classes == 1 ? one.name : fmt::format("{} {:.3f}", one.name, area);
}

double mean_of(const std::vector<OneClass>& all, double OneClass::*area) {
  double sum = 0;
  for (const OneClass& one : all) sum += one.*area;
  return sum / static_cast<double>(all.size());
}

// The classes to be drawn: all, or those with the smallest areas, in their order.
std::vector<const OneClass*> drawn_of(const std::vector<OneClass>& all, double OneClass::*area) {
  std::vector<const OneClass*> drawn;
  for (const OneClass& one : all) drawn.push_back(&one);
  if (drawn.size() <= kMostCurves) return drawn;
  std::stable_sort(drawn.begin(), drawn.end(),
                   [&](const OneClass* a, const OneClass* b) { return a->*area < b->*area; });
  drawn.resize(kMostCurves);
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

Plot roc_plot(const std::vector<OneClass>& all) {
  Plot plot = square_plot("ROC", "false positive rate", "true positive rate");
  const auto drawn = drawn_of(all, &OneClass::roc_area);
  plot.note = note_of("area", mean_of(all, &OneClass::roc_area), all.size(), drawn.size());
  plot.curves.push_back({"chance", {0, 1}, {0, 1}, Look::kDashed});
  for (const OneClass* one : drawn) {
    const classic::RocCurve roc = classic::roc_curve(one->labels, one->scores);
    plot.curves.push_back(thinned(entry(*one, one->roc_area, all.size()), roc.fpr, roc.tpr));
  }
  return plot;
}

Plot precision_recall_plot(const std::vector<OneClass>& all) {
  Plot plot = square_plot("Precision and recall", "recall", "precision");
  const auto drawn = drawn_of(all, &OneClass::precision_area);
  plot.note = note_of("average precision", mean_of(all, &OneClass::precision_area), all.size(), drawn.size());
  if (all.size() == 1)
    plot.curves.push_back({"chance", {0, 1}, {all[0].positives, all[0].positives}, Look::kDashed});
  for (const OneClass* one : drawn) {
    const auto curve = classic::precision_recall_curve(one->labels, one->scores);
    std::vector<double> recall, precision;  // in steps: between two thresholds nothing can be had
    for (size_t i = curve.recall.size(); i-- > 0;) {
      if (!recall.empty()) {
        recall.push_back(recall.back());
        precision.push_back(curve.precision[i]);
      }
      recall.push_back(curve.recall[i]);
      precision.push_back(curve.precision[i]);
    }
    plot.curves.push_back(thinned(entry(*one, one->precision_area, all.size()), recall, precision));
  }
  return plot;
}

Plot calibration_plot(const Classification& said, const std::vector<std::string>& names) {
  std::vector<int32_t> labels;
  std::vector<float> scores;
  const bool two = said.classes == 2;
  for (size_t i = 0; i < said.expected.size(); ++i) {
    labels.push_back(two ? said.expected[i] == 1 : said.expected[i] == said.predicted[i]);
    // Rounded numbers may stand a little outside.
    scores.push_back(std::clamp(two ? said.probabilities[i][1] : said.confidence[i], 0.0f, 1.0f));
  }
  const Tensor y = Tensor::from(labels), p = Tensor::from(scores);
  const classic::CalibrationCurve curve = classic::calibration_curve(y, p, {.n_bins = kBins});
  const std::string who =
      two ? (names.size() > 1 ? names[1] : std::string("class 1")) : "the class that was called";
  Plot plot = square_plot("Calibration", "", two ? "share that is" : "share that was right");
  plot.x_label = "mean probability of " + who;
  plot.note = fmt::format("expected calibration error {:.4f}",
                          classic::expected_calibration_error(y, p, {.n_bins = kBins}));
  plot.curves.push_back({"as it should be", {0, 1}, {0, 1}, Look::kDashed});
  plot.curves.push_back({"model", curve.prob_pred, curve.prob_true, Look::kMarked});
  return plot;
}

}  // namespace

std::vector<Plot> classification_plots(const Classification& said, const std::vector<std::string>& classes) {
  if (said.probabilities.empty() || said.classes < 2) return {};
  std::vector<Plot> plots;
  if (const std::vector<OneClass> all = classes_of(said, classes); !all.empty())
    plots = {roc_plot(all), precision_recall_plot(all)};
  plots.push_back(calibration_plot(said, classes));
  return plots;
}

}  // namespace lamina
