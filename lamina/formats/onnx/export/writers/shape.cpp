// Writers of ops that move elements: reshape, transpose, slice, pad, concatenate, broadcast_to.
#include <algorithm>
#include <limits>

#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

// `order` of a list.
template <class T>
std::vector<T> channels_behind_batch(const std::vector<T>& list) {
  std::vector<T> result = list;
  for (size_t axis = 0; axis < list.size(); ++axis)
    result[static_cast<size_t>(channels_first_axis(static_cast<int>(axis), static_cast<int>(list.size())))] = list[axis];
  return result;
}

// Extents that stay are 0, and one may be -1, so that shapes are constants where that is possible.
std::string reshaped(Writing& w, const std::string& x, const std::vector<Extent>& from, const std::vector<Extent>& to) {
  std::vector<int64_t> shape;
  int64_t unknown = 0;
  bool empty = false;
  for (size_t axis = 0; axis < to.size(); ++axis) {
    if (to[axis].fixed()) {
      shape.push_back(to[axis].value());
      empty = empty || shape.back() == 0;
    } else if (axis < from.size() && from[axis] == to[axis]) {
      shape.push_back(0);
    } else {
      shape.push_back(-1);
      ++unknown;
    }
  }
  if (empty) {
    if (w.opset() < 14) w.refuse("an extent of 0 is written since operator set 14");
    return w.node("Reshape", {x, w.extents().list(to)}, {{"allowzero", 1}});
  }
  return w.node("Reshape", {x, unknown > 1 ? w.extents().list(to) : w.integers(shape)});
}

void reshape(Writing& w) {
  const std::vector<Extent> from = w.extents(0), to = w.out_extents(0);
  // Between images and lines of them batch and channels stay where they are.
  if (w.lies_channels_first(0) && to.size() > 2 && from.front() == to.front() && from.back() == to.back()) {
    return w.out_channels_first(
        0, reshaped(w, w.channels_first(0), channels_behind_batch(from), channels_behind_batch(to)));
  }
  w.out(0, reshaped(w, w.in(0), from, to));
}

void transpose(Writing& w) {
  const auto& attrs = w.attrs<TransposeAttrs>();
  const bool channels_first = w.lies_channels_first(0);
  std::vector<int64_t> order;
  for (const int axis : attrs.perm) order.push_back(channels_first ? channels_first_axis(axis, w.rank(0)) : axis);
  if (std::is_sorted(order.begin(), order.end())) return w.out(0, channels_first ? w.channels_first(0) : w.in(0));
  if (w.constant(0).defined()) return w.out(0, w.in_order(0, attrs.perm));
  w.out(0, w.node("Transpose", {channels_first ? w.channels_first(0) : w.in(0)}, {{"perm", order}}));
}

constexpr int64_t kFirst = -std::numeric_limits<int64_t>::max(), kLast = std::numeric_limits<int64_t>::max();

// Bounds of one axis in all traces, as ONNX takes them: counted from the end where that is what stays.
struct Bounds {
  Extent start, stop;
  int64_t step = 1;
};

bool all_of(const Extent& a, const Extent& b, bool (*holds)(int64_t, int64_t)) {
  return std::equal(a.values.begin(), a.values.end(), b.values.begin(), holds);
}

Bounds bounds_of(Writing& w, size_t axis) {
  const auto of = [&](auto&& member) {
    return w.extent_of<SliceAttrs>([&](const SliceAttrs& attrs) { return (attrs.*member)[axis]; });
  };
  const Extent extent = w.extent(0, static_cast<int>(axis));
  Bounds bounds{of(&SliceAttrs::starts), {}, 1};
  const Extent sizes = of(&SliceAttrs::sizes), steps = of(&SliceAttrs::steps);
  if (!steps.fixed()) w.refuse("its step follows from open extents; write the model for fixed shapes");
  bounds.step = steps.value();
  Extent from_end;
  for (size_t i = 0; i < sizes.values.size(); ++i) {
    bounds.stop.values.push_back(bounds.start.values[i] + sizes.values[i] * bounds.step);
    from_end.values.push_back(bounds.start.values[i] - extent.values[i]);
  }
  const size_t traces = sizes.values.size();
  const Extent zero{std::vector<int64_t>(traces, 0)};
  if (bounds.step > 0 && all_of(bounds.stop, extent, [](int64_t stop, int64_t end) { return stop >= end; })) {
    bounds.stop = {std::vector<int64_t>(traces, kLast)};
  } else if (all_of(bounds.stop, zero, [](int64_t stop, int64_t) { return stop < 0; })) {
    bounds.stop = {std::vector<int64_t>(traces, kFirst)};
  } else if (std::any_of(bounds.stop.values.begin(), bounds.stop.values.end(), [](int64_t stop) { return stop < 0; })) {
    w.refuse("where it ends follows from open extents; write the model for fixed shapes");
  }
  if (!bounds.start.fixed() && from_end.fixed()) bounds.start = from_end;
  return bounds;
}

