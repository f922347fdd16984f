// MaxPool, AveragePool, LpPool and their global kin.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/formats/onnx/operators/windows.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

Windows pool_windows(Call& call) {
  const auto sizes = call.integer_list("kernel_shape");
  if (!sizes) call.fail("attribute 'kernel_shape' is missing");
  return windows_of(call, call.value(0).shape(), *sizes);
}

// Images of spatial axes `axis` and the next, pooled by `f(images, sizes, strides, padding)`.
template <class F>
Tensor pooled_images(const Tensor& x, const Windows& windows, size_t axis, F&& f) {
  const auto pair = [&](const std::vector<int64_t>& values) {
    return windows.axes() == 1 ? std::vector<int64_t>{1, values[0]} : std::vector{values[axis], values[axis + 1]};
  };
  return f(x, pair(windows.sizes), pair(windows.strides), windows.padding(axis));
}

bool dilated(const Windows& windows) {
  return std::any_of(windows.dilations.begin(), windows.dilations.end(), [](int64_t d) { return d != 1; });
}

// The element of each window at `tap` along spatial axis `axis` of x (batch, ..., channels), which has its padding.
Tensor tap_of(const Tensor& x, const Windows& windows, size_t axis, int64_t tap, int64_t count) {
  std::vector<int64_t> starts(axis + 2, 0), stops, steps(axis + 2, 1);
  for (size_t i = 0; i < axis + 2; ++i) stops.push_back(x.shape()[static_cast<int>(i)]);
  starts[axis + 1] = tap * windows.dilations[axis];
  stops[axis + 1] = starts[axis + 1] + (count - 1) * windows.strides[axis] + 1;
  steps[axis + 1] = windows.strides[axis];
  return slice(x, starts, stops, steps);
}

double lowest(DType dtype) {
  switch (dtype) {
    case DType::kUInt8: return 0;
    case DType::kInt8: return -128;
    case DType::kInt16: return -32768;
    case DType::kInt32: return std::numeric_limits<int32_t>::lowest();
    default: return -std::numeric_limits<double>::infinity();
  }
}

// What is computed element by element of the windows takes as many steps.
void require_small(const Windows& windows) {
  int64_t elements = 1;
  for (const int64_t size : windows.sizes) {
    constexpr int64_t kMost = 1 << 14;
    if (size > kMost || (elements *= size) > kMost) throw Unsupported("has windows of more than 16,384 elements");
  }
}

// The largest element along one axis after the other: for any number of axes, and with gaps in the windows.
Tensor max_by_axes(Tensor x, const Windows& windows) {
  require_small(windows);
  for (size_t axis = 0; axis < windows.axes(); ++axis) {
    std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(x.rank()), {0, 0});
    pads[axis + 1] = {windows.before[axis], windows.after[axis]};
    const int64_t count = windows.count(axis, x.shape()[static_cast<int>(axis) + 1]);
    if (count < 1) throw InvalidArgument("its window is larger than its input");
    const Tensor padded = pad(x, pads, lowest(x.dtype()));
    Tensor best;
    for (int64_t tap = 0; tap < windows.sizes[axis]; ++tap) {
      const Tensor part = tap_of(padded, windows, axis, tap, count);
      best = best.defined() ? maximum(best, part) : part;
    }
    x = best;
  }
  return x;
}

