// Windows of a series as a Dataset.
#pragma once

#include <cstdint>
#include <optional>

#include "lamina/data/dataset.h"

namespace lamina {

/// Arguments of timeseries_dataset_from_array, with Keras's names and defaults
/// (keras.utils.timeseries_dataset_from_array).
struct TimeseriesDatasetOptions {
  int64_t sequence_stride = 1;  ///< time steps from the start of one window to that of the next; at least 1
  int64_t sampling_rate = 1;    ///< time steps from one element of a window to its next; at least 1
  int64_t batch_size = 128;     ///< windows of a batch; 0: one element a window (Keras: None)
  bool shuffle = false;         ///< whether the windows come in another order, another one in each pass
  std::optional<uint64_t> seed = {};  ///< of that order; absent: that of the pass
  /// First time step that is used, and the first behind that is not; absent: from the first, and to the last.
  std::optional<int64_t> start_index = {}, end_index = {};
};

/// Windows over consecutive time steps, as Keras cuts them: window i begins at time step
/// i * sequence_stride and has `sequence_length` elements, each sampling_rate after the one before; its
/// target is targets[i * sequence_stride]. So, to forecast the next value, give targets that begin
/// sequence_length steps later: `timeseries_dataset_from_array(x, slice(x, {10}, {n}), 10)`.
/// @param data             (time, ...): one entry for each time step.
/// @param targets          (time or less, ...), or an undefined Tensor for windows without targets.
/// @param sequence_length  elements of a window; at least 1.
/// Batches are x (batch, sequence_length, ...) and y (batch, ...). Throws InvalidArgument for lengths and
/// indices that cannot be, and for a series that is shorter than one window.
Dataset timeseries_dataset_from_array(const Tensor& data, const Tensor& targets, int64_t sequence_length,
                                      const TimeseriesDatasetOptions& options = {});

/// All windows of `length` consecutive entries of (time, ...), as one tensor (time - length + 1, length,
/// ...). Throws InvalidArgument for a series that is shorter than one window.
Tensor sliding_windows(const Tensor& data, int64_t length);

}  // namespace lamina
