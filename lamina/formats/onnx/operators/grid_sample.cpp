// GridSample, and AffineGrid, which makes its grids.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/onnx/operators/sampling.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

std::vector<Value> grid_sample(Call& call) {
  const Tensor &x = call[0], &grid = call[1];
  const int axes = x.rank() - 2;
  Sampling how;
  how.mode = call.text("mode", call.opset() < 20 ? "bilinear" : "linear");
  if (how.mode == "bilinear") how.mode = "linear";
  if (how.mode == "bicubic") how.mode = "cubic";
  if (how.mode != "linear" && how.mode != "cubic" && how.mode != "nearest")
    call.fail("attribute 'mode' is '" + how.mode + "'");
  const std::string padding = call.text("padding_mode", "zeros");
  if (padding != "zeros" && padding != "border" && padding != "reflection")
    call.fail("attribute 'padding_mode' is '" + padding + "'");
  how.beyond = padding == "zeros"    ? Beyond::kZeros
               : padding == "border" ? Beyond::kBorder
                                     : Beyond::kReflection;
  how.align_corners = call.integer("align_corners", 0) != 0;
  if (axes < 1 || grid.rank() != x.rank() || grid.shape()[0] != x.shape()[0] || grid.shape()[-1] != axes)
    call.fail(
        fmt::format("images of shape {} and a grid of {} do not fit", x.shape().str(), grid.shape().str()));
  const ElementType type = call.element();
  const int64_t batch = x.shape()[0], points = grid.size() / std::max<int64_t>(batch * axes, 1);
  const DType places_dtype = grid.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor wide = cast(reshape(grid, {batch, points, axes}), places_dtype);
  std::vector<Tensor> places;
  for (int axis = 0; axis < axes; ++axis) {
    const int64_t last = axes - 1 - axis;  // a grid names the last axis first
    const Tensor n = reshape(slice(wide, {0, 0, last}, {batch, points, last + 1}), {batch, points});
    const auto extent = static_cast<double>(x.shape()[axis + 2]);
    places.push_back(how.align_corners ? multiply(divide(add(n, 1.0), 2.0), extent - 1)
                                       : divide(subtract(multiply(add(n, 1.0), extent), 1.0), 2.0));
  }
  const DType dtype = storage(type);
  const bool weighs = how.mode != "nearest";
  const bool narrow = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  if (weighs && !lamina::is_floating(dtype)) throw Unsupported("images of integers take mode 'nearest' here");
  const Tensor seen = weighs && narrow ? cast(x, DType::kFloat32) : x;
  Shape shape{batch, x.shape()[1]};
  for (int axis = 1; axis + 1 < grid.rank(); ++axis) shape.push_back(grid.shape()[axis]);
  return {Value(reshape(cast(sample(seen, places, how), dtype), shape), type)};
}

std::vector<Value> affine_grid(Call& call) {
  const Tensor& theta = call[0];
  const std::vector<int64_t> size = call.known_integers(1);
  const bool align = call.integer("align_corners", 0) != 0;
  const auto axes = static_cast<int64_t>(size.size()) - 2;
  if (axes != 2 && axes != 3) call.fail(fmt::format("its size has {} extents; expected 4 or 5", size.size()));
  if (theta.shape() != Shape{size[0], axes, axes + 1})
    call.fail(fmt::format("theta has shape {}; expected {}", theta.shape().str(),
                          Shape{size[0], axes, axes + 1}.str()));
  Shape extents;
  for (int64_t axis = 0; axis < axes; ++axis) {
    const int64_t extent = size[static_cast<size_t>(axis) + 2];
    if (extent < 1 || extent > 1 << 20) call.fail(fmt::format("an extent of its size is {}", extent));
    extents.push_back(extent);
  }
  // Homogeneous coordinates of every pixel, the last axis first.
  const int64_t points = extents.size();
  std::vector<double> base;
  base.reserve(static_cast<size_t>(points * (axes + 1)));
  for (int64_t point = 0; point < points; ++point) {
    int64_t rest = point;
    for (int axis = static_cast<int>(axes) - 1; axis >= 0; --axis) {
      const auto extent = static_cast<double>(extents[axis]);
      const auto i = static_cast<double>(rest % extents[axis]);
      rest /= extents[axis];
      base.push_back(align ? (extent > 1 ? -1 + 2 * i / (extent - 1) : -1) : (2 * i + 1) / extent - 1);
    }
    base.push_back(1);
  }
  const Tensor grid = cast(Tensor::from(base, {points, axes + 1}), theta.dtype());
  Shape shape{size[0]};
  for (const int64_t extent : extents) shape.push_back(extent);
  shape.push_back(axes);
  return {Value(reshape(matmul(grid, theta, false, true), shape), call.element())};
}

const bool kGridSampleRegistered[] = {register_operator("GridSample", 16, grid_sample),
                            register_operator("AffineGrid", 20, affine_grid)};

}  // namespace
}  // namespace lamina::onnx
