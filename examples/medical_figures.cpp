// What a model for patients is worth: ten-fold cross-validation of a recipe, the interval of its area under the ROC curve,
// sensitivity at a given specificity, subgroups, calibration before and after, and the decision curve as a picture.
// This is no medical device: its figures are of research data, and nobody may be diagnosed or treated by it.
//
// usage: example_medical_figures TABLE.csv     as UCI's table of heart disease, with a column "target"
// Without a table, 240 patients are made up.
//
// CI: DATA/tabular/heart_cleveland.csv
#include <lamina/lamina.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace lamina;

namespace {

// Age, sex and a pulse that falls with illness.
std::string made_up_patients() {
  std::mt19937 random(1);
  std::string table = "age,sex,thalach,target\n";
  for (int i = 0; i < 240; ++i) {
    const int ill = static_cast<int>(random() % 2), age = 40 + static_cast<int>(random() % 30) + 5 * ill;
    const int pulse = 175 - age / 3 - 18 * ill + static_cast<int>(random() % 40);
    table += std::to_string(age) + "," + std::to_string(random() % 2) + "," + std::to_string(pulse) + "," +
             std::to_string(ill) + "\n";
  }
  write_file("patients.csv", table);
  return "patients.csv";
}

// Probabilities from 0 to 1 as the labels have them, from scores that may not mean what they say.
double error_of(const Tensor& labels, const std::vector<double>& scores) {
  return classic::expected_calibration_error(labels, Tensor::from(scores));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : made_up_patients();
  const Recipe heart = recipe("heart");
  DataNeeds needs = heart.needs;
  needs.learned_from = true;
  const LabelledData data = load_data(path, {.label_column = "target", .needs = needs});
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  const CrossValidated said = cross_validate(
      heart, data, {.folds = heart.folds, .epochs = quick ? 10 : heart.epochs, .batch_size = heart.batch_size, .seed = 1});

  std::vector<double> scores, logarithms;
  for (const std::vector<float>& row : said.probabilities) {
    scores.push_back(row[1]);
    for (const float share : row) logarithms.push_back(std::log(std::max<double>(share, 1e-12)));
  }
  const auto samples = static_cast<int64_t>(scores.size());
  const Tensor labels = Tensor::from(said.labels), x = Tensor::from(scores);
  const classic::Interval area = classic::bootstrap_roc_auc(labels, x);
  std::printf("area under the ROC curve %.3f, 95 %% between %.3f and %.3f\n", area.value, area.low, area.high);
  const classic::OperatingPoint point = classic::sensitivity_at_specificity(labels, x, 0.9);
  std::printf("sensitivity %.3f at specificity %.3f, from a probability of %.3f on\n", point.sensitivity,
              point.specificity, point.threshold);

  for (const TextColumn& column : data.columns) {
    if (column.name() != "sex") continue;
    std::vector<std::string> groups;
    for (int64_t i = 0; i < samples; ++i) groups.emplace_back(column[static_cast<size_t>(i)]);
    for (const classic::Subgroup& group : classic::subgroup_report(labels, x, groups))
      std::printf("sex %s: %lld patients, area %.3f, sensitivity %.3f, specificity %.3f\n", group.name.c_str(),
                  static_cast<long long>(group.samples), group.roc_auc, group.sensitivity, group.specificity);
  }

  const double temperature = classic::fit_temperature(Tensor::from(logarithms, Shape{samples, 2}), labels);
  classic::IsotonicRegression isotonic;
  isotonic.fit(x, labels);  // on the same patients: how far it could be mended at best
  std::printf("expected calibration error %.3f; temperature %.2f; isotonic, on the same patients, %.3f\n",
              error_of(labels, scores), temperature, error_of(labels, isotonic.predict(x).to_vector<double>()));

  const classic::DecisionCurve curve = classic::decision_curve(labels, x);
  Plot plot{.heading = "Decision curve", .note = "", .x_label = "probability from which one acts", .y_label = "net benefit"};
  plot.y_range = {-0.05, 0.6};
  plot.curves.push_back({"by the model", curve.thresholds, curve.net_benefit});
  write_file("decisions.svg", plot_svg(plot));
  return area.value > 0.7 ? EXIT_SUCCESS : EXIT_FAILURE;
}
