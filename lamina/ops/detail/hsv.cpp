// Hue, saturation and value, written with ops.
#include "lamina/ops/detail/hsv.h"

#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

Tensor hsv_part(const Tensor& images, int64_t i) { return index(images, {ellipsis, Slice{i, i + 1}}); }

}  // namespace

Tensor rgb_to_hsv(const Tensor& images) {
  const Tensor red = hsv_part(images, 0), green = hsv_part(images, 1), blue = hsv_part(images, 2);
  const Tensor value = max(images, {-1}, true), range = value - min(images, {-1}, true);
  // Divisors are replaced where they are 0, so that no gradient divides by it.
  const Tensor grey = ops::less_equal(range, 0.0), norm = 1.0 / (6.0 * where(grey, 1.0, range));
  const Tensor saturation =
      where(ops::greater(value, 0.0), range / where(ops::greater(value, 0.0), value, 1.0), 0.0);
  Tensor hue =
      where(equal(red, value), norm * (green - blue),
            where(equal(green, value), norm * (blue - red) + 2.0 / 6, norm * (red - green) + 4.0 / 6));
  hue = where(grey, 0.0, hue);
  hue = where(ops::less(hue, 0.0), hue + 1.0, hue);
  return concatenate({hue, saturation, value}, -1);
}

Tensor hsv_to_rgb(const Tensor& images) {
  const Tensor turn = hsv_part(images, 0) * 6.0, saturation = hsv_part(images, 1), value = hsv_part(images, 2);
  const Tensor red = clip(abs(turn - 3.0) - 1.0, 0, 1), green = clip(2.0 - abs(turn - 2.0), 0, 1),
               blue = clip(2.0 - abs(turn - 4.0), 0, 1);
  const auto mixed = [&](const Tensor& share) { return (1.0 - saturation + saturation * share) * value; };
  return concatenate({mixed(red), mixed(green), mixed(blue)}, -1);
}

}  // namespace lamina::detail
