// The scale of a chart's axis. Internal header.
#pragma once

#include <string>

namespace lamina::detail {

/// An axis from `low` to `high` with marks every `step`: round numbers around what it has to show.
struct Axis {
  double low = 0, high = 1, step = 0.25;

  /// Around the values from `low` to `high`, which need not be different or finite, with about `marks` steps.
  static Axis around(double low, double high, int marks = 5);
  /// Exactly from `low` to `high`.
  static Axis of(double low, double high, int marks = 5);
  /// Where `value` lies, 0 at low and 1 at high.
  double share(double value) const { return (value - low) / (high - low); }
  /// A mark in as many digits as the step needs.
  std::string text(double value) const;
};

}  // namespace lamina::detail
