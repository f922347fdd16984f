// Records of resize2d and its adjoint.
#include "lamina/ops/resize.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/resize.h"

namespace lamina {
namespace detail {

namespace {

constexpr double kPi = 3.14159265358979323846;

double triangle(double t) { return std::max(0.0, 1 - t); }
/// R. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
double keys(double t) {
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}
double mitchell(double t) {  // with B = C = 1/3
  if (t < 1) return (7.0 / 6 * t - 2) * t * t + 16.0 / 18;
  return t < 2 ? ((-7.0 / 18 * t + 2) * t - 10.0 / 3) * t + 16.0 / 9 : 0;
}
double gaussian(double t) { return t < 1.5 ? std::exp(-2 * t * t) : 0; }
template <int radius>
double lanczos(double t) {
  if (t > radius) return 0;
  return t <= 1e-3 ? 1 : radius * std::sin(kPi * t) * std::sin(kPi * t / radius) / (kPi * kPi * t * t);
}

/// Two pixels around the place.
void add_bilinear(float place, int64_t input, ResizedAxis& axis) {
  const float centre = place - 0.5f, below = std::floor(centre);
  const auto first = std::max<int64_t>(0, static_cast<int64_t>(below));
  const auto second = std::min(input - 1, static_cast<int64_t>(std::ceil(centre)));
  axis.taps.push_back({first, 1 - double{centre - below}});
  axis.taps.push_back({second, double{centre - below}});
}

void normalize(size_t begin, ResizedAxis& axis) {
  double sum = 0;
  for (size_t i = begin; i < axis.taps.size(); ++i) sum += axis.taps[i].weight;
  if (std::abs(sum) < 1e-35) return;
  for (size_t i = begin; i < axis.taps.size(); ++i) axis.taps[i].weight /= sum;
}

/// Four pixels around the place, which is rounded to 1/1024: TensorFlow keeps a table of the weights.
void add_bicubic(float place, int64_t input, ResizedAxis& axis) {
  const float centre = place - 0.5f, below = std::floor(centre);
  const double offset = std::nearbyint((centre - below) * 1024.0f) / 1024;
  const size_t begin = axis.taps.size();
  for (int64_t i = -1; i <= 2; ++i) {
    const int64_t from = static_cast<int64_t>(below) + i;
    if (from < 0 || from >= input) continue;
    axis.taps.push_back({from, keys(std::abs(offset - static_cast<double>(i)))});
  }
  normalize(begin, axis);
}

/// The pixels that a pixel of the result covers, by how much of them.
void add_area(int64_t i, float step, int64_t input, ResizedAxis& axis) {
  const double start = static_cast<float>(i) * step, stop = static_cast<float>(i + 1) * step;
  const size_t begin = axis.taps.size();
  for (auto from = static_cast<int64_t>(start); static_cast<double>(from) < stop; ++from) {
    const auto left = static_cast<double>(from);
    axis.taps.push_back({std::min(from, input - 1), std::min(stop, left + 1) - std::max(start, left)});
  }
  normalize(begin, axis);
}

/// What `radius` pixels of the image, or of the result where that is smaller and `smooth`, give by a kernel.
void add_kernel(float place, float step, int64_t input, double radius, double (*kernel)(double), bool smooth,
                ResizedAxis& axis) {
  const float scale = smooth ? std::max(step, 1.0f) : 1.0f, reach = static_cast<float>(radius) * scale;
  const auto from = static_cast<int64_t>(std::ceil(place - reach - 0.5f));
  const auto to = static_cast<int64_t>(std::floor(place + reach - 0.5f));
  const size_t begin = axis.taps.size();
  for (int64_t i = std::max<int64_t>(from, 0); i <= std::min(to, input - 1); ++i) {
    const double away = std::abs(static_cast<double>(i) + 0.5 - place) / scale;
    axis.taps.push_back({i, kernel(away)});
  }
  normalize(begin, axis);
}

struct Interpolation {
  const char* name;
  double radius = 0;
  double (*kernel)(double) = nullptr;  // none for "nearest" and "area"
  /// Where shrinking does not smooth, a way of its own.
  void (*plain)(float place, int64_t input, ResizedAxis& axis) = nullptr;
};

constexpr Interpolation kInterpolations[] = {
    {"nearest", 0, nullptr,
     [](float place, int64_t input, ResizedAxis& axis) {
       axis.taps.push_back({std::min(static_cast<int64_t>(place), input - 1), 1});
     }},
    {"bilinear", 1, triangle, add_bilinear},
    {"bicubic", 2, keys, add_bicubic},
    {"lanczos3", 3, lanczos<3>},
    {"lanczos5", 5, lanczos<5>},
    {"gaussian", 1.5, gaussian},
    {"mitchellcubic", 2, mitchell},
    {"area"},
};

}  // namespace

std::vector<std::string> interpolations() {
  std::vector<std::string> names;
  for (const Interpolation& each : kInterpolations) names.emplace_back(each.name);
  return names;
}

ResizedAxis resized_axis(int64_t input, int64_t output, const ResizeAttrs& attrs) {
  const Interpolation& found =
      *std::find_if(std::begin(kInterpolations), std::end(kInterpolations),
                    [&](const auto& each) { return each.name == attrs.interpolation; });
  ResizedAxis axis;
  const bool plain = found.plain && (!attrs.antialias || !found.kernel);
  axis.linear = plain && found.plain == add_bilinear;
  // Places in float32, as TensorFlow has them: at a border between pixels, rounding decides.
  const float step = static_cast<float>(input) / static_cast<float>(output);
  axis.first.reserve(static_cast<size_t>(output) + 1);
  if (axis.linear) axis.taps.reserve(2 * static_cast<size_t>(output));
  for (int64_t i = 0; i < output; ++i) {
    axis.first.push_back(static_cast<int64_t>(axis.taps.size()));
    const float place = (static_cast<float>(i) + 0.5f) * step;
    if (plain) {
      found.plain(place, input, axis);
    } else if (found.kernel) {
      add_kernel(place, step, input, found.radius, found.kernel, attrs.antialias, axis);
    } else {
      add_area(i, step, input, axis);
    }
  }
  axis.first.push_back(static_cast<int64_t>(axis.taps.size()));
  return axis;
}

}  // namespace detail

namespace {

/// Extents that an axis may have, so that tables of it fit into memory.
constexpr int64_t kMostPixels = 1 << 24;

void check(const InferArgs& args, const Shape& image, const ResizeAttrs& attrs) {
  if (image.rank() != 4) args.fail("images must be (batch, height, width, channels)");
  if (image[1] < 1 || image[2] < 1) args.fail("an image of no pixels cannot be resized");
  for (const int64_t extent : {attrs.height, attrs.width, image[1], image[2]}) {
    if (extent < 1 || extent > kMostPixels) {
      args.fail("height and width must be from 1 to " + std::to_string(kMostPixels) + ", not " +
                std::to_string(extent));
    }
  }
  const std::vector<std::string> known = detail::interpolations();
  if (std::find(known.begin(), known.end(), attrs.interpolation) == known.end())
    args.fail("unknown interpolation '" + attrs.interpolation + "'" + suggest(attrs.interpolation, known));
}

std::vector<TensorType> infer_resize(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ResizeAttrs>();
  const Shape& x = args.inputs[0].shape;
  check(args, x, attrs);
  return {{args.inputs[0].dtype, {x[0], attrs.height, attrs.width, x[3]}}};
}

// The attributes are the size of the image that was resized.
std::vector<TensorType> infer_grad(const InferArgs& args) { return infer_resize(args); }

// A multiply-add for each pixel that goes into another: rows first made narrower or wider, then blended.
double resize_flops_of(const ResizeAttrs& attrs, const Shape& from, const Shape& to) {
  const auto taps = [&](int axis) {
    const size_t count = detail::resized_axis(from[axis], to[axis], attrs).taps.size();
    return count == static_cast<size_t>(to[axis]) ? 0.0 : static_cast<double>(count);  // else it only moves
  };
  const auto planes = static_cast<double>(from[0] * from[3]);
  return 2 * planes * (static_cast<double>(from[1]) * taps(2) + static_cast<double>(to[2]) * taps(1));
}
double resize_flops(const CostArgs& args) {
  return resize_flops_of(args.attrs.as<ResizeAttrs>(), args.inputs[0].shape, args.outputs[0].shape);
}
double resize_grad_flops(const CostArgs& args) {
  return resize_flops_of(args.attrs.as<ResizeAttrs>(), args.outputs[0].shape, args.inputs[0].shape);
}

Tensor adjoint(const char* op, const VjpArgs& args) {
  ResizeAttrs attrs = args.attrs.as<ResizeAttrs>();
  attrs.height = args.inputs[0].shape()[1];
  attrs.width = args.inputs[0].shape()[2];
  return apply(find_op(op), attrs, {args.grads[0]})[0];
}

const Op& resize_op = register_op<ResizeAttrs>({
    .name = "resize2d",
    .doc = "images (batch, height, width, channels) of another height and width",
    .inputs = {{"x", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = infer_resize,
    .flops = resize_flops,
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> { return {adjoint("resize2d_grad", args)}; },
});

[[maybe_unused]] const Op& grad_op = register_op<ResizeAttrs>({
    .name = "resize2d_grad",
    .doc = "gradient of resize2d with respect to an image of the given height and width",
    .inputs = {{"dy", DTypeClass::kFloating}},
    .outputs = {"dx"},
    .infer = infer_grad,
    .flops = resize_grad_flops,
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> { return {adjoint("resize2d", args)}; },
});

}  // namespace

Tensor resize2d(const Tensor& x, int64_t height, int64_t width, const std::string& interpolation,
                bool antialias) {
  return apply(resize_op, ResizeAttrs{height, width, interpolation, antialias}, {x})[0];
}

Tensor upsampling2d(const Tensor& x, int64_t height_factor, int64_t width_factor,
                    const std::string& interpolation) {
  if (x.rank() != 4 || std::min(height_factor, width_factor) < 1 ||
      std::max(height_factor, width_factor) > kMostPixels) {
    throw InvalidArgument(
        "upsampling2d: images must be (batch, height, width, channels) and the factors at "
        "least 1; got " +
        x.type().str() + " and " + std::to_string(height_factor) + ", " + std::to_string(width_factor));
  }
  return resize2d(x, x.shape()[1] * height_factor, x.shape()[2] * width_factor, interpolation);
}

}  // namespace lamina
