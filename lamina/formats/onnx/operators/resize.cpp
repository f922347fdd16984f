// Resize and Upsample: axis by axis, each element a weighted sum of neighbours.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

struct Method {
  std::string mode = "nearest";
  std::string coordinates = "half_pixel";
  std::string nearest = "round_prefer_floor";
  double cubic = -0.75;
  double extrapolation = 0;
  bool antialias = false, exclude_outside = false;
};

// How one axis changes.
struct AxisPlan {
  int64_t in = 0, out = 0;
  double scale = 1;
  double start = 0, end = 1;  // of the region, as parts of the axis
  bool same(bool crops) const {
    return in == out && std::fabs(scale - 1) < 1e-9 && !(crops && (start != 0 || end != 1));
  }
};

// Where place x of the result is in the input.
double place(double x, const AxisPlan& axis, const Method& method) {
  const auto in = static_cast<double>(axis.in);
  const double width = axis.scale * in;  // of the result, before it is cut to a whole number
  const std::string& how = method.coordinates;
  if (how == "half_pixel") return (x + 0.5) / axis.scale - 0.5;
  if (how == "half_pixel_symmetric")
    return in / 2 * (1 - static_cast<double>(axis.out) / width) + (x + 0.5) / axis.scale - 0.5;
  if (how == "pytorch_half_pixel") return axis.out > 1 ? (x + 0.5) / axis.scale - 0.5 : 0;
  if (how == "tf_half_pixel_for_nn") return (x + 0.5) / axis.scale;
  if (how == "align_corners") return width == 1 ? 0 : x * (in - 1) / (width - 1);
  if (how == "asymmetric") return x / axis.scale;
  if (how == "tf_crop_and_resize") {
    if (width == 1) return 0.5 * (axis.start + axis.end) * (in - 1);
    return axis.start * (in - 1) + x * (axis.end - axis.start) * (in - 1) / (width - 1);
  }
  throw InvalidArgument("attribute 'coordinate_transformation_mode' is '" + how + "'");
}

double nearest(double x, const std::string& how, const AxisPlan& axis) {
  // Until version 10: the pixel in front, or behind where the axis shrinks.
  if (how == "simple") return axis.scale < 1 ? std::ceil(x) : std::floor(x);
  if (how == "round_prefer_floor") return std::ceil(x - 0.5);
  if (how == "round_prefer_ceil") return std::floor(x + 0.5);
  if (how == "floor") return std::floor(x);
  if (how == "ceil") return std::ceil(x);
  throw InvalidArgument("attribute 'nearest_mode' is '" + how + "'");
}

