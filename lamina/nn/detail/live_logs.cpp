// Accumulators of logs.
#include "lamina/nn/detail/live_logs.h"

#include <cmath>
#include <limits>

#include "lamina/nn/detail/storage.h"

namespace lamina::detail {

std::vector<TensorType> LogLayout::variables(const Entry& entry) {
  if (!entry.metric) return {{DType::kFloat64, {}}, {DType::kFloat64, {}}};
  std::vector<TensorType> types;
  for (const Metric::Variable& variable : entry.metric->variables()) types.push_back(variable.type);
  return types;
}

LiveLogs::LiveLogs(LogLayout layout) : layout_(std::move(layout)) {
  for (const LogLayout::Entry& entry : layout_.entries) {
    offsets_.push_back(state.size());
    for (const TensorType& type : LogLayout::variables(entry)) state.push_back(own_zeros(type));
  }
  offsets_.push_back(state.size());
}

void LiveLogs::clear() {
  for (Tensor& accumulator : state) detail::clear(accumulator);
}

double LiveLogs::value(size_t index) const {
  const double value = signed_value(index);
  // A NaN has a sign that says nothing, but that is printed.
  return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value;
}

double LiveLogs::signed_value(size_t index) const {
  const size_t first = offsets_[index];
  if (const Metric* metric = layout_.entries[index].metric.get())
    return metric->result(std::span(state).subspan(first, offsets_[index + 1] - first));
  const auto total = state[first].item<double>(), count = state[first + 1].item<double>();
  return count == 0 ? 0 : static_cast<float>(total / count);  // what is logged has float32's digits
}

double LiveLogs::loss() const {
  for (size_t i = 0; i < size(); ++i) {
    if (name(i) == "loss") return value(i);
  }
  return 0;
}

Logs LiveLogs::read() const {
  Logs logs;
  for (size_t i = 0; i < size(); ++i) logs.set(name(i), value(i));
  return logs;
}

}  // namespace lamina::detail
