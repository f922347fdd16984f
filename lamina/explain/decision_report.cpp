// Rows and a curve for decisions.
#include "lamina/explain/decision_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/classic/decisions.h"
#include "lamina/classic/recalibration.h"
#include "lamina/zoo/judged_by.h"

namespace lamina {
namespace {

Plot decision_plot(const Tensor& labels, const Tensor& scores) {
  const classic::DecisionCurve curve = classic::decision_curve(labels, scores);
  Plot plot{.heading = "Decision curve",
            .note = "net benefit of acting from a probability on",
            .x_label = "probability from which one acts",
            .y_label = "net benefit"};
  const double most = std::max(*std::max_element(curve.net_benefit.begin(), curve.net_benefit.end()),
                               *std::max_element(curve.treat_all.begin(), curve.treat_all.end()));
  plot.x_range = {0, 1};
  const double least = -0.1 * most;
  plot.y_range = {least, 1.1 * most};
  const auto shown = [&](std::vector<double> values) {  // what falls below is left out: the line for all does without end
    for (double& value : values) {
      if (value < least) value = std::numeric_limits<double>::quiet_NaN();
    }
    return values;
  };
  plot.curves.push_back({"for all", curve.thresholds, shown(curve.treat_all), Look::kDashed});
  plot.curves.push_back({"for none", {0, 1}, {0, 0}, Look::kDashed});
  plot.curves.push_back({"by the model", curve.thresholds, shown(curve.net_benefit)});
  return plot;
}

}  // namespace

void add_decisions(TrainingReport& report, const Model& model, const Classification& said) {
  const JudgedBy judged_by = JudgedBy::of(model.data_info());
  const bool by_area = std::find(judged_by.names.begin(), judged_by.names.end(), "auc") != judged_by.names.end();
  const auto ones = std::count(said.expected.begin(), said.expected.end(), 1);
  if (!by_area || said.classes != 2 || ones == 0 || ones == static_cast<int64_t>(said.expected.size())) return;
  std::vector<double> scores, logarithms;
  for (const std::vector<float>& row : said.probabilities) {
    scores.push_back(std::clamp<double>(row[1], 0, 1));
    for (const float share : row) logarithms.push_back(std::log(std::max<double>(share, 1e-12)));
  }
  const auto samples = static_cast<int64_t>(scores.size());
  const Tensor labels = Tensor::from(said.expected), x = Tensor::from(scores);
  const classic::Interval area = classic::bootstrap_roc_auc(labels, x);
  TrainingReport::Rows rows{{"area under the ROC curve", fmt::format("{:.3f}, 95 % between {:.3f} and {:.3f} (2000 bootstrap samples)",
                                                                     area.value, area.low, area.high)}};
  for (const double specificity : {0.8, 0.9, 0.95}) {
    const classic::OperatingPoint point = classic::sensitivity_at_specificity(labels, x, specificity);
    rows.emplace_back(fmt::format("sensitivity at a specificity of {:g}", specificity),
                      fmt::format("{:.3f} from a probability of {:.3f} on", point.sensitivity, point.threshold));
  }
  rows.emplace_back("temperature with the least loss here",
                    fmt::format("{:.2f} (above 1: the model is too sure)",
                                classic::fit_temperature(Tensor::from(logarithms, Shape{samples, 2}), labels)));
  if (!judged_by.notice.empty()) rows.emplace_back("note", judged_by.notice);
  report.sections.push_back({"Decisions", rows});
  report.plots.push_back(decision_plot(labels, x));
}

}  // namespace lamina
