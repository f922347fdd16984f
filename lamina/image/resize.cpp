// Windows of the right proportions, for the op that resizes.
#include "lamina/image/resize.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/image/detail/aspect.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace detail {
namespace {

// In float32, as Keras has them.
int64_t scaled(int64_t extent, int64_t target, int64_t other_target) {
  return static_cast<int64_t>(static_cast<float>(extent * target) / static_cast<float>(other_target));
}
int64_t half(int64_t difference) { return static_cast<int64_t>(static_cast<float>(difference) / 2); }

}  // namespace

Window cropped_window(int64_t height, int64_t width, std::array<int64_t, 2> size) {
  const int64_t rows = std::max<int64_t>(1, std::min(height, scaled(width, size[0], size[1])));
  const int64_t columns = std::max<int64_t>(1, std::min(width, scaled(height, size[1], size[0])));
  return {half(height - rows), half(width - columns), rows, columns};
}

Window padded_window(int64_t height, int64_t width, std::array<int64_t, 2> size) {
  const int64_t above = half(std::max(height, scaled(width, size[0], size[1])) - height);
  const int64_t left = half(std::max(width, scaled(height, size[1], size[0])) - width);
  return {above, left, height + 2 * above, width + 2 * left};
}

}  // namespace detail

namespace {

/// `x` rounded, and cut where `dtype`, which is one of integers, has no such numbers.
Tensor saturated(const Tensor& x, DType dtype) {
  const double span = std::pow(2.0, 8.0 * static_cast<double>(size_of(dtype)));
  const bool is_signed = dtype != DType::kUInt8 && dtype != DType::kBool;
  return clip(round(x), is_signed ? -span / 2 : 0, (is_signed ? span / 2 : span) - 1);
}

}  // namespace

Tensor image::resize(const Tensor& images, std::array<int64_t, 2> size, const ResizeOptions& options) {
  const auto fail = [&](const std::string& what) { throw InvalidArgument("image::resize: " + what); };
  const bool first = options.data_format == "channels_first";
  if (!first && options.data_format != "channels_last")
    fail("unknown data_format '" + options.data_format + "'" +
         suggest(options.data_format, {"channels_last", "channels_first"}));
  if (options.crop_to_aspect_ratio && options.pad_to_aspect_ratio)
    fail("crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
  if (is_symbolic(images))
    return detail::record({"Resize",
                           Json::object({{"size", Json::list({size[0], size[1]})},
                                         {"interpolation", options.interpolation},
                                         {"antialias", options.antialias},
                                         {"crop_to_aspect_ratio", options.crop_to_aspect_ratio},
                                         {"pad_to_aspect_ratio", options.pad_to_aspect_ratio},
                                         {"fill_mode", "constant"},
                                         {"fill_value", options.fill_value},
                                         {"data_format", options.data_format}}),
                           {images}});
  const int rank = static_cast<int>(images.rank());
  if (rank != 3 && rank != 4)
    fail("images must be (height, width, channels) or (batch, height, width, channels); got " +
         images.type().str());
  if (std::min(size[0], size[1]) < 1)
    fail("height and width must be at least 1; got " + std::to_string(size[0]) + " and " +
         std::to_string(size[1]));
  const DType dtype = images.dtype();
  const bool floating = is_floating(dtype), nearest = options.interpolation == "nearest";
  // Doubles hold all integers of 32 bits, so that the nearest pixel stays what it is.
  Tensor x = floating ? images : cast(images, nearest ? DType::kFloat64 : DType::kFloat32);
  if (rank == 3) x = expand_dims(x, 0);
  if (first) x = transpose(x, {0, 2, 3, 1});
  const int64_t height = x.shape()[1], width = x.shape()[2];
  if (height < 1 || width < 1) fail("an image of no pixels cannot be resized; got " + images.type().str());
  if (options.crop_to_aspect_ratio) {
    const detail::Window window = detail::cropped_window(height, width, size);
    x = slice(x, {0, window.top, window.left},
              {x.shape()[0], window.top + window.height, window.left + window.width});
  } else if (options.pad_to_aspect_ratio) {
    const detail::Window window = detail::padded_window(height, width, size);
    x = pad(x, {{0, 0}, {window.top, window.top}, {window.left, window.left}, {0, 0}}, options.fill_value);
  }
  x = resize2d(x, size[0], size[1], options.interpolation, options.antialias);
  if (first) x = transpose(x, {0, 3, 1, 2});
  if (rank == 3) x = squeeze(x, {0});
  if (floating) return x;
  return cast(nearest ? x : saturated(x, dtype), dtype);
}

}  // namespace lamina
