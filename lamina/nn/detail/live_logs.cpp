// Accumulators of logs.
#include "lamina/nn/detail/live_logs.h"

#include <cmath>
#include <limits>

#include "lamina/backend/stream.h"
#include "lamina/core/compile.h"
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
  changed();
}

bool LiveLogs::at_hand() const { return at_hand_ || state.empty() || state[0].buffer()->host_accessible(); }

std::span<const Tensor> LiveLogs::fetched() const {
  if (state.empty() || state[0].buffer()->host_accessible()) return state;
  if (at_hand_) return host_;
  if (host_.empty()) {
    const DeviceScope host{Device{}};
    for (const Tensor& accumulator : state) host_.push_back(own_zeros(accumulator.type()));
  }
  for (size_t i = 0; i < state.size(); ++i) {
    make_exclusive(host_[i]);
    copy_to_host_async(host_[i].buffer()->data(), *state[i].buffer(), 0, state[i].type().bytes());
  }
  main_stream(state[0].device()).synchronize();
  at_hand_ = true;
  return host_;
}

double LiveLogs::value(size_t index) const {
  const double value = signed_value(index);
  // A NaN has a sign that says nothing, but that is printed.
  return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value;
}

std::optional<std::vector<double>> LiveLogs::row(size_t index) const {
  const Metric* const metric = layout_.entries[index].metric.get();
  if (!metric) return std::nullopt;
  std::optional<std::vector<double>> row =
      metric->row(fetched().subspan(offsets_[index], offsets_[index + 1] - offsets_[index]));
  if (!row) return std::nullopt;
  for (double& value : *row) {
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  }
  return row;
}

double LiveLogs::signed_value(size_t index) const {
  const size_t first = offsets_[index];
  const std::span<const Tensor> now = fetched();
  if (const Metric* metric = layout_.entries[index].metric.get())
    return metric->result(now.subspan(first, offsets_[index + 1] - first));
  const auto total = now[first].item<double>(), count = now[first + 1].item<double>();
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
  for (size_t i = 0; i < size(); ++i) logs.set(name(i), value(i), row(i));
  return logs;
}

}  // namespace lamina::detail
