// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR: rows, then columns, each a weighted sum of two neighbours.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/tflite/operators/fixed_point.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::tflite {
namespace {

struct Resize {
  int64_t extents[2];
  bool corners, centres;
};

Resize resize_of(const Call& call) {
  const std::vector<int64_t> sizes = call.known_integers(1);
  call.ignore({"new_height", "new_width"});
  if (call[0].rank() != 4 || sizes.size() != 2) call.fail("takes images of 4 axes and two extents");
  for (const int64_t size : sizes) {
    if (size < 1 || size > (1 << 20)) call.fail(fmt::format("an extent of its result is {}", size));
  }
  if (call[0].shape()[1] < 1 || call[0].shape()[2] < 1) call.fail("its images have no pixels");
  return {{sizes[0], sizes[1]}, option(call, "align_corners") != 0, option(call, "half_pixel_centers") != 0};
}

float step_of(const Resize& resize, int64_t in, int64_t out) {
  if (resize.corners && out > 1) return static_cast<float>(in - 1) / static_cast<float>(out - 1);
  return static_cast<float>(in) / static_cast<float>(out);
}

Tensor picked(const Tensor& x, const std::vector<int64_t>& places, int axis) {
  return take(x, Tensor::from(places, {static_cast<int64_t>(places.size())}), axis);
}

template <class T>
Tensor along(const std::vector<T>& values, int axis) {
  const auto n = static_cast<int64_t>(values.size());
  return reshape(Tensor::from(values, {n}), axis == 1 ? Shape{n, 1, 1} : Shape{n, 1});
}

Tensor bilinear_floats(Tensor x, const Resize& resize) {
  for (int axis = 1; axis <= 2; ++axis) {
    const int64_t in = x.shape()[axis], out = resize.extents[axis - 1];
    const float step = step_of(resize, in, out);
    std::vector<int64_t> low, high;
    std::vector<float> weight, rest;
    for (int64_t i = 0; i < out; ++i) {
      const float at =
          resize.centres ? (static_cast<float>(i) + 0.5F) * step - 0.5F : static_cast<float>(i) * step;
      low.push_back(std::clamp<int64_t>(static_cast<int64_t>(std::floor(at)), 0, in - 1));
      high.push_back(std::clamp<int64_t>(static_cast<int64_t>(std::ceil(at)), 0, in - 1));
      weight.push_back(at - static_cast<float>(low.back()));
      rest.push_back(1 - weight.back());
    }
    x = add(multiply(picked(x, low, axis), cast(along(rest, axis), x.dtype())),
            multiply(picked(x, high, axis), cast(along(weight, axis), x.dtype())));
  }
  return x;
}

// Places in 1/1024 of a pixel; both axes are weighed before anything is rounded.
Tensor bilinear_integers(const Tensor& image, const Resize& resize) {
  Tensor x = cast(image, DType::kInt64);
  for (int axis = 1; axis <= 2; ++axis) {
    const int64_t in = x.shape()[axis], out = resize.extents[axis - 1];
    const bool corners = resize.corners && out > 1;
    const int64_t step =
        corners ? (1024 * (in - 1) + (out - 1) / 2) / (out - 1) : (1024 * in + out / 2) / out;
    std::vector<int64_t> low, high, weight, rest;
    for (int64_t i = 0; i < out; ++i) {
      const int64_t at = resize.centres ? i * step + step / 2 - 512 : i * step;
      low.push_back(std::clamp<int64_t>(at / 1024, 0, in - 1));
      high.push_back(std::clamp<int64_t>((at + 1023) / 1024, 0, in - 1));
      weight.push_back(at - 1024 * low.back());
      rest.push_back(1024 - weight.back());
    }
    x = add(multiply(picked(x, low, axis), along(rest, axis)),
            multiply(picked(x, high, axis), along(weight, axis)));
  }
  // Halves away from zero.
  return rounded_shift(x, 20);
}

std::vector<Value> bilinear(Call& call) {
  const Resize resize = resize_of(call);
  if (!is_floating(call[0].dtype())) return {output(call, bilinear_integers(call[0], resize))};
  if (resize.centres && !resize.corners && call[0].dtype() == DType::kFloat32)
    return {output(call, resize2d(call[0], resize.extents[0], resize.extents[1]))};
  return {output(call, bilinear_floats(call[0], resize))};
}

std::vector<Value> nearest(Call& call) {
  const Resize resize = resize_of(call);
  Tensor x = call[0];
  for (int axis = 1; axis <= 2; ++axis) {
    const int64_t in = x.shape()[axis], out = resize.extents[axis - 1];
    const float step = step_of(resize, in, out);
    std::vector<int64_t> places;
    for (int64_t i = 0; i < out; ++i) {
      const float at = (static_cast<float>(i) + (resize.centres ? 0.5F : 0.0F)) * step;
      const float place = resize.corners ? std::round(at) : std::floor(at);
      places.push_back(std::clamp<int64_t>(static_cast<int64_t>(place), 0, in - 1));
    }
    x = picked(x, places, axis);
  }
  return {output(call, x)};
}

const bool kResizeRegistered[] = {builtin<bilinear>("RESIZE_BILINEAR"),
                            builtin<nearest>("RESIZE_NEAREST_NEIGHBOR")};

}  // namespace
}  // namespace lamina::tflite
