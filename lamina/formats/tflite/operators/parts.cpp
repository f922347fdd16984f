// Parts of tensors, and tensors of parts: slices, splits, concatenations, padding, other directions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/dynamic_slice.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

std::vector<Value> slice_operator(Call& call) {
  const Tensor& x = call[0];
  std::vector<int64_t> sizes = call.known_integers(2);
  if (static_cast<int>(sizes.size()) != x.rank()) call.fail("its sizes are not one for each axis");
  if (!call.value(1).known() && std::find(sizes.begin(), sizes.end(), -1) == sizes.end()) {
    Shape shape;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const int64_t size = sizes[static_cast<size_t>(axis)];
      if (size < 0 || size > x.shape()[axis]) call.fail("a size lies outside of its input");
      shape.push_back(size);
    }
    return {output(call, dynamic_slice(x, cast(call[1], DType::kInt32), shape))};
  }
  const std::vector<int64_t> begins = call.known_integers(1);
  if (begins.size() != sizes.size()) call.fail("its begins are not one for each axis");
  std::vector<int64_t> stops;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t extent = x.shape()[static_cast<int>(i)];
    if (sizes[i] == -1) sizes[i] = extent - begins[i];
    if (begins[i] < 0 || sizes[i] < 0 || begins[i] > extent || sizes[i] > extent - begins[i])
      call.fail(fmt::format("begins at {} with size {} on an axis of {}", begins[i], sizes[i], extent));
    stops.push_back(begins[i] + sizes[i]);
  }
  return {output(call, x.rank() == 0 ? x : slice(x, begins, stops))};
}

// As Python's x[begin:end:stride, ...], with bits that say which bounds are left out.
std::vector<Value> strided_slice(Call& call) {
  const Tensor& x = call[0];
  const std::vector<int64_t> begins = call.known_integers(1), ends = call.known_integers(2),
                             strides = call.known_integers(3);
  const int64_t begin_mask = option(call, "begin_mask"), end_mask = option(call, "end_mask"),
                ellipsis_mask = option(call, "ellipsis_mask"), new_mask = option(call, "new_axis_mask"),
                shrink_mask = option(call, "shrink_axis_mask");
  const bool offset = option(call, "offset") != 0;
  const size_t count = begins.size();
  if (ends.size() != count || strides.size() != count || count > 32)
    call.fail("its bounds are of different numbers");
  const auto in = [](int64_t mask, size_t i) { return (mask >> i & 1) != 0; };
  int64_t used = 0;  // axes of x that entries speak of
  for (size_t i = 0; i < count; ++i) used += !in(ellipsis_mask, i) && !in(new_mask, i) ? 1 : 0;
  if (used > x.rank()) call.fail("speaks of more axes than its input has");
  std::vector<int64_t> from, to, by;
  Shape result;
  int axis = 0;
  const auto whole = [&] {
    from.push_back(0);
    to.push_back(x.shape()[axis]);
    by.push_back(1);
    result.push_back(x.shape()[axis++]);
  };
  bool had_ellipsis = false;
  for (size_t i = 0; i < count; ++i) {
    if (in(ellipsis_mask, i)) {
      if (had_ellipsis) call.fail("has two ellipses");
      had_ellipsis = true;
      for (int64_t k = x.rank() - used; k > 0; --k) whole();
      continue;
    }
    if (in(new_mask, i)) {
      result.push_back(1);
      continue;
    }
    const int64_t extent = x.shape()[axis], step = strides[i];
    if (step == 0) call.fail("a stride is 0");
    const auto bounded = [&](int64_t at) {
      if (at < 0) at += extent;
      return step > 0 ? std::clamp<int64_t>(at, 0, extent) : std::clamp<int64_t>(at, -1, extent - 1);
    };
    if (in(shrink_mask, i)) {
      const int64_t at = begins[i] < 0 ? begins[i] + extent : begins[i];
      if (at < 0 || at >= extent)
        call.fail(fmt::format("takes element {} of an axis of {}", begins[i], extent));
      from.push_back(at);
      to.push_back(at + 1);
      by.push_back(1);
      ++axis;
      continue;
    }
    const int64_t first = in(begin_mask, i) ? (step > 0 ? 0 : extent - 1) : bounded(begins[i]);
    const int64_t end = offset ? begins[i] + ends[i] : ends[i];
    const int64_t last = in(end_mask, i) ? (step > 0 ? extent : -1) : bounded(end);
    const int64_t size = step > 0 ? std::max<int64_t>(0, (last - first + step - 1) / step)
                                  : std::max<int64_t>(0, (first - last - step - 1) / -step);
    from.push_back(size == 0 ? 0 : first);
    // -1 as an end counts from behind: what lies before the first element is said as an end before all.
    to.push_back(size == 0 ? 0 : step < 0 && last < 0 ? -extent - 1 : last);
    by.push_back(size == 0 ? 1 : step);
    result.push_back(size);
    ++axis;
  }
  while (axis < x.rank()) whole();
  const Tensor y = from.empty() ? x : slice(x, from, to, by);
  return {output(call, reshape(y, result))};
}