// Where the maxima stand in x, as numbers of elements in ONNX's order of axes: the first of the largest.
Tensor max_places(const Tensor& x, const Windows& windows, bool column_major) {
  require_small(windows);
  // Each window as one axis: all taps side by side.
  const Shape& shape = x.shape();
  const int rank = x.rank();
  const int64_t batch = shape[0], channels = shape[rank - 1];
  Tensor places, values = x;
  // The number of each element in the plane of its channel; padding has none, and never wins.
  int64_t plane = 1;
  for (int i = 1; i < rank - 1; ++i) plane *= shape[i];
  Shape grid{1};
  for (int i = 1; i < rank - 1; ++i) grid.push_back(shape[i]);
  grid.push_back(1);
  Tensor number;
  int64_t weight = 1;
  for (int i = column_major ? 1 : rank - 2; column_major ? i < rank - 1 : i > 0; i += column_major ? 1 : -1) {
    Shape line;
    for (int k = 0; k < rank; ++k) line.push_back(k == i ? shape[i] : 1);
    const Tensor each = multiply(reshape(arange(shape[i], DType::kInt64), line), static_cast<double>(weight));
    number = number.defined() ? add(number, each) : each;
    weight *= shape[i];
  }
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(rank), {0, 0});
  std::vector<int64_t> counts;
  for (size_t axis = 0; axis < windows.axes(); ++axis) {
    pads[axis + 1] = {windows.before[axis], windows.after[axis]};
    counts.push_back(windows.count(axis, shape[static_cast<int>(axis) + 1]));
  }
  const Tensor padded = pad(values, pads, lowest(x.dtype())), numbered = pad(number, pads, 0);
  std::vector<Tensor> taps, tap_numbers;
  std::vector<int64_t> tap(windows.axes(), 0);
  for (bool more = true; more;) {
    Tensor part = padded, part_number = numbered;
    for (size_t axis = 0; axis < windows.axes(); ++axis) {
      part = tap_of(part, windows, axis, tap[axis], counts[axis]);
      part_number = tap_of(part_number, windows, axis, tap[axis], counts[axis]);
    }
    taps.push_back(part);
    tap_numbers.push_back(part_number);
    more = false;
    for (size_t axis = windows.axes(); axis-- > 0;) {
      if (++tap[axis] < windows.sizes[axis]) {
        more = true;
        break;
      }
      tap[axis] = 0;
    }
  }
  const Tensor all = stack(taps, 0), numbers = stack(tap_numbers, 0);
  const Tensor best = argmax(all, 0, true);
  Tensor result = take_along_axis(numbers, cast(best, DType::kInt64), 0)[0];
  // Planes of the channels, and of the batch.
  Shape batches{batch}, lines{1};
  for (int i = 1; i < rank; ++i) batches.push_back(1);
  for (int i = 1; i < rank - 1; ++i) lines.push_back(1);
  lines.push_back(channels);
  const Tensor base = add(multiply(reshape(arange(batch, DType::kInt64), batches), static_cast<double>(channels * plane)),
                          multiply(reshape(arange(channels, DType::kInt64), lines), static_cast<double>(plane)));
  return add(result, base);
}

std::vector<Value> max_pool(Call& call) {
  const Value& x = call.value(0);
  const int rank = x.rank();
  const Windows windows = pool_windows(call);
  const bool column_major = call.integer("storage_order", 0) != 0;
  const Order last = channels_last(rank);
  const Tensor lying = x.in_order(last);
  Tensor y;
  if (rank <= 4 && !dilated(windows) && is_floating(lying.dtype())) {
    y = from_images(pooled_images(as_images(lying), windows, 0,
                                  [](const Tensor& images, const auto& sizes, const auto& strides,
                                     const std::string& padding) { return max_pool2d(images, sizes, strides, padding); }),
                    rank);
  } else {
    y = max_by_axes(lying, windows);
  }
  std::vector<Value> outputs{Value::lying(y, last, x.type())};
  if (call.wants(1)) outputs.push_back(Value::lying(max_places(lying, windows, column_major), last));
  return outputs;
}

