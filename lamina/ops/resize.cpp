// Records of resize2d and its adjoint.
#include "lamina/ops/resize.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/resize.h"

namespace lamina {
namespace detail {

bool is_interpolation(const std::string& name) {
  return name == "nearest" || name == "bilinear" || name == "bicubic";
}

namespace {

/// R. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
double cubic(double x) {
  const double t = std::abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

/// Adds the pixels around `place` within `reach`, those beyond the border left out.
void add_taps(double place, int64_t input, int reach, double (*weight)(double), ResizedAxis& axis) {
  const auto base = static_cast<int64_t>(std::floor(place));
  const size_t begin = axis.taps.size();
  double sum = 0;
  for (int64_t from = base - reach + 1; from <= base + reach; ++from) {
    if (from < 0 || from >= input) continue;
    axis.taps.push_back({from, weight(place - static_cast<double>(from))});
    sum += axis.taps.back().weight;
  }
  for (size_t i = begin; i < axis.taps.size(); ++i) axis.taps[i].weight /= sum;
}

}  // namespace

ResizedAxis resized_axis(int64_t input, int64_t output, const std::string& interpolation) {
  ResizedAxis axis;
  const double step = static_cast<double>(input) / static_cast<double>(output);
  for (int64_t i = 0; i < output; ++i) {
    axis.first.push_back(static_cast<int64_t>(axis.taps.size()));
    const double centre = (static_cast<double>(i) + 0.5) * step;
    if (interpolation == "nearest") {
      axis.taps.push_back({std::min(static_cast<int64_t>(centre), input - 1), 1});
    } else if (interpolation == "bilinear") {
      add_taps(
          centre - 0.5, input, 1, [](double t) { return 1 - std::abs(t); }, axis);
    } else {
      add_taps(centre - 0.5, input, 2, cubic, axis);
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
  if (!detail::is_interpolation(attrs.interpolation)) {
    args.fail("interpolation must be \"nearest\", \"bilinear\" or \"bicubic\", not \"" + attrs.interpolation +
              "\"");
  }
}

std::vector<TensorType> infer_resize(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ResizeAttrs>();
  const Shape& x = args.inputs[0].shape;
  check(args, x, attrs);
  return {{args.inputs[0].dtype, {x[0], attrs.height, attrs.width, x[3]}}};
}

// The attributes are the size of the image that was resized.
std::vector<TensorType> infer_grad(const InferArgs& args) { return infer_resize(args); }

Tensor adjoint(const char* op, const VjpArgs& args) {
  ResizeAttrs attrs = args.attrs.as<ResizeAttrs>();
  attrs.height = args.inputs[0].shape()[1];
  attrs.width = args.inputs[0].shape()[2];
  return apply(find_op(op), attrs, {args.grads[0]})[0];
}

const Op& resize_op = register_op({
    .name = "resize2d",
    .doc = "images (batch, height, width, channels) of another height and width",
    .inputs = {{"x", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = infer_resize,
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> { return {adjoint("resize2d_grad", args)}; },
});

[[maybe_unused]] const Op& grad_op = register_op({
    .name = "resize2d_grad",
    .doc = "gradient of resize2d with respect to an image of the given height and width",
    .inputs = {{"dy", DTypeClass::kFloating}},
    .outputs = {"dx"},
    .infer = infer_grad,
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> { return {adjoint("resize2d", args)}; },
});

}  // namespace

Tensor resize2d(const Tensor& x, int64_t height, int64_t width, const std::string& interpolation) {
  return apply(resize_op, ResizeAttrs{height, width, interpolation}, {x})[0];
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
