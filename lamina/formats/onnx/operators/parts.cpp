// Parts of tensors, and tensors of parts: Slice, Split, Concat, Pad, and what reorders elements in blocks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/formats/onnx/operators/moved_strings.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// x[starts:stops:steps] along `axes`, as it lies.
Value sliced(const Value& x, const std::vector<int>& axes, const std::vector<int64_t>& starts,
             const std::vector<int64_t>& stops, const std::vector<int64_t>& steps) {
  const Order order = x.is_strings() ? plain_order(x.rank()) : x.order();
  const Tensor lying = x.is_strings() ? places_of_strings(x) : x.in_order(order);
  std::vector<int64_t> from(static_cast<size_t>(lying.rank()), 0), to(lying.shape().begin(), lying.shape().end()),
      by(static_cast<size_t>(lying.rank()), 1);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto place = static_cast<size_t>(place_of(order, axes[i]));
    from[place] = starts[i];
    to[place] = stops[i];
    by[place] = steps[i];
  }
  const Tensor part = slice(lying, from, to, by);
  return x.is_strings() ? strings_at(x, part) : Value::lying(part, order, x.type());
}

std::vector<Value> slice_operator(Call& call) {
  const Value& x = call.value(0);
  const bool attributes = call.opset() < 10;
  const auto bounds = [&](const char* name, size_t input) {
    const auto list = attributes ? call.integer_list(name) : call.known_integers(input);
    if (!list) call.fail(std::string("attribute '") + name + "' is missing");
    return *list;
  };
  const std::vector<int64_t> starts = bounds("starts", 1), ends = bounds("ends", 2);
  const auto given = call.integers_of(attributes ? 99 : 3, "axes");
  std::vector<int64_t> steps =
      !attributes && call.has(4) ? call.known_integers(4) : std::vector<int64_t>(starts.size(), 1);
  if (ends.size() != starts.size() || steps.size() != starts.size() || (given && given->size() != starts.size()))
    call.fail("its bounds are of different numbers");
  std::vector<int> axes;
  for (size_t i = 0; i < starts.size(); ++i)
    axes.push_back(axis_of(given ? (*given)[i] : static_cast<int64_t>(i), x.rank()));
  std::vector<int64_t> from, to;
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t extent = x.shape()[axes[i]];
    if (steps[i] == 0) call.fail("a step is 0");
    // As NumPy, within what an extent can be.
    const auto bound = [&](int64_t place, int64_t low, int64_t high) {
      if (place < 0) place = place < -extent ? low - 1 : place + extent;
      return std::clamp(place, low, high);
    };
    if (steps[i] > 0) {
      from.push_back(bound(starts[i], 0, extent));
      to.push_back(std::max(from.back(), bound(ends[i], 0, extent)));
    } else {
      from.push_back(bound(starts[i], -1, extent - 1));
      const int64_t end = bound(ends[i], -1, extent - 1);
      to.push_back(std::min(end, from.back()));
      steps[i] = std::max(steps[i], -std::max<int64_t>(extent, 1));
      if (from.back() < 0 || to.back() == from.back()) {  // nothing
        from.back() = to.back() = 0;
        steps[i] = 1;
      } else if (to.back() < 0) {
        to.back() = -extent - 1;  // before the first
      }
    }
    steps[i] = std::min(steps[i], std::max<int64_t>(extent, 1));
  }
  return {sliced(x, axes, from, to, steps)};
}

