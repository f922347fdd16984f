// Decisions about samples that belong to no class, and how good they are.
#include "lamina/zoo/out_of_scope.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina {
namespace {

size_t most_probable(const std::vector<float>& probabilities) {
  return static_cast<size_t>(std::max_element(probabilities.begin(), probabilities.end()) -
                             probabilities.begin());
}

}  // namespace

size_t OutOfScope::decide(const std::vector<float>& probabilities) const {
  const size_t best = most_probable(probabilities);
  // Written so that NaN is no class in scope.
  return static_cast<double>(probabilities[best]) >= threshold ? best : static_cast<size_t>(class_number);
}

void OutOfScope::save(DataInfo& info) const {
  info.sections[kOutOfScope] = Json::object({{"class", class_number}, {"threshold", threshold}});
}

std::optional<OutOfScope> OutOfScope::of(const DataInfo& info, const std::string& name) {
  const Json* json = info.sections.find(kOutOfScope);
  if (!json) return std::nullopt;
  try {
    const OutOfScope scope{json->at("class").as_int(), json->at("threshold").as_double()};
    const auto classes = static_cast<int64_t>(info.class_names.size());
    if (scope.class_number < 0 || scope.class_number >= classes)
      throw InvalidArgument("out_of_scope: class " + std::to_string(scope.class_number) +
                            " is none of the model's " + std::to_string(classes));
    if (!(scope.threshold >= 0 && scope.threshold <= 1))
      throw InvalidArgument("out_of_scope: a threshold of 0 to 1 was expected; got " +
                            std::to_string(scope.threshold));
    return scope;
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": " + error.what());
  }
}

size_t decided_class(const std::vector<float>& probabilities, const std::optional<OutOfScope>& scope) {
  return scope ? scope->decide(probabilities) : most_probable(probabilities);
}

double out_of_scope_threshold(const std::vector<std::vector<float>>& probabilities,
                              const std::vector<int>& labels, int64_t class_number, double cost) {
  const auto accuracy = [&](double threshold) {
    const OutOfScope scope{class_number, threshold};
    int64_t right = 0, samples = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == class_number) continue;
      ++samples;
      right += static_cast<int>(scope.decide(probabilities[i])) == labels[i];
    }
    return samples == 0 ? 0 : static_cast<double>(right) / static_cast<double>(samples);
  };
  constexpr int kSteps = 100;
  const double least = accuracy(0) - cost;
  if (std::all_of(labels.begin(), labels.end(), [&](int label) { return label == class_number; })) return 0;
  for (int step = kSteps; step > 0; --step) {
    const double threshold = static_cast<double>(step) / kSteps;
    if (accuracy(threshold) >= least) return threshold;
  }
  return 0;
}

std::vector<std::pair<std::string, double>> scope_metrics(
    const OutOfScope& scope, const std::vector<std::vector<float>>& probabilities,
    const std::vector<int>& labels) {
  double in_scope = 0, right = 0, out = 0, found = 0, called = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0) continue;
    const auto said = static_cast<int64_t>(scope.decide(probabilities[i]));
    const bool is_out = labels[i] == scope.class_number, said_out = said == scope.class_number;
    (is_out ? out : in_scope) += 1;
    right += !is_out && said == labels[i];
    found += is_out && said_out;
    called += said_out;
  }
  std::vector<std::pair<std::string, double>> metrics;
  if (in_scope > 0) metrics.emplace_back("in_scope_accuracy", right / in_scope);
  if (out > 0) metrics.emplace_back("out_of_scope_recall", found / out);
  if (called > 0) metrics.emplace_back("out_of_scope_precision", found / called);
  return metrics;
}

}  // namespace lamina
