// Groups by a column, and their figures in words and as JSON.
#include "subgroups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/explain/classification.h"

namespace lamina::cli {
namespace {

constexpr size_t kMostGroups = 10, kQuarters = 4;

std::vector<std::string> fields_of(const LabelledData& data, const std::vector<std::string>& features, const std::string& column) {
  std::vector<std::string> names, fields;
  for (const TextColumn& each : data.columns) {
    names.push_back(each.name());
    if (each.name() != column) continue;
    for (size_t row = 0; row < each.size(); ++row) fields.emplace_back(each[row]);
    return fields;
  }
  if (data.columns.empty() && data.x.defined() && data.x.rank() == 2) {
    names = features;
    const auto place = std::find(features.begin(), features.end(), column) - features.begin();
    if (place < data.x.shape()[1] && static_cast<size_t>(place) < features.size()) {
      const std::vector<float> values = data.x.to_vector<float>();
      for (int64_t row = 0; row < data.x.shape()[0]; ++row)
        fields.push_back(fmt::format("{}", values[static_cast<size_t>(row * data.x.shape()[1] + place)]));
      return fields;
    }
  }
  if (names.empty()) throw InvalidArgument("--by: the samples are no rows of a table with names of columns");
  throw InvalidArgument(fmt::format("--by: no column '{}'{}; there are {}", column, suggest(column, names), fmt::join(names, ", ")));
}

std::optional<double> number_in(const std::string& field) {
  char* end = nullptr;
  const double value = std::strtod(field.c_str(), &end);
  if (field.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Numbers by their quarter, which is named by its least and greatest.
std::vector<std::string> quarters_of(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> begins;  // of quarters; equal numbers are in one
  for (size_t i = 0; i < kQuarters; ++i) begins.push_back(sorted[i * sorted.size() / kQuarters]);
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  const auto quarter = [&](double value) {
    return static_cast<size_t>(std::upper_bound(begins.begin(), begins.end(), value) - begins.begin()) - 1;
  };
  std::vector<std::string> names;
  for (size_t i = 0; i < begins.size(); ++i) {
    const auto last = i + 1 < begins.size() ? std::lower_bound(sorted.begin(), sorted.end(), begins[i + 1]) : sorted.end();
    names.push_back(fmt::format("{:g} to {:g}", begins[i], *(last - 1)));
  }
  std::vector<std::string> groups;
  for (const double value : values) groups.push_back(names[quarter(value)]);
  return groups;
}

// By the number that a name begins with, where they all do.
void put_in_order(std::vector<classic::Subgroup>& subgroups) {
  const auto first = [](const classic::Subgroup& each) { return number_in(each.name.substr(0, each.name.find(' '))); };
  if (!std::all_of(subgroups.begin(), subgroups.end(), [&](const auto& each) { return first(each).has_value(); })) return;
  std::stable_sort(subgroups.begin(), subgroups.end(), [&](const auto& a, const auto& b) { return *first(a) < *first(b); });
}

}  // namespace

std::vector<std::string> groups_by(const LabelledData& data, const std::vector<std::string>& features, const std::string& column) {
  std::vector<std::string> fields = fields_of(data, features, column);
  const std::set<std::string> different(fields.begin(), fields.end());
  if (different.size() <= kMostGroups) return fields;
  std::vector<double> values;
  for (const std::string& field : fields) {
    const std::optional<double> value = number_in(field);
    if (!value)
      throw InvalidArgument(fmt::format("--by: the column '{}' has {} different values, '{}' among them; words make at most {} groups",
                                        column, different.size(), field, kMostGroups));
    values.push_back(*value);
  }
  return quarters_of(values);
}

std::vector<classic::Subgroup> subgroups_of(Model& model, const ModelSamples& samples, const std::vector<std::string>& groups) {
  const OutputKind kind = output_kind(model);
  const auto wrong = [] { return InvalidArgument("--by: only models that tell two classes apart are judged by groups"); };
  if (kind == OutputKind::kValues) throw wrong();
  const Classification said = classify(model.predict(samples.all_x(), {.batch_size = 256}), samples.y, kind);
  if (said.classes != 2) throw wrong();
  std::vector<double> scores;
  for (const std::vector<float>& row : said.probabilities) scores.push_back(std::clamp<double>(row[1], 0, 1));
  std::vector<classic::Subgroup> subgroups = classic::subgroup_report(Tensor::from(said.expected), Tensor::from(scores), groups);
  put_in_order(subgroups);
  return subgroups;
}

Json subgroups_json(const std::vector<classic::Subgroup>& subgroups) {
  Json list = Json::list();
  for (const classic::Subgroup& each : subgroups) {
    list.push_back(Json::object({{"group", each.name},
                                 {"samples", each.samples},
                                 {"positives", each.positives},
                                 {"auc", finite(each.roc_auc)},
                                 {"sensitivity", finite(each.sensitivity)},
                                 {"specificity", finite(each.specificity)},
                                 {"expected_calibration_error", finite(each.calibration_error)}}));
  }
  return list;
}

TrainingReport::Rows subgroup_rows(const std::vector<classic::Subgroup>& subgroups) {
  const auto words = [](double value) { return std::isnan(value) ? std::string("-") : fmt::format("{:.3f}", value); };
  TrainingReport::Rows rows;
  for (const classic::Subgroup& each : subgroups) {
    rows.emplace_back(each.name, fmt::format("{} samples, {} of class 1: area {}, sensitivity {}, specificity {}, calibration error {}",
                                             each.samples, each.positives, words(each.roc_auc), words(each.sensitivity),
                                             words(each.specificity), words(each.calibration_error)));
  }
  return rows;
}

}  // namespace lamina::cli