std::vector<Value> split(Call& call) {
  const Value& x = call.value(0);
  const int axis = axis_of(call.integer("axis", 0), x.rank());
  const int64_t extent = x.shape()[axis];
  auto sizes = call.integers_of(1, "split");
  if (!sizes) {
    const int64_t parts = call.integer("num_outputs", static_cast<int64_t>(call.outputs()));
    if (parts < 1) call.fail("it makes no parts");
    const int64_t each = (extent + parts - 1) / parts;
    if (call.opset() < 18 && extent % parts != 0) call.fail(fmt::format("{} elements make no {} equal parts", extent, parts));
    sizes.emplace();
    for (int64_t i = 0; i < parts; ++i) sizes->push_back(std::clamp<int64_t>(extent - i * each, 0, each));
  } else {
    call.ignore({"num_outputs"});
  }
  std::vector<Value> outputs;
  int64_t next = 0;
  for (const int64_t size : *sizes) {
    if (size < 0 || size > extent - next) call.fail(fmt::format("its parts do not make the {} elements of its axis", extent));
    outputs.push_back(sliced(x, {axis}, {next}, {next + size}, {1}));
    next += size;
  }
  if (next != extent) call.fail(fmt::format("its parts make {} of the {} elements of its axis", next, extent));
  return outputs;
}

std::vector<Value> concat(Call& call) {
  if (call.size() == 0) call.fail("it takes at least one input");
  const Value& first = call.value(0);
  const int axis = axis_of(call.opset() < 4 ? call.integer("axis", 1) : call.integer("axis"), first.rank());
  if (first.is_strings()) {
    std::vector<Tensor> parts;
    std::vector<std::string> all;
    for (const Value& value : call.values()) {
      const auto count = static_cast<int64_t>(value.strings().size());
      parts.push_back(reshape(add(arange(count, DType::kInt64), static_cast<double>(all.size())), value.shape()));
      all.insert(all.end(), value.strings().begin(), value.strings().end());
    }
    const Tensor places = concatenate(parts, axis);
    std::vector<std::string> texts;
    for (const int64_t place : integers(places)) texts.push_back(all[static_cast<size_t>(place)]);
    return {Value::of_strings(std::move(texts), places.shape())};
  }
  // The order of the first that does not lie in ONNX's.
  Order order = first.order();
  for (const Value& value : call.values()) {
    if (value.rank() != first.rank()) call.fail("its inputs have different numbers of axes");
    if (value.type() != first.type()) call.fail("its inputs are of different types");
    if (std::is_sorted(order.begin(), order.end())) order = value.order();
  }
  std::vector<Tensor> parts;
  for (const Value& value : call.values()) parts.push_back(value.in_order(order));
  return {Value::lying(concatenate(parts, place_of(order, axis)), order, first.type())};
}

std::vector<Value> pad_operator(Call& call) {
  const Value& x = call.value(0);
  const int rank = x.rank();
  std::vector<int64_t> amounts;
  double value = 0;
  std::vector<int> axes = plain_order(rank);
  if (call.opset() < 11) {
    const auto pads = call.integer_list(call.opset() < 2 ? "paddings" : "pads");
    if (!pads) call.fail("attribute 'pads' is missing");
    amounts = *pads;
    value = call.number("value", 0.0);
  } else {
    amounts = call.known_integers(1);
    if (call.has(2)) value = call.known_number(2);
    if (call.has(3)) {
      axes.clear();
      for (const int64_t axis : call.known_integers(3)) axes.push_back(axis_of(axis, rank));
    }
  }
  const std::string mode = call.text("mode", "constant");
  if (amounts.size() != 2 * axes.size()) call.fail("it takes two amounts for each axis");
  const Tensor lying = x.in_order(x.order());
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(rank), {0, 0});
  for (size_t i = 0; i < axes.size(); ++i)
    pads[static_cast<size_t>(place_of(x.order(), axes[i]))] = {amounts[i], amounts[i + axes.size()]};
  // Negative amounts cut off.
  std::vector<int64_t> starts, stops;
  for (int i = 0; i < rank; ++i) {
    auto& [before, after] = pads[static_cast<size_t>(i)];
    const int64_t extent = lying.shape()[i];
    starts.push_back(std::max<int64_t>(0, -std::max(before, -extent)));
    stops.push_back(std::max(starts.back(), extent - std::max<int64_t>(0, -std::max(after, -extent))));
    before = std::max<int64_t>(0, before);
    after = std::max<int64_t>(0, after);
  }
  const Tensor inner = slice(lying, starts, stops);
  if (mode == "constant") return {Value::lying(pad(inner, pads, value), x.order(), x.type())};
  if (mode != "reflect" && mode != "edge" && mode != "wrap") call.fail("attribute 'mode' is '" + mode + "'");
  return {Value::lying(pad(inner, pads, mode), x.order(), x.type())};
}

