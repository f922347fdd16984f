// Counts, precision, recall, and one share at another.
#include "lamina/nn/metrics/confusion.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/metrics/detail/make.h"

namespace lamina::metrics {
namespace {

Thresholds read_thresholds(ConfigReader& reader) {
  if (reader.json("thresholds").is_list()) return reader.numbers("thresholds");
  const std::optional<double> one = reader.optional_number("thresholds");
  return one ? Thresholds(*one) : Thresholds();
}

Json thresholds_json(const Thresholds& thresholds) {
  if (!thresholds.list()) return thresholds.values().empty() ? Json() : Json(thresholds.values()[0]);
  Json list = Json::list({});
  for (const double threshold : thresholds.values()) list.push_back(threshold);
  return list;
}

std::vector<double> thresholds_or(const Thresholds& given, double otherwise) {
  return given.values().empty() ? std::vector<double>{otherwise} : given.values();
}

// One for each threshold is a row, one for the only threshold a number.
template <class Of>
std::optional<std::vector<double>> row_of(size_t thresholds, Of&& of) {
  if (thresholds == 1) return std::nullopt;
  std::vector<double> all;
  for (size_t i = 0; i < thresholds; ++i) all.push_back(of(i));
  return all;
}

template <class Of>
double mean_of(size_t thresholds, Of&& of) {
  double sum = 0;
  for (size_t i = 0; i < thresholds; ++i) sum += of(i);
  return sum / static_cast<double>(thresholds);
}

template <class M>
std::shared_ptr<Metric> make_count(const Json& config) {
  ConfigReader reader(config, M().class_name());
  CountOptions options;
  options.thresholds = read_thresholds(reader);
  options.name = detail::finish_metric(reader);
  return std::make_shared<M>(options);
}

template <class M>
std::shared_ptr<Metric> make_share(const Json& config) {
  ConfigReader reader(config, M().class_name());
  PrecisionOptions options;
  options.thresholds = read_thresholds(reader);
  options.top_k = reader.optional_integer("top_k");
  options.class_id = reader.optional_integer("class_id");
  options.name = detail::finish_metric(reader);
  return std::make_shared<M>(options);
}

template <class M>
std::shared_ptr<Metric> make_at(const Json& config, const char* class_name, const char* argument) {
  ConfigReader reader(config, class_name);
  const double value = reader.number(argument);
  AtOptions options;
  options.num_thresholds = reader.integer("num_thresholds", options.num_thresholds);
  options.class_id = reader.optional_integer("class_id");
  options.name = detail::finish_metric(reader);
  return std::make_shared<M>(value, options);
}

const bool confusion_registered = [] {
  using Known = Registry<Metric>;
  Known::add("TruePositives", make_count<TruePositives>, {"true_positives"});
  Known::add("TrueNegatives", make_count<TrueNegatives>, {"true_negatives"});
  Known::add("FalsePositives", make_count<FalsePositives>, {"false_positives"});
  Known::add("FalseNegatives", make_count<FalseNegatives>, {"false_negatives"});
  Known::add("Precision", make_share<Precision>, {"precision"});
  Known::add("Recall", make_share<Recall>, {"recall"});
  Known::add("SensitivityAtSpecificity", [](const Json& config) {
    return make_at<SensitivityAtSpecificity>(config, "SensitivityAtSpecificity", "specificity");
  });
  Known::add("SpecificityAtSensitivity", [](const Json& config) {
    return make_at<SpecificityAtSensitivity>(config, "SpecificityAtSensitivity", "sensitivity");
  });
  Known::add("PrecisionAtRecall", [](const Json& config) {
    return make_at<PrecisionAtRecall>(config, "PrecisionAtRecall", "recall");
  });
  Known::add("RecallAtPrecision", [](const Json& config) {
    return make_at<RecallAtPrecision>(config, "RecallAtPrecision", "precision");
  });
  return true;
}();

Json number_or_null(const auto& value) { return value ? Json(*value) : Json(); }

void check_thresholds(const std::string& name, const Thresholds& thresholds) {
  constexpr size_t kMost = 1 << 20;
  if (thresholds.values().size() > kMost) {
    throw InvalidArgument("metric '" + name + "': takes at most 2^20 thresholds, received " +
                          std::to_string(thresholds.values().size()));
  }
  for (const double threshold : thresholds.values()) {
    if (threshold >= 0 && threshold <= 1) continue;
    throw InvalidArgument("metric '" + name + "': thresholds must lie in [0, 1], received " +
                          Json(threshold).dump());
  }
}

std::string name_or(const std::string& given, const char* otherwise) {
  return given.empty() ? otherwise : given;
}

void check_class(const std::string& name, const std::optional<int64_t>& class_id) {
  if (!class_id || *class_id >= 0) return;
  throw InvalidArgument("metric '" + name + "': class_id must not be negative, received " +
                        std::to_string(*class_id));
}

// 0, 1 / (n - 1), ..., 1; of one: 0.5.
std::vector<double> even_thresholds(const std::string& name, int64_t count) {
  if (count < 1 || count > (1 << 20)) {
    throw InvalidArgument("metric '" + name + "': num_thresholds must be from 1 to 2^20, received " +
                          std::to_string(count));
  }
  if (count == 1) return {0.5};
  std::vector<double> thresholds;
  for (int64_t i = 0; i < count; ++i)
    thresholds.push_back(static_cast<double>(i) / static_cast<double>(count - 1));
  return thresholds;
}

}  // namespace

ConditionCount::ConditionCount(const char* default_name, Count count, const CountOptions& options)
    : ConfusionMetric(name_or(options.name, default_name),
                      {thresholds_or(options.thresholds, 0.5), {count}, {"accumulator"}}),
      thresholds_(options.thresholds) {
  check_thresholds(name(), thresholds_);
}

double ConditionCount::result(std::span<const Tensor> state) const {
  return mean_of(plan().thresholds.size(), [&](size_t i) { return values(state, 0)[i]; });
}

std::optional<std::vector<double>> ConditionCount::row(std::span<const Tensor> state) const {
  return row_of(plan().thresholds.size(), [&](size_t i) { return values(state, 0)[i]; });
}

Json ConditionCount::config() const {
  return Json::object({{"name", name()}, {"dtype", "float32"}, {"thresholds", thresholds_json(thresholds_)}});
}

PositivesShare::PositivesShare(const char* class_name, const char* default_name, Count other,
                               const char* other_name, const PrecisionOptions& options)
    : ConfusionMetric(name_or(options.name, default_name),
                      {thresholds_or(options.thresholds, options.top_k ? -1e10 : 0.5),
                       {Count::kTruePositives, other},
                       {"true_positives", other_name},
                       options.top_k,
                       options.class_id}),
      options_(options) {
  check_thresholds(name(), options_.thresholds);
  check_class(name(), options_.class_id);
  if (options_.top_k && *options_.top_k < 1) {
    throw InvalidArgument(std::string(class_name) + ": top_k must be at least 1, received " +
                          std::to_string(*options_.top_k));
  }
}

double PositivesShare::result(std::span<const Tensor> state) const {
  return mean_of(plan().thresholds.size(),
                 [&](size_t i) { return share(values(state, 0)[i], values(state, 1)[i]); });
}

std::optional<std::vector<double>> PositivesShare::row(std::span<const Tensor> state) const {
  return row_of(plan().thresholds.size(),
                [&](size_t i) { return share(values(state, 0)[i], values(state, 1)[i]); });
}

Json PositivesShare::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"thresholds", thresholds_json(options_.thresholds)},
                       {"top_k", number_or_null(options_.top_k)},
                       {"class_id", number_or_null(options_.class_id)}});
}

