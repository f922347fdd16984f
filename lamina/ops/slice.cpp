// Record of slice; indexing and flip in terms of it.
#include "lamina/ops/slice.h"

#include <algorithm>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_slice(const InferArgs& args) {
  const auto& attrs = args.attrs.as<SliceAttrs>();
  const Shape& shape = args.inputs[0].shape;
  const auto rank = static_cast<size_t>(shape.rank());
  if (attrs.starts.size() != rank || attrs.sizes.size() != rank || attrs.steps.size() != rank) {
    args.fail("starts, sizes and steps must have one entry per axis");
  }
  for (size_t i = 0; i < rank; ++i) {
    const int64_t extent = shape[static_cast<int>(i)];
    if (!detail::places_inside(attrs.starts[i], attrs.steps[i], attrs.sizes[i], extent)) {
      args.fail("the part " + std::to_string(attrs.starts[i]) + " + i * " + std::to_string(attrs.steps[i]) +
                ", i < " + std::to_string(attrs.sizes[i]) + ", lies outside axis " + std::to_string(i));
    }
  }
  return {{args.inputs[0].dtype, Shape(attrs.sizes)}};
}

std::vector<Tensor> vjp_slice(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<SliceAttrs>();
  return {apply(find_op("pad"), PadAttrs{args.inputs[0].shape(), attrs.starts, attrs.steps, 0},
                {args.grads[0]})[0]};
}

const Op& slice_op =
    register_op<SliceAttrs>({.name = "slice",
                             .doc = "Every steps-th element from starts on, sizes of them, per axis",
                             .inputs = {{"x"}},
                             .outputs = {"y"},
                             .infer = infer_slice,
                             .flops = no_flops,
                             .vjp = vjp_slice});

SliceAttrs whole(const Shape& shape) {
  const auto rank = static_cast<size_t>(shape.rank());
  return {std::vector<int64_t>(rank, 0), shape.dims(), std::vector<int64_t>(rank, 1)};
}

/// Python's rule for start:stop:step on an axis: clip to the axis, then count.
void set_axis(SliceAttrs& attrs, size_t axis, Slice slice, int64_t extent) {
  if (slice.step == 0) throw InvalidArgument("slice: the step of axis " + std::to_string(axis) + " is zero");
  const bool forward = slice.step > 0;
  const int64_t low = forward ? 0 : -1;
  const int64_t high = forward ? extent : extent - 1;
  const auto bound = [&](int64_t given, int64_t otherwise) {
    if (given == Slice::kNone) return otherwise;
    return std::clamp(given < 0 ? given + extent : given, low, high);
  };
  const int64_t start = bound(slice.start, forward ? low : high);
  const int64_t stop = bound(slice.stop, forward ? high : low);
  const int64_t distance = forward ? stop - start : start - stop;
  // Written so that a huge step does not overflow.
  const auto stride = forward ? static_cast<uint64_t>(slice.step) : 0 - static_cast<uint64_t>(slice.step);
  const int64_t size =
      distance <= 0 ? 0 : 1 + static_cast<int64_t>(static_cast<uint64_t>(distance - 1) / stride);
  // Equal parts get equal attributes, whatever words described them.
  attrs.starts[axis] = size > 0 ? start : 0;
  attrs.sizes[axis] = size;
  attrs.steps[axis] = size > 1 ? slice.step : 1;
}

Tensor apply_slice(const Tensor& x, SliceAttrs attrs) {
  if (attrs == whole(x.shape())) return x;
  return apply(slice_op, std::move(attrs), {x})[0];
}

}  // namespace

namespace {

// A key as Keras writes it: slices and the ellipsis as objects, new axes as null.
Json key_json(const std::vector<IndexItem>& items) {
  const auto bound = [](int64_t value) { return value == Slice::kNone ? Json() : Json(value); };
  Json key = Json::list();
  for (const IndexItem& item : items) {
    switch (item.kind) {
      case IndexItem::Kind::kPosition:
        key.push_back(item.slice.start);
        break;
      case IndexItem::Kind::kSlice:
        key.push_back(Json::object(
            {{"class_name", "__slice__"},
             {"config", Json::object({{"start", bound(item.slice.start)},
                                      {"stop", bound(item.slice.stop)},
                                      {"step", item.slice.step == 1 ? Json() : Json(item.slice.step)}})}}));
        break;
      case IndexItem::Kind::kNewAxis:
        key.push_back(nullptr);
        break;
      case IndexItem::Kind::kEllipsis:
        key.push_back(Json::object({{"class_name", "__ellipsis__"}, {"config", Json::object()}}));
        break;
    }
  }
  return key;
}

IndexItem item_of(const Json& json) {
  if (json.is_null()) return newaxis;
  if (json.is_int()) return json.as_int();
  const std::string& kind = json.at("class_name").as_string();
  if (kind == "__ellipsis__") return ellipsis;
  if (kind != "__slice__")
    throw Unsupported("operation GetItem: a key of " + json.dump() + " is not supported");
  const auto bound = [&](const char* key, int64_t otherwise) {
    const Json& value = json.at("config").at(key);
    return value.is_null() ? otherwise : value.as_int();
  };
  return Slice{bound("start", Slice::kNone), bound("stop", Slice::kNone), bound("step", 1)};
}

}  // namespace

