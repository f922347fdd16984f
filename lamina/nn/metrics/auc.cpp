// AUC.
#include "lamina/nn/metrics/auc.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/detail/crossentropy.h"

namespace lamina::metrics {
namespace {

using lamina::detail::kEpsilon;

std::shared_ptr<Metric> make_auc(const Json& config) {
  ConfigReader reader(config, "AUC");
  AUCOptions options;
  options.num_thresholds = reader.integer("num_thresholds", options.num_thresholds);
  options.curve = reader.string("curve", options.curve);
  options.summation_method = reader.string("summation_method", options.summation_method);
  if (!reader.json("thresholds").is_null()) options.thresholds = reader.numbers("thresholds");
  options.multi_label = reader.boolean("multi_label", false);
  options.num_labels = reader.optional_integer("num_labels");
  const Json weights = reader.json("label_weights");
  if (weights.is_object()) {  // a tensor, as Keras writes it
    const Json* tensor = weights.find("config");
    if (!tensor || !tensor->is_object()) reader.fail("label_weights", "must be a list of numbers");
    options.label_weights = ConfigReader(*tensor, "AUC's label_weights").numbers("value");
  } else if (!weights.is_null()) {
    options.label_weights = reader.numbers("label_weights");
  }
  options.from_logits = reader.boolean("from_logits", false);
  options.name = detail::finish_metric(reader);
  return std::make_shared<AUC>(options);
}

const bool auc_registered = Registry<Metric>::add("AUC", make_auc, {"auc"});

[[noreturn]] void refuse(const std::string& what) { throw InvalidArgument("AUC: " + what); }

AUCOptions checked(AUCOptions options) {
  for (char& c : options.curve) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (!options.summation_method.empty()) {
    char& first = options.summation_method[0];
    first = static_cast<char>(std::tolower(static_cast<unsigned char>(first)));
  }
  if (options.curve != "ROC" && options.curve != "PR" && options.curve != "PRGAIN")
    refuse("curve must be 'ROC', 'PR' or 'PRGAIN', received '" + options.curve + "'");
  if (options.summation_method != "interpolation" && options.summation_method != "minoring" &&
      options.summation_method != "majoring") {
    refuse("summation_method must be 'interpolation', 'minoring' or 'majoring', received '" +
           options.summation_method + "'");
  }
  if (!options.thresholds.empty()) {
    std::sort(options.thresholds.begin(), options.thresholds.end());
    options.num_thresholds = static_cast<int64_t>(options.thresholds.size()) + 2;
    for (const double t : options.thresholds) {
      if (!(t >= 0 && t <= 1)) refuse("thresholds must lie in [0, 1], received " + Json(t).dump());
    }
  }
  if (options.num_thresholds < 2 || options.num_thresholds > (1 << 20))
    refuse("num_thresholds must be from 2 to 2^20, received " + std::to_string(options.num_thresholds));
  if (options.num_labels && !options.multi_label)
    refuse("num_labels is of curves for each label (multi_label)");
  if (options.num_labels && (*options.num_labels < 1 || *options.num_labels > (1 << 20)))
    refuse("num_labels must be from 1 to 2^20, received " + std::to_string(*options.num_labels));
  if (options.multi_label && options.num_labels && !options.label_weights.empty() &&
      options.label_weights.size() != static_cast<size_t>(*options.num_labels)) {
    refuse("label_weights has " + std::to_string(options.label_weights.size()) + " numbers for " +
           std::to_string(*options.num_labels) + " labels");
  }
  return options;
}

std::vector<double> points_of(const AUCOptions& options) {
  std::vector<double> points = {-kEpsilon};
  if (!options.thresholds.empty()) {
    points.insert(points.end(), options.thresholds.begin(), options.thresholds.end());
  } else {
    for (int64_t i = 1; i + 1 < options.num_thresholds; ++i)
      points.push_back(static_cast<double>(i) / static_cast<double>(options.num_thresholds - 1));
  }
  points.push_back(1 + kEpsilon);
  return points;
}

double divide_no_nan(double a, double b) { return b == 0 ? 0 : a / b; }

}  // namespace

AUC::AUC(AUCOptions options)
    : ConfusionMetric(
          options.name.empty() ? "auc" : options.name,
          {points_of(checked(options)),
           {Count::kTruePositives, Count::kFalsePositives, Count::kTrueNegatives, Count::kFalseNegatives},
           {"true_positives", "false_positives", "true_negatives", "false_negatives"},
           std::nullopt,
           std::nullopt,
           options.from_logits,
           true,
           options.multi_label ? options.num_labels.value_or(1) : 0,
           options.label_weights}),
      options_(checked(std::move(options))) {}

std::shared_ptr<const Metric> AUC::for_shapes(const Shape&, const Shape& y_pred) const {
  if (!options_.multi_label || options_.num_labels) return nullptr;
  AUCOptions fixed = options_;
  fixed.name = name();
  if (y_pred.rank() == 2 && y_pred[1] > 0) fixed.num_labels = y_pred[1];
  return std::make_shared<AUC>(std::move(fixed));
}

double AUC::area(std::span<const Tensor> state, size_t label) const {
  const size_t points = plan().thresholds.size(),
               labels = static_cast<size_t>(std::max<int64_t>(plan().labels, 1));
  const auto at = [&](size_t i, size_t point) { return values(state, i)[point * labels + label]; };
  enum : size_t { kTp, kFp, kTn, kFn };
  double sum = 0;
  if (options_.curve == "PR" && options_.summation_method == "interpolation") {
    for (size_t i = 0; i + 1 < points; ++i) {
      const double gained = at(kTp, i) - at(kTp, i + 1);
      const double here = at(kTp, i) + at(kFp, i), next = at(kTp, i + 1) + at(kFp, i + 1);
      const double slope = divide_no_nan(gained, std::max(here - next, 0.0));
      const double intercept = at(kTp, i + 1) - slope * next;
      const double ratio = here > 0 && next > 0 ? here / next : 1;
      sum += divide_no_nan(slope * (gained + intercept * std::log(ratio)),
                           std::max(at(kTp, i + 1) + at(kFn, i + 1), 0.0));
    }
    return sum;
  }
  struct Point {
    double x, y;
  };
  const auto point = [&](size_t i) -> Point {
    const double tp = at(kTp, i), fp = at(kFp, i), tn = at(kTn, i), fn = at(kFn, i);
    const double recall = divide_no_nan(tp, tp + fn);
    if (options_.curve == "ROC") return {divide_no_nan(fp, fp + tn), recall};
    if (options_.curve == "PR") return {recall, divide_no_nan(tp, tp + fp)};
    const double scale = divide_no_nan(tp + fn, tn + fp);
    if (tp == 0) return {0, 1};
    return {std::max(1 - scale * fn / tp, 0.0), 1 - scale * fp / tp};
  };
  for (size_t i = 0; i + 1 < points; ++i) {
    const Point a = point(i), b = point(i + 1);
    const double height = options_.summation_method == "interpolation" ? (a.y + b.y) / 2
                          : options_.summation_method == "minoring"    ? std::min(a.y, b.y)
                                                                       : std::max(a.y, b.y);
    sum += (a.x - b.x) * height;
  }
  return sum;
}

double AUC::result(std::span<const Tensor> state) const {
  double sum = 0, weights = 0;
  for (size_t label = 0; label < static_cast<size_t>(std::max<int64_t>(plan().labels, 1)); ++label) {
    const double weight =
        plan().labels > 0 && label < options_.label_weights.size() ? options_.label_weights[label] : 1;
    sum += area(state, label) * weight;
    weights += weight;
  }
  return static_cast<float>(divide_no_nan(sum, weights));
}

Json AUC::config() const {
  const auto list = [](const std::vector<double>& numbers) {
    Json all = Json::list({});
    for (const double x : numbers) all.push_back(x);
    return all;
  };
  const Json tensor = Json::object(
      {{"class_name", "__tensor__"},
       {"config", Json::object({{"value", list(options_.label_weights)}, {"dtype", "float32"}})}});
  Json config = Json::object({{"name", name()},
                              {"dtype", "float32"},
                              {"num_thresholds", options_.num_thresholds},
                              {"curve", options_.curve},
                              {"summation_method", options_.summation_method},
                              {"multi_label", options_.multi_label},
                              {"num_labels", options_.num_labels ? Json(*options_.num_labels) : Json()},
                              {"label_weights", options_.label_weights.empty() ? Json() : tensor},
                              {"from_logits", options_.from_logits}});
  if (!options_.thresholds.empty()) config["thresholds"] = list(options_.thresholds);
  return config;
}

}  // namespace lamina::metrics