std::vector<Value> concatenation(Call& call) {
  std::vector<Tensor> parts;
  const int axis = onnx::axis_of(option(call, "axis"), call[0].rank());
  const Quantization out = output_quantization(call);
  const Range range = quantized(call) ? activated_range(call) : Range{0, 0};
  for (size_t i = 0; i < call.size(); ++i) {
    Tensor part = call[i];
    if (quantized(call, i)) {
      const Quantization in = input_quantization(call, i);
      if (in.scale() != out.scale() || in.zero() != out.zero()) {
        const float factor = in.scale() * (1.0F / out.scale()),
                    bias = static_cast<float>(-in.zero()) * factor;
        const Tensor steps = rounded_away(add(
            multiply(cast(part, DType::kFloat32), static_cast<double>(factor)), static_cast<double>(bias)));
        part = cast(clip(add(steps, static_cast<double>(out.zero())), static_cast<double>(range.lowest),
                         static_cast<double>(range.highest)),
                    part.dtype());
      }
    }
    parts.push_back(part);
  }
  const Tensor y = parts.size() == 1 ? parts[0] : concatenate(parts, axis);
  return {output(call, quantized(call) ? y : activated(call, y))};
}

std::vector<Value> outputs_of(const Call& call, const std::vector<Tensor>& parts) {
  std::vector<Value> values;
  for (size_t i = 0; i < parts.size(); ++i) values.push_back(output(call, parts[i], i));
  return values;
}

Tensor between(const Tensor& x, int axis, int64_t begin, int64_t end) {
  std::vector<int64_t> from(static_cast<size_t>(axis) + 1, 0),
      to(x.shape().begin(), x.shape().begin() + axis + 1);
  from.back() = begin;
  to.back() = end;
  return slice(x, from, to);
}

std::vector<Value> split_sizes(Call& call, const Tensor& x, int axis, std::vector<int64_t> sizes) {
  int64_t known = 0, open = -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1 && open < 0) {
      open = static_cast<int64_t>(i);
    } else if (sizes[i] < 0 || sizes[i] > x.shape()[axis]) {
      call.fail(fmt::format("a part of it has {} elements", sizes[i]));
    } else {
      known += sizes[i];
    }
  }
  if (open >= 0) sizes[static_cast<size_t>(open)] = x.shape()[axis] - known;
  if ((open < 0 && known != x.shape()[axis]) || known > x.shape()[axis] || sizes.size() != call.outputs())
    call.fail("its parts do not make up its input");
  std::vector<Tensor> parts;
  int64_t begin = 0;
  for (const int64_t size : sizes) {
    parts.push_back(between(x, axis, begin, begin + size));
    begin += size;
  }
  return outputs_of(call, parts);
}

std::vector<Value> split_operator(Call& call) {
  const int64_t count = option(call, "num_splits");
  const int axis = onnx::axis_of(call.known_integer(0), call[1].rank());
  const int64_t extent = call[1].shape()[axis];
  if (count < 1 || count > 65536 || extent % count != 0)
    call.fail(fmt::format("cannot cut {} elements into {} parts", extent, count));
  return split_sizes(call, call[1], axis, std::vector<int64_t>(static_cast<size_t>(count), extent / count));
}

std::vector<Value> split_v(Call& call) {
  call.ignore({"num_splits"});
  return split_sizes(call, call[0], onnx::axis_of(call.known_integer(2), call[0].rank()),
                     call.known_integers(1));
}

std::vector<Value> unpack(Call& call) {
  const Tensor& x = call[0];
  const int axis = onnx::axis_of(option(call, "axis"), x.rank());
  const int64_t count = option(call, "num");
  if (count != x.shape()[axis] || static_cast<size_t>(count) != call.outputs())
    call.fail("has another number of outputs than parts");
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < count; ++i) parts.push_back(squeeze(between(x, axis, i, i + 1), Axes{axis}));
  return outputs_of(call, parts);
}

using Paddings = std::vector<std::pair<int64_t, int64_t>>;