Tensor slice(const Tensor& x, const std::vector<int64_t>& starts, const std::vector<int64_t>& stops,
             const std::vector<int64_t>& steps) {
  if (is_symbolic(x)) {
    std::vector<IndexItem> items;
    for (size_t i = 0; i < starts.size() && i < stops.size(); ++i)
      items.emplace_back(Slice{starts[i], stops[i], i < steps.size() ? steps[i] : 1});
    return index(x, items);
  }
  if (starts.size() != stops.size() || (!steps.empty() && steps.size() != starts.size()) ||
      starts.size() > static_cast<size_t>(x.rank())) {
    throw InvalidArgument(
        "slice: starts, stops and steps must have equal lengths, at most one entry per axis of " +
        x.shape().str() + "; got " + std::to_string(starts.size()) + ", " + std::to_string(stops.size()) +
        " and " + std::to_string(steps.size()) + " entries");
  }
  SliceAttrs attrs = whole(x.shape());
  for (size_t i = 0; i < starts.size(); ++i) {
    set_axis(attrs, i, {starts[i], stops[i], steps.empty() ? 1 : steps[i]}, x.shape()[static_cast<int>(i)]);
  }
  return apply_slice(x, std::move(attrs));
}

Tensor index(const Tensor& x, const std::vector<IndexItem>& items) {
  if (is_symbolic(x)) return detail::recorded("GetItem", {x, key_json(items)});
  using Kind = IndexItem::Kind;
  const auto count = [&](auto... kinds) {
    return std::count_if(items.begin(), items.end(),
                         [&](const IndexItem& i) { return ((i.kind == kinds) || ...); });
  };
  const int64_t used = count(Kind::kPosition, Kind::kSlice);
  if (count(Kind::kEllipsis) > 1) throw InvalidArgument("index: only one ellipsis may occur");
  if (used > x.rank()) {
    throw InvalidArgument("index: " + std::to_string(used) + " entries are too many for shape " +
                          x.shape().str());
  }
  SliceAttrs attrs = whole(x.shape());
  std::vector<int64_t> dims;  // of the result
  int axis = 0;
  const auto keep = [&](int64_t axes) {
    for (int64_t i = 0; i < axes; ++i) dims.push_back(attrs.sizes[static_cast<size_t>(axis++)]);
  };
  for (const IndexItem& item : items) {
    switch (item.kind) {
      case Kind::kPosition: {
        const int64_t extent = x.shape()[axis];
        const int64_t position = item.slice.start < 0 ? item.slice.start + extent : item.slice.start;
        if (position < 0 || position >= extent) {
          throw InvalidArgument("index: position " + std::to_string(item.slice.start) +
                                " is out of range for axis " + std::to_string(axis) + " of shape " +
                                x.shape().str());
        }
        set_axis(attrs, static_cast<size_t>(axis++), {position, position + 1, 1}, extent);
        break;
      }
      case Kind::kSlice:
        set_axis(attrs, static_cast<size_t>(axis), item.slice, x.shape()[axis]);
        keep(1);
        break;
      case Kind::kNewAxis:
        dims.push_back(1);
        break;
      case Kind::kEllipsis:
        keep(x.rank() - used);
        break;
    }
  }
  keep(x.rank() - axis);
  const Tensor part = apply_slice(x, std::move(attrs));
  return part.shape().dims() == dims ? part : reshape(part, Shape(dims));
}

Tensor flip(const Tensor& x, const Axes& axes) {
  if (is_symbolic(x)) return detail::recorded("Flip", {x}, Json::object({{"axis", detail::axes_json(axes)}}));
  std::vector<bool> reversed(static_cast<size_t>(x.rank()), false);
  for (int axis : axes) reversed[static_cast<size_t>(detail::checked_axis("flip", x, axis))] = true;
  SliceAttrs attrs = whole(x.shape());
  for (int i = 0; i < x.rank(); ++i) {
    if (axes.empty() || reversed[static_cast<size_t>(i)]) {
      set_axis(attrs, static_cast<size_t>(i), {Slice::kNone, Slice::kNone, -1}, x.shape()[i]);
    }
  }
  return apply_slice(x, std::move(attrs));
}

namespace {

const bool slice_recorded = detail::register_operations(
    detail::kNumpyOps,
    {{"GetItem",
      [](const OperationCall& call) {
        const Json key = call.value(1);
        std::vector<IndexItem> items;
        if (key.is_list()) {
          for (const Json& one : key.as_list()) items.push_back(item_of(one));
        } else {
          items.push_back(item_of(key));
        }
        return index(call.tensor(0), items);
      },
      {"x", "key"}},
     {"Flip", [](const OperationCall& call) { return flip(call.tensor(0), detail::axes_of(call)); }}});

}  // namespace

}  // namespace lamina