// (n, c, h, w) to (n, c / b^2, h b, w b).
std::vector<Value> depth_to_space(Call& call) {
  const Tensor& x = call[0];
  const int64_t b = call.integer("blocksize");
  const std::string mode = call.text("mode", "DCR");
  if (x.rank() != 4) call.fail("takes images (batch, channels, height, width), received " + x.shape().str());
  if (b < 1 || x.shape()[1] % (b * b) != 0) call.fail("attribute 'blocksize' does not divide the channels");
  const int64_t n = x.shape()[0], c = x.shape()[1] / (b * b), h = x.shape()[2], w = x.shape()[3];
  Tensor y;
  if (mode == "DCR") {
    y = transpose(reshape(x, {n, b, b, c, h, w}), {0, 3, 4, 1, 5, 2});
  } else if (mode == "CRD") {
    y = transpose(reshape(x, {n, c, b, b, h, w}), {0, 1, 4, 2, 5, 3});
  } else {
    call.fail("attribute 'mode' is '" + mode + "'");
  }
  return {Value(reshape(y, {n, c, h * b, w * b}), call.element())};
}

std::vector<Value> space_to_depth(Call& call) {
  const Tensor& x = call[0];
  const int64_t b = call.integer("blocksize");
  const std::string mode = call.text("mode", "DCR");
  if (x.rank() != 4) call.fail("takes images (batch, channels, height, width), received " + x.shape().str());
  if (b < 1 || x.shape()[2] % b != 0 || x.shape()[3] % b != 0)
    call.fail("attribute 'blocksize' does not divide height and width");
  const int64_t n = x.shape()[0], c = x.shape()[1], h = x.shape()[2] / b, w = x.shape()[3] / b;
  const Tensor apart = reshape(x, {n, c, h, b, w, b});
  const Tensor y = mode == "CRD" ? transpose(apart, {0, 1, 3, 5, 2, 4}) : transpose(apart, {0, 3, 5, 1, 2, 4});
  return {Value(reshape(y, {n, c * b * b, h, w}), call.element())};
}

// The first elements of each sequence in the other direction.
std::vector<Value> reverse_sequence(Call& call) {
  const Tensor &x = call[0], &lengths = call[1];
  const int time = axis_of(call.integer("time_axis", 0), x.rank());
  const int batch = axis_of(call.integer("batch_axis", 1), x.rank());
  if (time == batch || lengths.rank() != 1 || lengths.shape()[0] != x.shape()[batch])
    call.fail("takes a length for each sequence, received " + lengths.shape().str() + " for " + x.shape().str());
  Shape steps_shape, batch_shape;
  for (int i = 0; i < x.rank(); ++i) {
    steps_shape.push_back(i == time ? x.shape()[time] : 1);
    batch_shape.push_back(i == batch ? x.shape()[batch] : 1);
  }
  const Tensor steps = reshape(arange(x.shape()[time], DType::kInt64), steps_shape);
  const Tensor each = reshape(cast(lengths, DType::kInt64), batch_shape);
  const Tensor places = where(less(steps, each), subtract(subtract(each, 1.0), steps), steps);
  return {Value(take_along_axis(x, places, time), call.element())};
}

const bool kPartsRegistered[] = {register_operator("Slice", 1, slice_operator),
                            register_operator("Split", 2, split),
                            register_operator("Concat", 1, concat),
                            register_operator("Pad", 1, pad_operator),
                            register_operator("DepthToSpace", 1, depth_to_space),
                            register_operator("SpaceToDepth", 1, space_to_depth),
                            register_operator("ReverseSequence", 10, reverse_sequence)};

}  // namespace
}  // namespace lamina::onnx
