// Parts of tensors and tensors of parts: slices with their masks, splits, joins, padding and what moves
// blocks.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::tensorflow {
namespace {

// ---- Slices ----

std::vector<Value> slice_operator(Call& call) {
  const Tensor& x = call[0];
  std::vector<int64_t> starts = call.known_integers(1), sizes = call.known_integers(2), stops;
  if (starts.size() != static_cast<size_t>(x.rank()) || sizes.size() != starts.size())
    call.fail(fmt::format("{} and {} bounds for a tensor of {} axes", starts.size(), sizes.size(), x.rank()));
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t extent = x.shape()[static_cast<int>(i)];
    if (sizes[i] == -1) sizes[i] = extent - starts[i];
    if (starts[i] < 0 || sizes[i] < 0 || starts[i] > extent || sizes[i] > extent - starts[i])
      call.fail(fmt::format("{} elements from {} on of the {} of axis {}", sizes[i], starts[i], extent, i));
    stops.push_back(starts[i] + sizes[i]);
  }
  return {like(slice(x, starts, stops), call.element())};
}

// x[begin:end:stride] as Python has it, where bits of masks stand for what is left out, "...", new axes and
// single indices.
std::vector<Value> strided_slice(Call& call) {
  const Value& x = call.value(0);
  const std::vector<int64_t> begin = call.known_integers(1), end = call.known_integers(2),
                             stride = call.known_integers(3);
  const int64_t no_begin = call.integer("begin_mask", 0), no_end = call.integer("end_mask", 0),
                dots = call.integer("ellipsis_mask", 0), added = call.integer("new_axis_mask", 0),
                single = call.integer("shrink_axis_mask", 0);
  const size_t count = begin.size();
  if (end.size() != count || stride.size() != count || count > 31)
    call.fail("its bounds are of different numbers");
  const auto has = [](int64_t mask, size_t i) { return ((mask >> i) & 1) != 0; };
  // How many axes of x the bounds name; "..." stands for the others.
  int named = 0;
  bool seen = false;
  for (size_t i = 0; i < count; ++i) {
    if (has(dots, i)) {
      if (seen) call.fail("it has two '...'");
      seen = true;
    } else if (!has(added, i)) {
      ++named;
    }
  }
  const Shape from = x.shape();
  if (named > from.rank())
    call.fail(fmt::format("it names {} axes of a tensor of shape {}", named, from.str()));
  std::vector<int64_t> axes, starts, stops, steps;
  Shape shape;  // of the result
  int axis = 0;
  const auto whole = [&] { shape.push_back(from[axis++]); };
  for (size_t i = 0; i < count; ++i) {
    if (has(dots, i)) {
      for (int rest = from.rank() - named; rest > 0; --rest) whole();
      continue;
    }
    if (has(added, i)) {
      shape.push_back(1);
      continue;
    }
    const int64_t extent = from[axis], step = stride[i];
    if (step == 0) call.fail("a stride is 0");
    int64_t start = 0, stop = 0, size = 0;
    if (has(single, i)) {
      start = begin[i] < 0 ? begin[i] + extent : begin[i];
      if (start < 0 || start >= extent)
        call.fail(fmt::format("index {} is out of range for an axis of {} elements", begin[i], extent));
      stop = start + 1;
      size = 1;
    } else {
      const auto inside = [&](int64_t place) {
        if (place < 0) place = place < -extent ? -1 : place + extent;
        return step > 0 ? std::clamp<int64_t>(place, 0, extent) : std::clamp<int64_t>(place, -1, extent - 1);
      };
      start = has(no_begin, i) ? (step > 0 ? 0 : extent - 1) : inside(begin[i]);
      stop = has(no_end, i) ? (step > 0 ? extent : -1) : inside(end[i]);
      const int64_t span = step > 0 ? stop - start : start - stop;
      const int64_t by = step > 0 ? step : step == INT64_MIN ? INT64_MAX : -step;
      size = span <= 0 ? 0 : (span - 1) / by + 1;
      shape.push_back(size);
    }
    axes.push_back(axis++);
    starts.push_back(size == 0 ? 0 : start);
    // Before the first element: as ONNX and Python say it.
    stops.push_back(size == 0 ? 0 : stop < 0 ? -extent - 1 : stop);
    steps.push_back(size == 0 || has(single, i) ? 1 : step);
  }
  while (axis < from.rank()) whole();
  if (shape.rank() > Shape::kMaxRank) call.fail(fmt::format("its result has {} axes", shape.rank()));
  Value result = x;
  if (!axes.empty()) {
    result = apply_onnx(
        call, "Slice",
        {x, integers_value(starts), integers_value(stops), integers_value(axes), integers_value(steps)})[0];
  }
  if (x.is_strings())
    return apply_onnx(call, "Reshape", {result, integers_value({shape.begin(), shape.end()})}, {{"allowzero", int64_t{1}}});
  return {Value(reshape(result.tensor(), shape), x.type())};
}