// The mean over windows, of the elements inside of x alone, or with its padding.
Tensor averaged(Tensor x, Windows windows, bool with_padding, const std::vector<int64_t>& pads_after) {
  const int rank = x.rank();
  if (with_padding) {
    std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(rank), {0, 0});
    for (size_t axis = 0; axis < windows.axes(); ++axis) {
      pads[axis + 1] = {windows.before[axis], pads_after[axis]};
      windows.before[axis] = 0;
      windows.after[axis] -= pads_after[axis];  // what ceil_mode adds does not count
    }
    x = pad(x, pads);
  }
  if (rank <= 4 && !dilated(windows)) {
    return from_images(pooled_images(as_images(x), windows, 0,
                                     [](const Tensor& images, const auto& sizes, const auto& strides,
                                        const std::string& padding) {
                                       return avg_pool2d(images, sizes, strides, padding);
                                     }),
                       rank);
  }
  require_small(windows);
  // Sums along one axis after the other, and the same of ones.
  const auto summed = [&](Tensor t) {
    for (size_t axis = 0; axis < windows.axes(); ++axis) {
      std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(rank), {0, 0});
      pads[axis + 1] = {windows.before[axis], windows.after[axis]};
      const int64_t count = windows.count(axis, t.shape()[static_cast<int>(axis) + 1]);
      if (count < 1) throw InvalidArgument("its window is larger than its input");
      const Tensor padded = pad(t, pads);
      Tensor sum;
      for (int64_t tap = 0; tap < windows.sizes[axis]; ++tap) {
        const Tensor part = tap_of(padded, windows, axis, tap, count);
        sum = sum.defined() ? add(sum, part) : part;
      }
      t = sum;
    }
    return t;
  };
  Shape one = x.shape();
  one.set(0, 1);
  one.set(rank - 1, 1);
  return divide(summed(x), summed(full(one, 1, x.dtype())));
}

std::vector<Value> average_pool(Call& call) {
  const Value& x = call.value(0);
  const Windows windows = pool_windows(call);
  const bool with_padding = call.integer("count_include_pad", 0) != 0;
  // The padding of the file, without what ceil_mode adds.
  std::vector<int64_t> after = windows.after;
  if (call.integer("ceil_mode", 0) != 0 && call.text("auto_pad", "NOTSET") == "NOTSET") {
    const std::vector<int64_t> pads =
        call.integer_list("pads").value_or(std::vector<int64_t>(2 * windows.axes(), 0));
    after.assign(pads.begin() + static_cast<std::ptrdiff_t>(windows.axes()), pads.end());
  }
  const Order last = channels_last(x.rank());
  return {Value::lying(averaged(x.in_order(last), windows, with_padding, after), last, x.type())};
}

// The p-norm of each window: the mean of powers times their number.
std::vector<Value> lp_pool(Call& call) {
  const Value& x = call.value(0);
  const Windows windows = pool_windows(call);
  const double p = call.opset() < 2 ? call.number("p", 2.0) : static_cast<double>(call.integer("p", 2));
  int64_t elements = 1;
  for (const int64_t size : windows.sizes) elements *= size;
  const Order last = channels_last(x.rank());
  const Tensor powers = power(lamina::abs(x.in_order(last)), p);
  const Tensor means = averaged(powers, windows, true, windows.after);
  return {Value::lying(power(multiply(means, static_cast<double>(elements)), 1 / p), last, x.type())};
}

template <class F>
std::vector<Value> global(Call& call, F&& f) {
  const Value& x = call.value(0);
  if (x.rank() < 3) call.fail("takes (batch, channels, ...), received " + x.shape().str());
  const Order last = channels_last(x.rank());
  std::vector<int> axes;
  for (int axis = 1; axis + 1 < x.rank(); ++axis) axes.push_back(axis);
  return {Value::lying(f(x.in_order(last), axes), last, x.type())};
}

const bool kPoolingRegistered[] = {
    register_operator("MaxPool", 1, max_pool),
    register_operator("AveragePool", 1, average_pool),
    register_operator("LpPool", 1, lp_pool),
    register_operator("GlobalAveragePool", 1,
                      [](Call& call) {
                        return global(call, [](const Tensor& x, const std::vector<int>& axes) { return mean(x, axes, true); });
                      }),
    register_operator("GlobalMaxPool", 1,
                      [](Call& call) {
                        return global(call, [](const Tensor& x, const std::vector<int>& axes) { return lamina::max(x, axes, true); });
                      }),
    register_operator("GlobalLpPool", 1, [](Call& call) {
      const double p = call.opset() < 2 ? call.number("p", 2.0) : static_cast<double>(call.integer("p", 2));
      return global(call, [&](const Tensor& x, const std::vector<int>& axes) {
        return power(sum(power(lamina::abs(x), p), axes, true), 1 / p);
      });
    })};

}  // namespace
}  // namespace lamina::onnx
