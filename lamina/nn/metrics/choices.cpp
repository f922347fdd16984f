// Metrics to outputs.
#include "lamina/nn/metrics/choices.h"

namespace lamina {

MetricChoices::MetricChoices(std::initializer_list<Choice<Metric>> metrics) : MetricChoices(List(metrics)) {}
MetricChoices::MetricChoices(List metrics) { lists_.push_back(std::move(metrics)); }
MetricChoices::MetricChoices(std::initializer_list<std::pair<std::string, List>> by_name)
    : MetricChoices(std::vector<std::pair<std::string, List>>(by_name)) {}
MetricChoices::MetricChoices(std::vector<std::pair<std::string, List>> by_name) {
  for (auto& [name, list] : by_name) {
    names_.push_back(std::move(name));
    lists_.push_back(std::move(list));
  }
}

MetricChoices MetricChoices::by_position(std::vector<List> lists) {
  MetricChoices result;
  result.lists_ = std::move(lists);
  result.positions_ = true;
  return result;
}

std::vector<MetricChoices::List> MetricChoices::resolve(const std::vector<std::string>& outputs,
                                                        const char* argument) const {
  std::vector<List> result(outputs.size());
  if (lists_.empty()) return result;
  if (!names_.empty()) {
    for (size_t i = 0; i < names_.size(); ++i) {
      size_t at = 0;
      while (at < outputs.size() && outputs[at] != names_[i]) ++at;
      if (at == outputs.size()) {
        throw InvalidArgument(std::string("compile: ") + argument + " names the output '" + names_[i] +
                              "', which the model does not have" + suggest(names_[i], outputs));
      }
      result[at] = lists_[i];
    }
    return result;
  }
  if (!positions_) return std::vector<List>(outputs.size(), lists_[0]);
  if (lists_.size() != outputs.size()) {
    throw InvalidArgument(std::string("compile: ") + argument + " has lists for " +
                          std::to_string(lists_.size()) + " outputs, but the model has " +
                          std::to_string(outputs.size()));
  }
  return lists_;
}

}  // namespace lamina
