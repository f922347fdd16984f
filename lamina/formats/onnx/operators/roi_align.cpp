// RoiAlign: means or maxima of places between pixels, in regions of images.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

struct Pooling {
  int64_t height, width;  // of the result
  bool half_pixel, max;
  double scale;
};

// Along one axis: the two pixels around each place and their weights, (regions, bins, samples).
struct AxisTaps {
  Tensor low, high, low_weight, high_weight;
};

AxisTaps taps_along(const Tensor& start, const Tensor& size, int64_t bins, int64_t samples, int64_t extent) {
  const Tensor bin = divide(size, static_cast<double>(bins));  // (regions, 1, 1)
  const Tensor i = reshape(arange(bins, DType::kFloat32), {1, bins, 1});
  const Tensor j = divide(add(reshape(arange(samples, DType::kFloat32), {1, 1, samples}), 0.5),
                          static_cast<double>(samples));
  const Tensor place = add(start, multiply(bin, add(i, j)));
  const double last = static_cast<double>(extent) - 1;
  const Tensor inside =
      cast(logical_and(greater_equal(place, -1.0), less_equal(place, last + 1)), DType::kFloat32);
  const Tensor bounded = clip(place, 0, last);
  const Tensor low = lamina::floor(bounded);
  const Tensor t = subtract(bounded, low);
  return {cast(low, DType::kInt32), cast(minimum(add(low, 1.0), last), DType::kInt32),
          multiply(subtract(1.0, t), inside), multiply(t, inside)};
}

// Seen along (regions, bins, 1, samples, 1) for rows or (regions, 1, bins, 1, samples) for columns.
Tensor spread_out(const Tensor& x, bool rows) {
  const Shape& s = x.shape();
  return reshape(x, rows ? Shape{s[0], s[1], 1, s[2], 1} : Shape{s[0], 1, s[1], 1, s[2]});
}

// x (batch, channels, height, width), regions (n, 4) in float32: (n, channels, height, width of the result).
Tensor pool(const Tensor& x, const Tensor& regions, const Tensor& images, int64_t sample_rows,
            int64_t sample_columns, const Pooling& how) {
  const int64_t n = regions.shape()[0], channels = x.shape()[1], height = x.shape()[2], width = x.shape()[3];
  const auto column = [&](int64_t i) {
    return subtract(multiply(reshape(slice(regions, {0, i}, {n, i + 1}), {n, 1, 1}), how.scale),
                    how.half_pixel ? 0.5 : 0.0);
  };
  const Tensor left = column(0), top = column(1);
  Tensor wide = subtract(column(2), left), high = subtract(column(3), top);
  if (!how.half_pixel) {
    wide = maximum(wide, 1.0);
    high = maximum(high, 1.0);
  }
  const AxisTaps rows = taps_along(top, high, how.height, sample_rows, height);
  const AxisTaps columns = taps_along(left, wide, how.width, sample_columns, width);
  const Tensor table = reshape(transpose(x, {0, 2, 3, 1}), {x.shape()[0] * height * width, channels});
  const Tensor first =
      reshape(multiply(cast(images, DType::kInt32), static_cast<double>(height * width)), {n, 1, 1, 1, 1});
  Tensor total;
  for (const bool low_row : {true, false}) {
    for (const bool low_column : {true, false}) {
      const Tensor row = spread_out(low_row ? rows.low : rows.high, true);
      const Tensor column_at = spread_out(low_column ? columns.low : columns.high, false);
      const Tensor weight =
          multiply(spread_out(low_row ? rows.low_weight : rows.high_weight, true),
                   spread_out(low_column ? columns.low_weight : columns.high_weight, false));
      const Tensor index = add(first, add(multiply(row, static_cast<double>(width)), column_at));
      // An image that is not there ends the computation with an error.
      const Tensor part = multiply(embedding_lookup(table, index), cast(expand_dims(weight, 5), x.dtype()));
      total = !total.defined() ? part : how.max ? maximum(total, part) : add(total, part);
    }
  }
  const Tensor result = how.max ? lamina::max(total, {3, 4}) : mean(total, {3, 4});
  return transpose(result, {0, 3, 1, 2});
}

std::vector<Value> roi_align(Call& call) {
  const std::string mode = call.text("mode", "avg");
  const std::string coordinates =
      call.text("coordinate_transformation_mode", call.opset() < 16 ? "output_half_pixel" : "half_pixel");
  if (mode != "avg" && mode != "max") call.fail("attribute 'mode' is '" + mode + "'");
  if (coordinates != "half_pixel" && coordinates != "output_half_pixel")
    call.fail("attribute 'coordinate_transformation_mode' is '" + coordinates + "'");
  const Pooling how{call.integer("output_height", 1), call.integer("output_width", 1),
                    coordinates == "half_pixel", mode == "max", call.number("spatial_scale", 1.0)};
  const int64_t samples = call.integer("sampling_ratio", 0);
  if (how.height < 1 || how.width < 1 || samples < 0)
    call.fail("extents of its result and sampling_ratio must be positive");
  const Tensor &given = call[0], &rois = call[1], &images = call[2];
  if (given.rank() != 4 || rois.rank() != 2 || rois.shape()[1] != 4 ||
      images.shape() != Shape{rois.shape()[0]})
    call.fail(fmt::format("images of shape {}, regions of {} and their places of {} do not fit",
                          given.shape().str(), rois.shape().str(), images.shape().str()));
  if (given.size() == 0 || given.size() > INT32_MAX)
    throw Unsupported("takes images of 1 to 2^31 - 1 numbers");
  const DType dtype = given.dtype();
  const bool narrow = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  const Tensor x = narrow ? cast(given, DType::kFloat32) : given;
  const Tensor regions = cast(rois, DType::kFloat32);
  const int64_t n = rois.shape()[0];
  if (n == 0) return {Value(zeros({0, x.shape()[1], how.height, how.width}, dtype), call.element())};
  Tensor result;
  if (samples > 0) {
    result = pool(x, regions, images, samples, samples, how);
  } else {
    // As many samples as a bin has pixels, which differs from region to region.
    const std::vector<float> sides = numbers(regions);
    std::vector<Tensor> parts;
    for (int64_t i = 0; i < n; ++i) {
      const auto count = [&](int64_t low, int64_t bins) {
        const float* region = sides.data() + 4 * i;
        double extent = (static_cast<double>(region[low + 2]) - static_cast<double>(region[low])) * how.scale;
        if (!how.half_pixel) extent = std::max(extent, 1.0);
        const double all = std::ceil(extent / static_cast<double>(bins));
        if (!(all < 4096)) call.fail(fmt::format("region {} is too large", i));
        return static_cast<int64_t>(std::max(all, 0.0));
      };
      const int64_t rows = count(1, how.height), columns = count(0, how.width);
      parts.push_back(rows == 0 || columns == 0 ? zeros({1, x.shape()[1], how.height, how.width}, x.dtype())
                                                : pool(x, slice(regions, {i}, {i + 1}),
                                                       slice(images, {i}, {i + 1}), rows, columns, how));
    }
    result = concatenate(parts, 0);
  }
  return {Value(cast(result, dtype), call.element())};
}

const bool kRoiAlignRegistered = register_operator("RoiAlign", 10, roi_align);

}  // namespace
}  // namespace lamina::onnx
