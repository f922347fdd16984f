// Record of pad.
#include "lamina/ops/pad.h"

#include <algorithm>
#include <limits>
#include <map>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_pad(const InferArgs& args) {
  const auto& attrs = args.attrs.as<PadAttrs>();
  const Shape& from = args.inputs[0].shape;
  const auto rank = static_cast<size_t>(from.rank());
  if (attrs.shape.rank() != from.rank() || attrs.starts.size() != rank || attrs.steps.size() != rank) {
    args.fail("shape, starts and steps must have one entry per axis");
  }
  for (size_t i = 0; i < rank; ++i) {
    const int axis = static_cast<int>(i);
    if (!detail::places_inside(attrs.starts[i], attrs.steps[i], from[axis], attrs.shape[axis])) {
      args.fail("the input does not fit into " + attrs.shape.str() + " along axis " + std::to_string(axis));
    }
  }
  return {{args.inputs[0].dtype, attrs.shape}};
}

std::vector<Tensor> vjp_pad(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<PadAttrs>();
  const SliceAttrs part{attrs.starts, args.inputs[0].shape().dims(), attrs.steps};
  return {apply(find_op("slice"), part, {args.grads[0]})[0]};
}

const Op& pad_op =
    register_op<PadAttrs>({.name = "pad",
                           .doc = "x placed at starts + i * steps in a tensor filled with a constant",
                           .inputs = {{"x"}},
                           .outputs = {"y"},
                           .infer = infer_pad,
                           .flops = no_flops,
                           .vjp = vjp_pad});

}  // namespace

namespace {

using Paddings = std::vector<std::pair<int64_t, int64_t>>;

Tensor drawn(const Tensor& x, const Paddings& paddings, const std::string& mode, double value) {
  Json widths = Json::list();
  for (const auto& [before, after] : paddings) widths.push_back(Json::list({before, after}));
  std::vector<OperationArgument> args{x};
  if (value != 0) args.push_back(detail::number_json(value));
  return detail::recorded("Pad", std::move(args), Json::object({{"pad_width", widths}, {"mode", mode}}));
}

/// Where in the padded tensor x lies, and the shape of that.
PadAttrs placement(const Tensor& x, const Paddings& paddings, double value) {
  if (paddings.size() != static_cast<size_t>(x.rank())) {
    throw InvalidArgument("pad: needs one {before, after} per axis of " + x.shape().str() + "; got " +
                          std::to_string(paddings.size()));
  }
  PadAttrs attrs{x.shape(), {}, std::vector<int64_t>(paddings.size(), 1), value};
  for (size_t i = 0; i < paddings.size(); ++i) {
    const auto [before, after] = paddings[i];
    if (before < 0 || after < 0) {
      throw InvalidArgument("pad: paddings must not be negative; got {" + std::to_string(before) + ", " +
                            std::to_string(after) + "} for axis " + std::to_string(i));
    }
    const int axis = static_cast<int>(i);
    const int64_t extent = x.shape()[axis];
    const int64_t room = std::numeric_limits<int64_t>::max() - extent;
    if (before > room || after > room - before) {
      throw InvalidArgument("pad: axis " + std::to_string(i) + " of " + x.shape().str() +
                            " would become too long with {" + std::to_string(before) + ", " +
                            std::to_string(after) + "}");
    }
    attrs.shape.set(axis, before + extent + after);
    attrs.starts.push_back(before);
  }
  return attrs;
}

int64_t reduced(int64_t place, int64_t period) { return ((place % period) + period) % period; }

/// The place within an axis of n elements that stands for one beyond it.
using Source = int64_t (*)(int64_t place, int64_t n);
Source source_of(const std::string& mode) {
  static const std::map<std::string, Source> sources = {
      {"edge", [](int64_t place, int64_t n) { return std::clamp<int64_t>(place, 0, n - 1); }},
      {"wrap", [](int64_t place, int64_t n) { return reduced(place, n); }},
      {"reflect",
       [](int64_t place, int64_t n) {
         const int64_t there = reduced(place, std::max<int64_t>(1, 2 * (n - 1)));
         return there < n ? there : 2 * (n - 1) - there;
       }},
      {"symmetric",
       [](int64_t place, int64_t n) {
         const int64_t there = reduced(place, 2 * n);
         return there < n ? there : 2 * n - 1 - there;
       }},
  };
  const auto found = sources.find(mode);
  if (found == sources.end()) {
    throw InvalidArgument(
        "pad: expected mode 'constant', 'reflect', 'symmetric', 'edge' or 'wrap', received '" + mode + "'");
  }
  return found->second;
}

}  // namespace

Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& paddings, double value) {
  if (is_symbolic(x)) return drawn(x, paddings, "constant", value);
  PadAttrs attrs = placement(x, paddings, value);
  return attrs.shape == x.shape() ? x : apply(pad_op, std::move(attrs), {x})[0];
}

Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& paddings,
           const std::string& mode) {
  if (mode == "constant") return pad(x, paddings);
  const Source source = source_of(mode);
  if (is_symbolic(x)) {
    if (mode == "edge" || mode == "wrap")
      throw Unsupported("pad: mode '" + mode +
                        "' is not supported in graphs of layers, since Keras lacks it");
    return drawn(x, paddings, mode, 0);
  }
  const Shape shape = placement(x, paddings, 0).shape;
  Tensor padded = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t n = x.shape()[axis], before = paddings[static_cast<size_t>(axis)].first;
    if (shape[axis] == n) continue;
    if (n == 0) {
      throw InvalidArgument("pad: mode '" + mode + "' finds no elements along axis " + std::to_string(axis) +
                            " of " + x.shape().str());
    }
    std::vector<int64_t> places(static_cast<size_t>(shape[axis]));
    for (size_t i = 0; i < places.size(); ++i) places[i] = source(static_cast<int64_t>(i) - before, n);
    padded = take(padded, Tensor::from(places, {shape[axis]}), axis);
  }
  return padded;
}

namespace {

const bool pad_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Pad",
                         [](const OperationCall& call) {
                           const std::string& mode = call.config.at("mode").as_string();
                           std::vector<std::pair<int64_t, int64_t>> paddings;
                           for (const Json& pair : call.config.at("pad_width").as_list())
                             paddings.emplace_back(pair.at(size_t{0}).as_int(), pair.at(size_t{1}).as_int());
                           if (paddings.size() == 1)  // one for all axes
                             paddings.resize(static_cast<size_t>(call.tensor(0).rank()), paddings[0]);
                           if (mode != "constant") return pad(call.tensor(0), paddings, mode);
                           return pad(call.tensor(0), paddings, call.value(1).is_null() ? 0 : call.number(1));
                         },
                         {"x", "constant_values"}}});

}  // namespace

}  // namespace lamina
