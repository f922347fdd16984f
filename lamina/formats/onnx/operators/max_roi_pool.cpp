// MaxRoiPool: maxima over bins of regions of images.
#include <fmt/format.h>

#include <limits>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// Which pixels of an axis belong to which bin, bool (bins, extent); the region goes from `first` to `last`.
Tensor members(const Tensor& first, const Tensor& last, int64_t bins, int64_t extent) {
  const Tensor size = maximum(add(subtract(last, first), 1.0), 1.0);
  const Tensor bin = divide(size, static_cast<double>(bins));
  const Tensor i = reshape(arange(bins, DType::kFloat32), {bins, 1});
  const Tensor from = add(lamina::floor(multiply(i, bin)), first);
  const Tensor to = add(lamina::ceil(multiply(add(i, 1.0), bin)), first);
  const Tensor pixel = reshape(arange(extent, DType::kFloat32), {1, extent});
  return logical_and(greater_equal(pixel, from), less(pixel, to));
}

std::vector<Value> max_roi_pool(Call& call) {
  const Tensor &x = call[0], &rois = call[1];
  const auto pooled = call.integer_list("pooled_shape");
  const double scale = call.number("spatial_scale", 1.0);
  if (!pooled || pooled->size() != 2 || (*pooled)[0] < 1 || (*pooled)[1] < 1)
    call.fail("attribute 'pooled_shape' must be two positive numbers");
  if (x.rank() != 4 || rois.rank() != 2 || rois.shape()[1] != 5 || x.size() == 0)
    call.fail(
        fmt::format("images of shape {} and regions of {} do not fit", x.shape().str(), rois.shape().str()));
  const int64_t rows = (*pooled)[0], columns = (*pooled)[1], n = rois.shape()[0];
  const int64_t channels = x.shape()[1], height = x.shape()[2], width = x.shape()[3];
  if (n == 0) return {Value(zeros({0, channels, rows, columns}, x.dtype()), call.element())};
  const Tensor images = reshape(x, {x.shape()[0], channels * height * width});
  const double lowest = -std::numeric_limits<double>::infinity();
  const ScanResult all = scan(
      [&](const std::vector<Tensor>&, const std::vector<Tensor>& region) {
        const Tensor numbers = cast(region[0], DType::kFloat32);
        // Halves away from zero.
        const auto corner = [&](int64_t i) {
          const Tensor at = multiply(numbers[i], scale);
          return multiply(sign(at), lamina::floor(add(lamina::abs(at), 0.5)));
        };
        const Tensor image =
            reshape(embedding_lookup(images, cast(numbers[0], DType::kInt32)), {channels, height, width});
        const Tensor of_columns = members(corner(1), corner(3), columns, width);
        const Tensor of_rows = members(corner(2), corner(4), rows, height);
        const Tensor across =
            lamina::max(where(of_columns, expand_dims(image, 2), lowest), {3});  // (c, height, columns)
        const Tensor down = lamina::max(where(of_rows, expand_dims(transpose(across, {0, 2, 1}), 2), lowest),
                                        {3});  // (c, columns, rows)
        const Tensor result = transpose(down, {0, 2, 1});
        const Tensor filled = ops::logical_and(expand_dims(ops::any(of_rows, {1}), 1),
                                               expand_dims(ops::any(of_columns, {1}), 0));
        return ScanResult{{}, {where(filled, result, zeros_like(result))}};
      },
      {}, {rois});
  return {Value(cast(all.ys[0], x.dtype()), call.element())};
}

const bool kMaxRoiPoolRegistered = register_operator("MaxRoiPool", 1, max_roi_pool);

}  // namespace
}  // namespace lamina::onnx