ShareAtShare::ShareAtShare(const char* class_name, const char* default_name, const char* argument,
                           double value, Share needed, Share wanted, const AtOptions& options)
    : ConfusionMetric(
          name_or(options.name, default_name),
          {even_thresholds(name_or(options.name, default_name), options.num_thresholds),
           {Count::kTruePositives, Count::kFalsePositives, Count::kTrueNegatives, Count::kFalseNegatives},
           {"true_positives", "false_positives", "true_negatives", "false_negatives"},
           std::nullopt,
           options.class_id}),
      argument_(argument),
      value_(value),
      needed_(needed),
      wanted_(wanted),
      options_(options) {
  check_class(name(), options_.class_id);
  if (value_ >= 0 && value_ <= 1) return;
  throw InvalidArgument(std::string(class_name) + ": " + argument + " must lie in [0, 1], received " +
                        Json(value_).dump());
}

Json ShareAtShare::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"class_id", number_or_null(options_.class_id)},
                       {"num_thresholds", options_.num_thresholds},
                       {argument_, value_}});
}

double ShareAtShare::share_of(Share which, std::span<const Tensor> state, size_t threshold) const {
  const auto at = [&](size_t i) { return values(state, i)[threshold]; };
  switch (which) {
    case Share::kPrecision:
      return share(at(0), at(1));
    case Share::kRecall:
      return share(at(0), at(3));
    default:
      return share(at(2), at(1));
  }
}

double ShareAtShare::result(std::span<const Tensor> state) const {
  double best = 0;
  for (size_t i = 0; i < plan().thresholds.size(); ++i) {
    if (share_of(needed_, state, i) >= static_cast<float>(value_))
      best = std::max(best, share_of(wanted_, state, i));
  }
  return best;
}

}  // namespace lamina::metrics
