// LiveLogs: loss and metrics of one run so far, in accumulators that the compiled step updates. Internal
// header.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/logs.h"
#include "lamina/nn/metrics/metric.h"

namespace lamina::detail {

/// What a step logs: the name of each log with the metric that keeps it, null for the mean of a scalar.
struct LogLayout {
  struct Entry {
    std::string name;
    std::shared_ptr<const Metric> metric;
    bool operator==(const Entry& other) const { return name == other.name && !metric == !other.metric; }
  };
  std::vector<Entry> entries;

  /// Accumulators of an entry: total and count, or those of the metric.
  static std::vector<TensorType> variables(const Entry& entry);
  bool operator==(const LogLayout&) const = default;
};

/// The accumulators of one run of fit or evaluate. They are on the model's device and are read when somebody
/// looks; a step forces nothing.
class LiveLogs final : public Logs::Source {
 public:
  LiveLogs() = default;
  explicit LiveLogs(LogLayout layout);

  /// All accumulators, in the order of the layout, where this thread created tensors then. Whoever lends them
  /// to a step calls changed() afterwards.
  std::vector<Tensor> state;
  void changed() { at_hand_ = false; }
  /// Whether numbers can be had without waiting for a device: it has host memory, or somebody has looked
  /// since the last step.
  bool at_hand() const;
  /// Sets all accumulators to zero.
  void clear();

  const LogLayout& layout() const { return layout_; }
  size_t size() const override { return layout_.entries.size(); }
  const std::string& name(size_t index) const override { return layout_.entries[index].name; }
  double value(size_t index) const override;
  std::optional<std::vector<double>> row(size_t index) const override;
  /// The mean loss so far, NaN or infinite as soon as one loss was; 0 when no loss is logged.
  double loss() const;
  /// All numbers, read now.
  Logs read() const;

 private:
  double signed_value(size_t index) const;
  /// The accumulators on the host: all are copied together when somebody looks at one.
  std::span<const Tensor> fetched() const;

  LogLayout layout_;
  std::vector<size_t> offsets_;
  mutable std::vector<Tensor> host_;
  mutable bool at_hand_ = false;
};

}  // namespace lamina::detail
