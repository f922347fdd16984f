// From an estimator's answers to a page.
#include "estimator_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/explain/run_report.h"
#include "pages.h"
#include "run_folder.h"

namespace lamina::cli {
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

Classification classification_of(const classic::Predictor& predictor, const Tensor& x, const Tensor& y) {
  const Tensor expected = places_of(y, predictor.classes());
  try {
    return classify(predictor.predict_proba(x), expected, OutputKind::kClasses);
  } catch (const Unsupported&) {
    // Without probabilities there is a confusion matrix, and there are no curves.
    Classification said;
    said.classes = static_cast<int>(predictor.classes().size());
    for (const int32_t place : expected.to_vector<int32_t>()) said.expected.push_back(place);
    for (const int32_t place : places_of(predictor.predict(x), predictor.classes()).to_vector<int32_t>())
      said.predicted.push_back(place);
    said.confidence.resize(said.predicted.size());
    return said;
  }
}

}  // namespace

void write_estimator_page(const EstimatorPage& page, const FittedEstimator& fitted, const Tensor& x,
                          const Tensor& y, double accuracy) {
  const classic::Predictor& predictor = *fitted.predictor;
  if (!predictor.is_classifier())
    throw InvalidArgument("--report is for classifiers; this is a " + predictor.class_name());
  std::vector<std::string> names;
  for (const int32_t label : predictor.classes()) {
    const auto at = static_cast<size_t>(label);
    names.push_back(label >= 0 && at < fitted.info.class_names.size() ? fitted.info.class_names[at]
                                                                      : std::to_string(label));
  }
  const int64_t count = y.shape()[0];
  const std::string samples = fmt::format("{} {}", count, count == 1 ? "sample" : "samples");
  TrainingReport report;
  report.title = std::filesystem::path(page.title).stem().string();
  report.subtitle =
      fmt::format("{}, evaluated on {} of {}, {}", predictor.class_name(), samples, page.source, today());
  report.command = shell_line(page.words);
  report.headlines = {{"accuracy", fmt::format("{:.2f} %", accuracy * 100), samples}};
  add_classification(report, classification_of(predictor, x, y), names, samples);
  write_page(page.path, to_html(report), page.overwrite);
}

}  // namespace lamina::cli