double kernel(double x, const Method& method) {
  const double a = method.cubic;
  x = std::fabs(x);
  if (method.mode == "linear") return std::max(1 - x, 0.0);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// The neighbours of each place of the result: tap t of place i is index[t][i], with weights[t][i].
struct Taps {
  std::vector<std::vector<int64_t>> index;
  std::vector<std::vector<double>> weights;  // none for the nearest one
  std::vector<uint8_t> outside;              // places that the extrapolation value fills
  bool any_outside = false;
};

Taps taps_of(const AxisPlan& axis, const Method& method) {
  const auto out = static_cast<size_t>(axis.out);
  const auto inside = [&](int64_t i) { return std::clamp<int64_t>(i, 0, axis.in - 1); };
  Taps taps;
  taps.outside.assign(out, 0);
  const bool linear = method.mode == "linear";
  const double shrink = method.antialias ? std::min(axis.scale, 1.0) : 1.0;
  const int64_t first = static_cast<int64_t>(std::floor((linear ? -1 : -2) / shrink)) + 1;
  const int64_t count = method.mode == "nearest" ? 1 : 2 - 2 * first;
  if (count > 2 * axis.in + 16) throw Unsupported("it smooths over far more than the input has");
  taps.index.assign(static_cast<size_t>(count), std::vector<int64_t>(out));
  if (method.mode != "nearest") taps.weights.assign(static_cast<size_t>(count), std::vector<double>(out));
  for (size_t i = 0; i < out; ++i) {
    const double x = place(static_cast<double>(i), axis, method);
    if (method.coordinates == "tf_crop_and_resize" && !(x >= 0 && x <= static_cast<double>(axis.in - 1))) {
      taps.outside[i] = 1;
      taps.any_outside = true;
    }
    const double bounded = std::clamp(x, -4.0, static_cast<double>(axis.in) + 4);
    if (method.mode == "nearest") {
      taps.index[0][i] = inside(static_cast<int64_t>(nearest(bounded, method.nearest, axis)));
      continue;
    }
    const auto floor = static_cast<int64_t>(std::floor(bounded));
    double sum = 0;
    for (int64_t t = 0; t < count; ++t) {
      const int64_t at = floor + first + t;
      double weight = kernel((static_cast<double>(at) - bounded) * shrink, method);
      if (method.exclude_outside && at != inside(at)) weight = 0;
      taps.index[static_cast<size_t>(t)][i] = inside(at);
      taps.weights[static_cast<size_t>(t)][i] = weight;
      sum += weight;
    }
    if (sum == 0) sum = 1;
    for (auto& weights : taps.weights) weights[i] /= method.antialias || method.exclude_outside ? sum : 1;
  }
  return taps;
}

// Along axis `at` of `rank`: (n,) as it broadcasts.
Tensor along(const Tensor& x, int at, int rank) {
  Shape shape;
  for (int axis = 0; axis < rank; ++axis) shape.push_back(axis == at ? x.size() : 1);
  return reshape(x, shape);
}

Tensor resize_axis(const Tensor& x, int at, const AxisPlan& plan, const Method& method) {
  const Taps taps = taps_of(plan, method);
  Tensor result;
  for (size_t t = 0; t < taps.index.size(); ++t) {
    const std::vector<int32_t> index(taps.index[t].begin(), taps.index[t].end());
    Tensor part = take(x, Tensor::from(index, {plan.out}), at);
    if (!taps.weights.empty())
      part = multiply(part, along(cast(Tensor::from(taps.weights[t], {plan.out}), x.dtype()), at, x.rank()));
    result = result.defined() ? add(result, part) : part;
  }
  if (taps.any_outside) {
    const Tensor outside = along(Tensor::from(taps.outside, {plan.out}), at, x.rank());
    result = cast(where(outside, method.extrapolation, result), x.dtype());
  }
  return result;
}

// Whether one op of images computes it: two axes of four, in whole ratios of extents.
bool is_image(const Method& method, const std::vector<AxisPlan>& axes, DType dtype) {
  if (method.mode != "linear" || method.antialias || method.exclude_outside || axes.size() != 4) return false;
  if (method.coordinates != "half_pixel" && method.coordinates != "pytorch_half_pixel") return false;
  for (size_t i = 0; i < axes.size(); ++i) {
    const AxisPlan& axis = axes[i];
    if (i < 2 && !axis.same(false)) return false;
    if (axis.in < 1 || axis.out < 2 || axis.in > (1 << 20)) return false;
    if (i >= 2 && std::fabs(axis.scale * static_cast<double>(axis.in) - static_cast<double>(axis.out)) > 1e-6)
      return false;
  }
  return dtype == DType::kFloat32;
}

Value resized(const Value& x, const std::vector<AxisPlan>& axes, const Method& method) {
  const ElementType type = x.type();
  const bool crops = method.coordinates == "tf_crop_and_resize";
  const DType dtype = storage(type);
  if (is_image(method, axes, dtype)) {
    if (axes[0].in > 0 && axes[1].in > 0) {
      const Order order = channels_last(4);
      return Value::lying(resize2d(x.in_order(order), axes[2].out, axes[3].out), order, type);
    }
  }
  const Order order = x.order();
  Tensor y = x.in_order(order);
  // Integers are weighed as float64, floats of 16 bits as float32.
  const bool integer = !lamina::is_floating(dtype);
  const bool weighs = method.mode != "nearest";
  if (weighs && integer) y = cast(y, DType::kFloat64);
  if (weighs && (dtype == DType::kFloat16 || dtype == DType::kBFloat16)) y = cast(y, DType::kFloat32);
  for (size_t place = 0; place < order.size(); ++place) {
    const AxisPlan& plan = axes[static_cast<size_t>(order[place])];
    if (plan.same(crops)) continue;
    if (plan.in == 0) throw InvalidArgument("an axis without elements cannot be resized");
    y = resize_axis(y, static_cast<int>(place), plan, method);
  }
  if (weighs && integer && dtype != DType::kBool) {
    if (bits(type) > 32) throw Unsupported("integers of 64 bits cannot be interpolated");
    const double bits_used = bits(type),
                 low = is_unsigned(type) ? 0 : -std::ldexp(1.0, static_cast<int>(bits_used) - 1);
    y = clip(lamina::round(y), low, low + std::ldexp(1.0, static_cast<int>(bits_used)) - 1);
  }
  if (weighs && is_small_float(type)) y = rounded(y, type, true);
  return Value::lying(cast(y, dtype), order, type);
}

void require_extent(const Call& call, double extent) {
  if (!(extent >= 0 && extent <= 1 << 24))
    call.fail(fmt::format("an extent of its result would be {}", extent));
}

std::vector<AxisPlan> unchanged(const Shape& shape) {
  std::vector<AxisPlan> axes;
  for (const int64_t extent : shape) axes.push_back({extent, extent});
  return axes;
}

void scale_axis(const Call& call, AxisPlan& axis, double scale) {
  if (!(scale > 0)) call.fail(fmt::format("a scale is {}; expected a number above 0", scale));
  axis.scale = scale;
  const double extent = std::floor(scale * static_cast<double>(axis.in));
  require_extent(call, extent);
  axis.out = static_cast<int64_t>(extent);
}

std::vector<Value> resize(Call& call) {
  const bool first = call.opset() < 11;  // scales alone, by the first pixel
  Method method;
  method.mode = call.text("mode", "nearest");
  method.coordinates = call.text("coordinate_transformation_mode", first ? "asymmetric" : "half_pixel");
  method.nearest = call.text("nearest_mode", first ? "simple" : "round_prefer_floor");
  method.cubic = call.number("cubic_coeff_a", -0.75);
  method.extrapolation = call.number("extrapolation_value", 0.0);
  method.exclude_outside = call.integer("exclude_outside", 0) != 0;
  method.antialias = call.integer("antialias", 0) != 0;
  if (method.mode == "bilinear") method.mode = "linear";
  if (method.mode == "bicubic") method.mode = "cubic";
  if (method.mode != "nearest" && method.mode != "linear" && method.mode != "cubic")
    call.fail("attribute 'mode' is '" + method.mode + "'");
  if (method.mode == "nearest" && method.antialias)
    throw Unsupported("smooths no nearest pixels: antialias needs another mode");
  const std::string policy = call.text("keep_aspect_ratio_policy", "stretch");
  const Shape shape = call.value(0).shape();
  const int rank = shape.rank();
  std::vector<AxisPlan> plans = unchanged(shape);
  std::vector<int> axes;
  if (const auto given = call.integer_list("axes")) {
    for (const int64_t axis : *given) axes.push_back(shape.normalize(static_cast<int>(axis)));
  } else {
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  const auto filled = [&](size_t input) { return call.has(input) && call[input].size() > 0; };
  const size_t scales_at = first ? 1 : 2;
  const bool by_scales = filled(scales_at), by_sizes = !first && filled(3);
  if (by_scales == by_sizes) call.fail("takes either scales or sizes");
  const bool crops = method.coordinates == "tf_crop_and_resize";
  if (crops && filled(1) && !first) {
    const std::vector<double> region = doubles(call[1]);
    if (region.size() != 2 * axes.size())
      call.fail(fmt::format("its roi has {} numbers for {} axes", region.size(), axes.size()));
    for (size_t i = 0; i < axes.size(); ++i) {
      plans[static_cast<size_t>(axes[i])].start = region[i];
      plans[static_cast<size_t>(axes[i])].end = region[i + axes.size()];
    }
  } else if (crops) {
    call.fail("needs a roi for tf_crop_and_resize");
  }
  const std::vector<double> given = doubles(call[by_scales ? scales_at : 3]);
  if (given.size() != axes.size())
    call.fail(fmt::format("has {} scales or sizes for {} axes", given.size(), axes.size()));
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisPlan& plan = plans[static_cast<size_t>(axes[i])];
    if (by_scales) {
      if (crops && plan.end - plan.start != 1)
        throw Unsupported(
            "crops by scales, where the extents of the result are said in two ways: give sizes");
      scale_axis(call, plan, given[i]);
    } else {
      require_extent(call, given[i]);
      plan.out = static_cast<int64_t>(given[i]);
      if (plan.in > 0) plan.scale = given[i] / static_cast<double>(plan.in);
    }
  }
  if (by_sizes && policy != "stretch") {
    if (policy != "not_larger" && policy != "not_smaller")
      call.fail("attribute 'keep_aspect_ratio_policy' is '" + policy + "'");
    std::optional<double> scale;
    for (const int axis : axes) {
      const double each = plans[static_cast<size_t>(axis)].scale;
      scale = !scale ? each : policy == "not_larger" ? std::min(*scale, each) : std::max(*scale, each);
    }
    for (const int axis : axes) {
      AxisPlan& plan = plans[static_cast<size_t>(axis)];
      plan.scale = *scale;
      plan.out = static_cast<int64_t>(std::floor(*scale * static_cast<double>(plan.in) + 0.5));
    }
  }
  return {resized(call.value(0), plans, method)};
}

std::vector<Value> upsample(Call& call) {
  Method method;
  method.mode = call.text("mode", "nearest");
  method.coordinates = "asymmetric";
  method.nearest = "simple";
  if (method.mode == "bilinear") method.mode = "linear";
  if (method.mode != "nearest" && method.mode != "linear")
    call.fail("attribute 'mode' is '" + method.mode + "'");
  std::vector<AxisPlan> plans = unchanged(call.value(0).shape());
  std::vector<double> scales;
  if (call.opset() >= 9) {
    scales = doubles(call[1]);
  } else if (call.opset() >= 7) {
    scales = call.number_list("scales").value_or(std::vector<double>());
  } else {
    scales = {1, 1, call.number("height_scale"), call.number("width_scale")};
  }
  if (scales.size() != plans.size())
    call.fail(fmt::format("has {} scales for {} axes", scales.size(), plans.size()));
  for (size_t i = 0; i < plans.size(); ++i) scale_axis(call, plans[i], scales[i]);
  return {resized(call.value(0), plans, method)};
}

// Upsample went when Resize came; readers of files of that time still know it.
const bool kResizeRegistered[] = {register_operator("Resize", 10, resize),
                            register_operator("Upsample", 1, upsample)};

}  // namespace
}  // namespace lamina::onnx
