// Monitor: whether a log got better, for callbacks that watch one.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// Compares values of one log. Mode "min" wants less, "max" more, "auto" asks the model: less for losses, and
/// what the metric says for metrics.
class Monitor {
 public:
  /// Throws InvalidArgument for an unknown mode.
  Monitor(std::string log, const std::string& mode, double min_delta);

  const std::string& log() const { return log_; }
  /// Whether `value` beats `reference` by more than min_delta; any value beats an absent reference. Throws
  /// InvalidArgument when mode "auto" cannot tell the direction for this log of `model`.
  bool improved(double value, std::optional<double> reference, const Model& model);

 private:
  std::string log_;
  std::optional<bool> higher_is_better_;
  double min_delta_;
};

}  // namespace lamina