// ---- Splits and joins ----

std::vector<Value> split_of(Call& call, const Value& x, int64_t axis, std::vector<int64_t> sizes) {
  const int64_t extent = x.shape()[onnx::axis_of(axis, x.rank())];
  int64_t named = 0;
  for (const int64_t size : sizes) named += std::max<int64_t>(size, 0);
  for (int64_t& size : sizes) {
    if (size == -1) size = extent - named;
  }
  return apply_onnx(call, "Split", {x, integers_value(sizes)}, {{"axis", axis}});
}

std::vector<Value> split_evenly(Call& call) {
  const int64_t axis = call.known_integer(0), parts = call.integer("num_split");
  const Value& x = call.value(1);
  const int64_t extent = x.shape()[onnx::axis_of(axis, x.rank())];
  constexpr int64_t kMost = 1 << 20;
  if (parts < 1 || parts > kMost || extent % parts != 0)
    call.fail(fmt::format("{} elements make no {} equal parts", extent, parts));
  return split_of(call, x, axis, std::vector<int64_t>(static_cast<size_t>(parts), extent / parts));
}

std::vector<Value> split_by_sizes(Call& call) {
  call.ignore({"num_split"});
  return split_of(call, call.value(0), call.known_integer(2), call.known_integers(1));
}

std::vector<Value> concat(Call& call, bool axis_first) {
  std::vector<Value> parts = call.values();
  if (parts.size() < 2) call.fail("it joins nothing");
  const int64_t axis = call.known_integer(axis_first ? 0 : parts.size() - 1);
  parts.erase(axis_first ? parts.begin() : parts.end() - 1);
  return apply_onnx(call, "Concat", std::move(parts), {{"axis", axis}});
}

// ---- Padding and moving ----

std::vector<Value> padded(Call& call, const std::string& mode) {
  const Tensor& x = call[0];
  const std::vector<int64_t> amounts = call.known_integers(1);
  if (amounts.size() != 2 * static_cast<size_t>(x.rank())) call.fail("it takes two amounts for each axis");
  std::vector<std::pair<int64_t, int64_t>> pads;
  for (size_t i = 0; i < amounts.size(); i += 2) {
    if (amounts[i] < 0 || amounts[i + 1] < 0) call.fail("an amount is negative");
    pads.emplace_back(amounts[i], amounts[i + 1]);
  }
  if (!mode.empty()) return {like(pad(x, pads, mode), call.element())};
  return {like(pad(x, pads, call.has(2) ? call.known_number(2) : 0.0), call.element())};
}

std::vector<Value> mirrored(Call& call) {
  const std::string mode = call.text("mode");
  if (mode != "REFLECT" && mode != "SYMMETRIC") call.fail("attribute 'mode' is '" + mode + "'");
  return padded(call, mode == "REFLECT" ? "reflect" : "symmetric");
}

std::vector<Value> reversed(Call& call) {
  const std::vector<int> axes = axes_of(call, 1, call[0].rank());
  return {axes.empty() ? call.value(0) : like(flip(call[0], axes), call.element())};
}

std::vector<Value> reversed_sequences(Call& call) {
  return apply_onnx(call, "ReverseSequence", {call.value(0), call.value(1)},
                    {{"time_axis", call.integer("seq_dim")}, {"batch_axis", call.integer("batch_dim", 0)}});
}

std::vector<Value> rolled(Call& call) {
  return {like(roll(call[0], call.known_integers(1), axes_of(call, 2, call[0].rank())), call.element())};
}

