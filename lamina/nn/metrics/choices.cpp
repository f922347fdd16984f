// Metrics to outputs.
#include "lamina/nn/metrics/choices.h"

namespace lamina {

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
