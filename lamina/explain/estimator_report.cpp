// The report of a run of an estimator.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/explain/detail/run_parts.h"
#include "lamina/explain/run_report.h"

namespace lamina {
namespace {

// Labels as places among the estimator's classes.
Tensor places_of(const Tensor& labels, const std::vector<int32_t>& classes) {
  std::vector<int32_t> places;
  for (const int32_t label : labels.to_vector<int32_t>()) {
    const auto at = std::lower_bound(classes.begin(), classes.end(), label);
    if (at == classes.end() || *at != label) {
      throw InvalidArgument(
          fmt::format("sample {} is of class {}, which the estimator has not learned", places.size(), label));
    }
    places.push_back(static_cast<int32_t>(at - classes.begin()));
  }
  return Tensor::from(places);
}

Classification classification_of(const classic::Predictor& predictor, const Samples& samples) {
  const Tensor expected = places_of(samples.y, predictor.classes());
  try {
    return classify(predictor.predict_proba(samples.x), expected, OutputKind::kClasses);
  } catch (const Unsupported&) {
    // Without probabilities there is a confusion matrix, and there are no curves.
    Classification said;
    said.classes = static_cast<int>(predictor.classes().size());
    for (const int32_t place : expected.to_vector<int32_t>()) said.expected.push_back(place);
    for (const int32_t place :
         places_of(predictor.predict(samples.x), predictor.classes()).to_vector<int32_t>())
      said.predicted.push_back(place);
    said.confidence.resize(said.predicted.size());
    return said;
  }
}

// What was said of each value; of very many samples, every so manieth.
Plot predictions_plot(const classic::Predictor& predictor, const Samples& samples) {
  constexpr size_t kMostDots = 2000;
  const std::vector<double> values = samples.y.to_vector<double>();
  const std::vector<float> said = predictor.predict(samples.x).to_vector<float>();
  Plot plot{.heading = "Predictions", .note = {}, .x_label = "value", .y_label = "prediction"};
  Plot::Curve dots{.name = "samples", .x = {}, .y = {}, .look = Look::kDots};
  for (size_t i = 0; i < values.size(); i += values.size() / kMostDots + 1) {
    dots.x.push_back(values[i]);
    dots.y.push_back(said[i]);
  }
  const auto [least, most] = std::minmax_element(dots.x.begin(), dots.x.end());
  plot.curves = {{.name = "all right", .x = {*least, *most}, .y = {*least, *most}, .look = Look::kDashed},
                 std::move(dots)};
  return plot;
}

void add_importances(TrainingReport& report, const FittedEstimator& estimator) {
  constexpr size_t kMost = 20;
  const std::vector<double> shares = estimator.predictor->feature_importances();
  if (shares.empty()) return;
  const std::vector<std::string> names = estimator_features(estimator);
  std::vector<size_t> order(shares.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return shares[a] > shares[b]; });
  order.resize(std::min(order.size(), kMost));
  TrainingReport::Rows rows;
  for (const size_t i : order) {
    rows.emplace_back(names.size() == shares.size() ? names[i] : fmt::format("feature {}", i),
                      fmt::format("{:.4f}", shares[i]));
  }
  report.sections.push_back(
      {shares.size() > kMost ? fmt::format("Importance of features, the first {} of {}", kMost, shares.size())
                             : "Importance of features",
       rows});
}

}  // namespace

TrainingReport::Rows extent_rows(const classic::Estimator& estimator) {
  TrainingReport::Rows rows;
  const Json extent = estimator.extent();
  for (const auto& [name, value] : extent.as_object())
    rows.emplace_back(detail::spaced(name), detail::grouped(value.as_int()));
  for (const auto& [name, part] : estimator.parts()) {
    for (auto& [what, value] : extent_rows(*part)) rows.emplace_back(name + ": " + what, value);
  }
  return rows;
}

TrainingReport run_report(const FittedEstimator& estimator, const RunDescription& run) {
  const classic::Predictor& predictor = *estimator.predictor;
  const bool trained = run.train_samples > 0;
  const bool has_samples = !run.held_out.x.empty();
  const Samples held_out = has_samples ? Samples{run.held_out.x[0], run.held_out.y[0]} : Samples{};
  const int64_t judged = has_samples ? held_out.x.shape()[0] : 0;
  const std::string samples = detail::count_of(
      judged, (run.held_out_name.empty() ? "" : run.held_out_name + " ") + std::string("sample"));
  TrainingReport report;
  report.title = run.title;
  report.subtitle =
      fmt::format("{}, {} on {} of {}{}{}", predictor.class_name(), trained ? "fitted" : "evaluated",
                  detail::count_of(trained ? run.train_samples : judged, "sample"), run.data,
                  run.date.empty() ? "" : ", ", run.date);
  report.command = run.command;
  report.plots = run.plots;
  detail::add_metrics(report, run);
  if (trained) {
    report.headlines.push_back(
        {"training time", detail::duration(run.seconds), fmt::format("{} threads", num_threads())});
  }
  TrainingReport::Rows rows = {{"estimator", predictor.class_name()}};
  for (const auto& [name, value] : predictor.params().as_object())
    if (!value.is_list())
      rows.emplace_back(detail::spaced(name), value.is_string() ? value.as_string() : value.dump());
  rows.emplace_back("features", detail::grouped(predictor.n_features_in()));
  for (auto& row : extent_rows(predictor)) rows.push_back(std::move(row));
  detail::add_configuration(report, run, trained, rows);
  add_importances(report, estimator);
  detail::add_machine(report);
  if (judged == 0) return report;
  if (!predictor.is_classifier()) {
    report.plots.push_back(predictions_plot(predictor, held_out));
    return report;
  }
  std::vector<std::string> names;
  for (const int32_t label : predictor.classes()) names.push_back(class_name_of(estimator, label));
  add_classification(report, classification_of(predictor, held_out), names, samples);
  return report;
}

}  // namespace lamina