// (n b1 b2, h, w, c) to (n, h b1, w b2, c), and then cut.
std::vector<Value> batch_to_space(Call& call) {
  const Tensor& x = call[0];
  const std::vector<int64_t> block = call.known_integers(1), crops = call.known_integers(2);
  const auto m = static_cast<int>(block.size());
  int64_t all = 1;
  for (const int64_t each : block) {
    if (each < 1 || each > (int64_t{1} << 20)) call.fail("an extent of its blocks is out of range");
    all *= each;
    if (all > (int64_t{1} << 40)) call.fail("its blocks are too large");
  }
  if (x.rank() <= m || crops.size() != 2 * block.size() || x.shape()[0] % all != 0)
    call.fail("its blocks do not fit its input " + x.shape().str());
  Shape apart;
  for (const int64_t each : block) apart.push_back(each);
  apart.push_back(x.shape()[0] / all);
  for (int i = 1; i < x.rank(); ++i) apart.push_back(x.shape()[i]);
  if (apart.rank() > Shape::kMaxRank) call.fail("it has too many axes");
  std::vector<int> order{m};
  Shape joined{x.shape()[0] / all};
  for (int i = 0; i < m; ++i) {
    order.push_back(m + 1 + i);
    order.push_back(i);
    joined.push_back(x.shape()[1 + i] * block[static_cast<size_t>(i)]);
  }
  for (int i = 2 * m + 1; i < apart.rank(); ++i) {
    order.push_back(i);
    joined.push_back(apart[i]);
  }
  const Tensor wide = reshape(transpose(reshape(x, apart), order), joined);
  std::vector<int64_t> starts(static_cast<size_t>(joined.rank()), 0), stops(joined.begin(), joined.end());
  for (size_t i = 0; i < block.size(); ++i) {
    starts[i + 1] = crops[2 * i];
    stops[i + 1] -= crops[2 * i + 1];
    if (crops[2 * i] < 0 || crops[2 * i + 1] < 0 || starts[i + 1] > stops[i + 1])
      call.fail("it cuts off too much");
  }
  return {like(slice(wide, starts, stops), call.element())};
}

std::vector<Value> space_to_batch(Call& call) {
  const std::vector<int64_t> block = call.known_integers(1), amounts = call.known_integers(2);
  const auto m = static_cast<int>(block.size());
  if (call[0].rank() <= m || amounts.size() != 2 * block.size())
    call.fail("its blocks do not fit its input " + call[0].shape().str());
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(call[0].rank()), {0, 0});
  for (size_t i = 0; i < block.size(); ++i) {
    if (block[i] < 1 || amounts[2 * i] < 0 || amounts[2 * i + 1] < 0)
      call.fail("its blocks are out of range");
    pads[i + 1] = {amounts[2 * i], amounts[2 * i + 1]};
  }
  const Tensor x = pad(call[0], pads);
  Shape apart{x.shape()[0]}, joined{x.shape()[0]};
  std::vector<int> order, rest;
  for (int i = 0; i < m; ++i) {
    const int64_t each = block[static_cast<size_t>(i)], extent = x.shape()[i + 1];
    if (extent % each != 0) call.fail("its blocks do not fit its input " + x.shape().str());
    apart.push_back(extent / each);
    apart.push_back(each);
    joined.set(0, joined[0] * each);
    joined.push_back(extent / each);
    order.push_back(2 * i + 2);
    rest.push_back(2 * i + 1);
  }
  order.push_back(0);
  order.insert(order.end(), rest.begin(), rest.end());
  for (int i = m + 1; i < x.rank(); ++i) {
    order.push_back(apart.rank());
    apart.push_back(x.shape()[i]);
    joined.push_back(x.shape()[i]);
  }
  if (apart.rank() > Shape::kMaxRank) call.fail("it has too many axes");
  return {like(reshape(transpose(reshape(x, apart), order), joined), call.element())};
}

std::vector<Value> in_blocks(Call& call, const char* op) {
  require_channels_last(call);
  const Value y = apply_onnx(call, op, {as_channels_second(call.value(0))},
                             {{"blocksize", call.integer("block_size")}})[0];
  return {Value(channels_last(y), call.element())};
}

const bool kPartsRegistered[] = {
    register_operator("Slice", slice_operator),
    register_operator("StridedSlice", strided_slice),
    register_operator("Split", split_evenly),
    register_operator("SplitV", split_by_sizes),
    register_operator("Concat", [](Call& call) { return concat(call, true); }),
    register_operator("ConcatV2", [](Call& call) { return concat(call, false); }),
    register_operator("Pad", [](Call& call) { return padded(call, ""); }),
    register_operator("PadV2", [](Call& call) { return padded(call, ""); }),
    register_operator("MirrorPad", mirrored),
    register_operator("ReverseV2", reversed),
    register_operator("ReverseSequence", reversed_sequences),
    register_operator("Roll", rolled),
    register_operator("BatchToSpaceND", batch_to_space),
    register_operator("SpaceToBatchND", space_to_batch),
    register_operator("DepthToSpace", [](Call& call) { return in_blocks(call, "DepthToSpace"); }),
    register_operator("SpaceToDepth", [](Call& call) { return in_blocks(call, "SpaceToDepth"); })};

}  // namespace
}  // namespace lamina::tensorflow
