// SeriesInfo: what a model of a series knows of its data besides the column's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/data_info.h"

namespace lamina {

/// A section of a model's DataInfo, "series": the model takes windows (batch, window, 1) of a series and says
/// its next value.
struct SeriesInfo {
  int64_t window = 0;            ///< values that the model looks at; at least 1
  int64_t trained_on = 0;        ///< values, from the first on, that the training has seen
  std::string fingerprint = {};  ///< of those values: series_fingerprint()
  double coverage = 0;           ///< share of held-out errors that lie between lower and upper: 0.9
  /// For each number of steps ahead, from 1 on, what to add to a forecast for the ends of an interval:
  /// quantiles of the errors on held-out values. Empty where none were held out.
  std::vector<double> lower = {}, upper = {};

  /// Puts it into `info`.
  void save(DataInfo& info) const;
  /// What a model knows; absent where it is no model of a series. Throws FileError, beginning with `name`,
  /// for what cannot be.
  static std::optional<SeriesInfo> of(const DataInfo& info, const std::string& name = "the model");
  bool operator==(const SeriesInfo& other) const = default;
};

/// A text that another series is unlikely to have: of the first `count` values of (time, 1).
std::string series_fingerprint(const Tensor& series, int64_t count);

}  // namespace lamina