Paddings paddings_of(const Call& call) {
  const std::vector<int64_t> flat = call.known_integers(1);
  const int rank = call[0].rank();
  if (static_cast<int>(flat.size()) != 2 * rank) call.fail("its paddings are not two for each axis");
  Paddings pairs;
  double size = 1;
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t before = flat[static_cast<size_t>(2 * axis)],
                  after = flat[static_cast<size_t>(2 * axis) + 1];
    if (before < 0 || after < 0 || before > (1 << 30) || after > (1 << 30))
      call.fail("a padding is negative or too large");
    size *= static_cast<double>(before + after + call[0].shape()[axis]);
    pairs.emplace_back(before, after);
  }
  if (size > static_cast<double>(int64_t{1} << 28)) call.fail("its result is too large");
  return pairs;
}

std::vector<Value> pad_operator(Call& call) {
  double value = 0;
  if (call.has(2)) {
    value = call.known_number(2);
  } else if (quantized(call)) {
    value = static_cast<double>(output_quantization(call).zero());
  }
  return {output(call, pad(call[0], paddings_of(call), value))};
}

std::vector<Value> mirror_pad(Call& call) {
  const bool symmetric = option(call, "mode") != 0;
  return {output(call, pad(call[0], paddings_of(call), std::string(symmetric ? "symmetric" : "reflect")))};
}

std::vector<Value> reverse(Call& call) {
  std::vector<int> axes;
  for (const int64_t axis : call.known_integers(1)) axes.push_back(onnx::axis_of(axis, call[0].rank()));
  return {output(call, axes.empty() ? call[0] : flip(call[0], axes))};
}

// The first elements of each row, as many as input 1 says, in the other direction.
std::vector<Value> reverse_sequence(Call& call) {
  const Tensor& x = call[0];
  const int time = onnx::axis_of(option(call, "seq_dim"), x.rank()),
            batch = onnx::axis_of(option(call, "batch_dim"), x.rank());
  if (time == batch || call[1].size() != x.shape()[batch]) call.fail("its lengths do not fit its input");
  Shape times, rows;
  for (int axis = 0; axis < x.rank(); ++axis) {
    times.push_back(axis == time ? x.shape()[time] : 1);
    rows.push_back(axis == batch ? x.shape()[batch] : 1);
  }
  const Tensor place = reshape(arange(x.shape()[time], DType::kInt64), times),
               length = reshape(cast(call[1], DType::kInt64), rows);
  const Tensor from = where(ops::less(place, length), subtract(subtract(length, 1.0), place), place);
  Shape whole = x.shape();
  const Tensor index = add(from, zeros(whole, DType::kInt64));
  return {output(call, take_along_axis(x, index, time))};
}

// Elements with a padding value between them.
std::vector<Value> dilate(Call& call) {
  const std::vector<int64_t> steps = call.known_integers(1);
  Tensor x = call[0];
  if (static_cast<int>(steps.size()) != x.rank()) call.fail("its dilations are not one for each axis");
  const double value = call.known_number(2);
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t step = steps[static_cast<size_t>(axis)], extent = x.shape()[axis];
    if (step < 1 || step > (1 << 20)) call.fail(fmt::format("a dilation is {}", step));
    if (step == 1 || extent < 2) continue;
    Shape apart, wide;
    Paddings pads;
    for (int i = 0; i < x.rank(); ++i) {
      apart.push_back(x.shape()[i]);
      pads.emplace_back(0, 0);
      wide.push_back(i == axis ? extent * step : x.shape()[i]);
      if (i == axis) {
        apart.push_back(1);
        pads.emplace_back(0, step - 1);
      }
    }
    x = between(reshape(pad(reshape(x, apart), pads, value), wide), axis, 0, (extent - 1) * step + 1);
  }
  return {output(call, x)};
}

const bool kPartsRegistered[] = {builtin<slice_operator>("SLICE"),
                            builtin<strided_slice>("STRIDED_SLICE"),
                            builtin<concatenation>("CONCATENATION"),
                            builtin<split_operator>("SPLIT"),
                            builtin<split_v>("SPLIT_V"),
                            builtin<unpack>("UNPACK"),
                            builtin<pad_operator>("PAD"),
                            builtin<pad_operator>("PADV2"),
                            builtin<mirror_pad>("MIRROR_PAD"),
                            builtin<reverse>("REVERSE_V2"),
                            builtin<reverse_sequence>("REVERSE_SEQUENCE"),
                            builtin<dilate>("DILATE")};

}  // namespace
}  // namespace lamina::tflite
