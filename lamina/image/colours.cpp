// Colour spaces, written with ops.
#include "lamina/image/colours.h"

#include <array>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/hsv.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::image {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;  // row: from, column: to

Json channels_last() { return Json::object({{"data_format", "channels_last"}}); }

Tensor channel(const Tensor& images, int64_t i) { return index(images, {ellipsis, Slice{i, i + 1}}); }

void expect_channels(const char* function, const Tensor& images, int64_t count, bool floats) {
  const int rank = static_cast<int>(images.rank());
  if (rank < 1 || images.shape()[rank - 1] != count || (floats && !is_floating(images.dtype()))) {
    throw InvalidArgument(std::string("image::") + function + ": expected " + (floats ? "floats " : "") +
                          "(..., " + std::to_string(count) + "); got " + images.type().str());
  }
}

std::array<Tensor, 3> channels(const char* function, const Tensor& images) {
  expect_channels(function, images, 3, true);
  return {channel(images, 0), channel(images, 1), channel(images, 2)};
}

Tensor through(const std::array<Tensor, 3>& from, const Matrix& matrix,
               const std::array<double, 3>& plus = {}) {
  std::vector<Tensor> to;
  for (size_t i = 0; i < 3; ++i)
    to.push_back(from[0] * matrix[0][i] + from[1] * matrix[1][i] + from[2] * matrix[2][i] + plus[i]);
  return concatenate(to, -1);
}

}  // namespace

Tensor rgb_to_grayscale(const Tensor& images) {
  if (is_symbolic(images)) return lamina::detail::record({"RGBToGrayscale", channels_last(), {images}});
  const int rank = static_cast<int>(images.rank());
  if (rank > 0 && images.shape()[rank - 1] == 1) return images;
  expect_channels("rgb_to_grayscale", images, 3, false);
  const Tensor x = is_floating(images.dtype()) ? images : cast(images, DType::kFloat32);
  const Tensor grey = channel(x, 0) * 0.2989 + channel(x, 1) * 0.5870 + channel(x, 2) * 0.1140;
  return is_floating(images.dtype()) ? grey : cast(grey, images.dtype());
}

Tensor grayscale_to_rgb(const Tensor& images) {
  expect_channels("grayscale_to_rgb", images, 1, false);
  return concatenate({images, images, images}, -1);
}

Tensor rgb_to_hsv(const Tensor& images) {
  if (is_symbolic(images)) return lamina::detail::record({"RGBToHSV", channels_last(), {images}});
  expect_channels("rgb_to_hsv", images, 3, true);
  return lamina::detail::rgb_to_hsv(images);
}

Tensor hsv_to_rgb(const Tensor& images) {
  if (is_symbolic(images)) return lamina::detail::record({"HSVToRGB", channels_last(), {images}});
  expect_channels("hsv_to_rgb", images, 3, true);
  return lamina::detail::hsv_to_rgb(images);
}

Tensor rgb_to_yuv(const Tensor& images) {
  constexpr Matrix kYuv = {{{0.299, -0.14714119, 0.61497538},
                            {0.587, -0.28886916, -0.51496512},
                            {0.114, 0.43601035, -0.10001026}}};
  return through(channels("rgb_to_yuv", images), kYuv);
}

Tensor yuv_to_rgb(const Tensor& images) {
  constexpr Matrix kRgb = {{{1, 1, 1}, {0, -0.394642334, 2.03206185}, {1.13988303, -0.58062185, 0}}};
  return through(channels("yuv_to_rgb", images), kRgb);
}

Tensor rgb_to_ycbcr(const Tensor& images) {
  constexpr Matrix kYCbCr = {
      {{0.299, -0.168735892, 0.5}, {0.587, -0.331264108, -0.418687589}, {0.114, 0.5, -0.081312411}}};
  return through(channels("rgb_to_ycbcr", images), kYCbCr, {0, 128, 128});
}

Tensor ycbcr_to_rgb(const Tensor& images) {
  std::array<Tensor, 3> parts = channels("ycbcr_to_rgb", images);
  parts[1] = parts[1] - 128.0;
  parts[2] = parts[2] - 128.0;
  constexpr Matrix kRgb = {{{1, 1, 1}, {0, -0.344136286, 1.772}, {1.402, -0.714136286, 0}}};
  return through(parts, kRgb);
}

}  // namespace lamina::image
