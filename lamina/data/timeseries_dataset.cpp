// Windows are copied out of the series one by one, when they are asked for.
#include "lamina/data/timeseries_dataset.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr char kName[] = "timeseries_dataset_from_array: ";

void at_least_one(const char* what, int64_t value) {
  if (value >= 1) return;
  throw InvalidArgument(kName + std::string(what) + " must be at least 1, received " + std::to_string(value));
}

// `count` entries from `first` on, `step` apart, along the first axis: (count, ...).
Tensor entries(const Tensor& data, int64_t first, int64_t count, int64_t step) {
  TensorType type = data.type();
  const size_t bytes = type.bytes() / static_cast<size_t>(std::max<int64_t>(1, type.shape[0]));
  type.shape.set(0, count);
  auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
  const char* from = static_cast<const char*>(std::as_const(*data.buffer()).data());
  char* to = static_cast<char*>(buffer->data());
  if (step == 1) {
    std::memcpy(to, from + static_cast<size_t>(first) * bytes, bytes * static_cast<size_t>(count));
  } else {
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + static_cast<size_t>(i) * bytes, from + static_cast<size_t>(first + i * step) * bytes,
                  bytes);
  }
  return Tensor::wrap(std::move(buffer), type);
}

Tensor without_first_axis(const Tensor& one) {
  std::vector<int64_t> dims(one.shape().begin() + 1, one.shape().end());
  return Tensor::wrap(one.buffer(), {one.dtype(), Shape(dims)});
}

}  // namespace

Dataset timeseries_dataset_from_array(const Tensor& data, const Tensor& targets, int64_t sequence_length,
                                      const TimeseriesDatasetOptions& options) {
  if (!data.defined() || data.rank() < 1)
    throw InvalidArgument(std::string(kName) + "data must have one entry for each time step, (time, ...)");
  if (targets.defined() && targets.rank() < 1)
    throw InvalidArgument(std::string(kName) + "targets must have one entry for each time step, (time, ...)");
  at_least_one("sequence_length", sequence_length);
  at_least_one("sequence_stride", options.sequence_stride);
  at_least_one("sampling_rate", options.sampling_rate);
  if (options.batch_size < 0) at_least_one("batch_size", options.batch_size);
  const int64_t steps = data.shape()[0];
  const int64_t start = options.start_index.value_or(0), end = options.end_index.value_or(steps);
  if (start < 0 || start > steps || end < start || end > steps) {
    throw InvalidArgument(kName + std::string("expected 0 <= start_index <= end_index <= ") +
                          std::to_string(steps) + ", received " + std::to_string(start) + " and " +
                          std::to_string(end));
  }
  const int64_t span = (sequence_length - 1) * options.sampling_rate;
  int64_t windows = end - start - span;
  if (targets.defined()) windows = std::min(windows, targets.shape()[0]);
  if (windows < 1) {
    throw InvalidArgument(
        kName + std::string("a window covers ") + std::to_string(span + 1) + " time steps; there are " +
        std::to_string(end - start) +
        (targets.defined() ? " and " + std::to_string(targets.shape()[0]) + " targets" : ""));
  }
  const int64_t count = (windows - 1) / options.sequence_stride + 1;
  const Tensor x = data.to(Device{}).eval();
  const Tensor y = targets.defined() ? targets.to(Device{}).eval() : targets;
  Dataset dataset = Dataset::range(count);
  if (options.shuffle) dataset = dataset.shuffle(count, {.seed = options.seed});
  dataset = dataset.map(MapFunction([=](Element number) {
    const int64_t at = start + number.x[0].item<int64_t>() * options.sequence_stride;
    Element window;
    window.x = entries(x, at, sequence_length, options.sampling_rate);
    if (y.defined()) window.y = without_first_axis(entries(y, at, 1, 1));
    return window;
  }));
  return options.batch_size > 0 ? dataset.batch(options.batch_size) : dataset;
}

Tensor sliding_windows(const Tensor& data, int64_t length) {
  if (!data.defined() || data.rank() < 1 || length < 1 || data.shape()[0] < length) {
    throw InvalidArgument("sliding_windows: a window of " + std::to_string(length) +
                          " time steps does not fit into " +
                          (data.defined() ? data.type().str() : "an undefined tensor"));
  }
  const Tensor x = data.to(Device{}).eval();
  const int64_t count = x.shape()[0] - length + 1;
  std::vector<int64_t> dims = x.shape().dims();
  dims[0] = length;
  dims.insert(dims.begin(), count);
  const TensorType type{x.dtype(), Shape(dims)};
  auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
  const size_t entry = x.type().bytes() / static_cast<size_t>(x.shape()[0]);
  const size_t window = entry * static_cast<size_t>(length);
  const char* from = static_cast<const char*>(std::as_const(*x.buffer()).data());
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(static_cast<char*>(buffer->data()) + static_cast<size_t>(i) * window,
                from + static_cast<size_t>(i) * entry, window);
  }
  return Tensor::wrap(std::move(buffer), type);
}

}  // namespace lamina