void slice(Writing& w) {
  std::vector<Extent> starts, stops;
  std::vector<int64_t> axes, steps;
  const bool channels_first = w.lies_channels_first(0);
  for (int axis = 0; axis < w.rank(0); ++axis) {
    Bounds bounds = bounds_of(w, static_cast<size_t>(axis));
    if (bounds.start.fixed() && bounds.start.value() == 0 && bounds.step == 1 && bounds.stop.fixed() &&
        bounds.stop.value() == kLast)
      continue;
    starts.push_back(std::move(bounds.start));
    stops.push_back(std::move(bounds.stop));
    axes.push_back(channels_first ? channels_first_axis(axis, w.rank(0)) : axis);
    steps.push_back(bounds.step);
  }
  if (axes.empty()) return w.out_same(0, 0);
  const std::string y = w.node("Slice", {channels_first ? w.channels_first(0) : w.in(0), w.extents().list(starts),
                                         w.extents().list(stops), w.integers(axes), w.integers(steps)});
  if (channels_first) {
    w.out_channels_first(0, y);
  } else {
    w.out(0, y);
  }
}

void pad(Writing& w) {
  const auto& first = w.attrs<PadAttrs>(0);
  std::vector<Extent> before, after;
  for (int axis = 0; axis < w.rank(0); ++axis) {
    const auto place = static_cast<size_t>(axis);
    before.push_back(w.extent_of<PadAttrs>([&](const PadAttrs& attrs) { return attrs.starts[place]; }));
    const Extent extent = w.extent(0, axis), whole = w.out_extent(0, axis);
    after.emplace_back();
    for (size_t trace = 0; trace < w.traces(); ++trace) {
      const auto& attrs = w.attrs<PadAttrs>(trace);
      if (attrs.steps[place] != 1 || !detail::same_number(attrs.value, first.value))
        w.refuse("elements placed apart from each other, as in the derivative of a slice with steps");
      after.back().values.push_back(whole.values[trace] - before.back().values[trace] - extent.values[trace]);
    }
  }
  const bool channels_first = w.lies_channels_first(0);
  if (channels_first) {
    before = channels_behind_batch(before);
    after = channels_behind_batch(after);
  }
  before.insert(before.end(), after.begin(), after.end());
  const DType dtype = w.dtype(0), wide = dtype == DType::kBool ? DType::kInt32 : Writing::wide(dtype);
  const std::string x = w.as(channels_first ? w.channels_first(0) : w.in(0), dtype, wide);
  const std::string y =
      w.as(w.node("Pad", {x, w.extents().list(before), w.number(first.value, wide)}), wide, dtype);
  if (channels_first) {
    w.out_channels_first(0, y);
  } else {
    w.out(0, y);
  }
}

void concatenate(Writing& w) {
  const int axis = w.attrs<ConcatenateAttrs>().axis, rank = w.out_rank(0);
  bool channels_first = false;
  for (size_t i = 0; i < w.size(); ++i) channels_first = channels_first || w.lies_channels_first(i);
  Names parts;
  for (size_t i = 0; i < w.size(); ++i) parts.push_back(channels_first ? w.channels_first(i) : w.in(i));
  const int64_t place = channels_first ? channels_first_axis(axis, rank) : axis;
  const std::string y = w.node("Concat", parts, {{"axis", place}});
  if (channels_first) {
    w.out_channels_first(0, y);
  } else {
    w.out(0, y);
  }
}

void broadcast_to(Writing& w) {
  std::vector<Extent> shape = w.out_extents(0);
  const std::vector<Extent> from = w.extents(0);
  // Axes that stay say 1, which repeats nothing.
  bool stays = from.size() == shape.size();
  for (size_t i = 0; i < from.size(); ++i) {
    Extent& to = shape[shape.size() - from.size() + i];
    if (from[i] == to) {
      to = {std::vector<int64_t>(w.traces(), 1)};
    } else {
      stays = false;
    }
  }
  if (stays) return w.out_same(0, 0);
  w.out(0, w.node("Expand", {w.in(0), w.extents().list(shape)}));
}

const bool kShapeRegistered[] = {
    register_writer("reshape", reshape), register_writer("transpose", transpose),
    register_writer("slice", slice),     register_writer("pad", pad),
    register_writer("concatenate", concatenate), register_writer("broadcast_to", broadcast_to),
};

}  // namespace
}  // namespace lamina::onnx
