// MetricChoices: the metrics of a model's outputs, as compile takes them.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/metrics/metric.h"

namespace lamina {

/// A list of metrics for each output.
///
///   .metrics = {"accuracy", "mse"}                           for the only output, or for each
///   .metrics = {{"main", {"accuracy"}}, {"aux", {"mae"}}}    by name of output
class MetricChoices {
 public:
  using List = std::vector<Choice<Metric>>;

  MetricChoices() = default;
  MetricChoices(std::initializer_list<Choice<Metric>> metrics);
  MetricChoices(List metrics);
  MetricChoices(std::initializer_list<std::pair<std::string, List>> by_name);
  MetricChoices(std::vector<std::pair<std::string, List>> by_name);
  /// One list for each output, by position.
  static MetricChoices by_position(std::vector<List> lists);

  bool empty() const { return lists_.empty(); }
  bool by_position() const { return positions_; }
  const std::vector<List>& lists() const { return lists_; }
  /// Of outputs; empty unless the lists are given by name.
  const std::vector<std::string>& names() const { return names_; }

  /// The metrics of each output. Throws InvalidArgument, naming `argument`, for lists that fit no output.
  std::vector<List> resolve(const std::vector<std::string>& outputs, const char* argument) const;

 private:
  std::vector<List> lists_;
  std::vector<std::string> names_;
  bool positions_ = false;
};

}  // namespace lamina
