// Sides and patches, by slices.
#include "lamina/image/patches.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/shape_ops.h"

namespace lamina {
namespace {

[[noreturn]] void fail(const char* function, const std::string& what) {
  throw InvalidArgument(std::string("image::") + function + ": " + what);
}

/// Images with a batch axis.
Tensor with_batch(const char* function, const Tensor& images) {
  if (images.rank() == 4) return images;
  if (images.rank() != 3)
    fail(function, "images must be (height, width, channels) or (batch, height, width, channels); got " +
                       images.type().str());
  return expand_dims(images, 0);
}

Tensor as_before(const Tensor& result, const Tensor& images) {
  return images.rank() == 3 ? squeeze(result, 0) : result;
}

/// Rows and columns that images may have.
constexpr int64_t kMostPixels = 1 << 24;

/// What lies before and behind on an axis, of the two that are given: `change` says whether that is taken
/// away
/// (-1) or added (1).
std::pair<int64_t, int64_t> sides_of(const char* function, const char* words, int64_t extent, int change,
                                     std::optional<int64_t> before, std::optional<int64_t> behind,
                                     std::optional<int64_t> target) {
  if (before.has_value() + behind.has_value() + target.has_value() != 2)
    fail(function, std::string("exactly two of ") + words + " must be given");
  for (const auto& given : {before, behind, target}) {
    if (given && (*given < 0 || *given > kMostPixels))
      fail(function, std::string(words) + " must lie between 0 and 2^24; got " + std::to_string(*given));
  }
  const int64_t both = target ? change * (*target - extent) : *before + *behind;
  const int64_t first = before ? *before : both - *behind, second = both - first;
  if (first < 0 || second < 0 || extent + change * both < 0)
    fail(function, std::string(words) + " do not fit to " + std::to_string(extent) + " pixels");
  return {first, second};
}

struct Margins {
  std::pair<int64_t, int64_t> rows, columns;
};

Margins margins_of(const char* function, const Tensor& images, int change, const image::Sides& s) {
  return {sides_of(function, "top, bottom and target_height", images.shape()[1], change, s.top, s.bottom,
                   s.target_height),
          sides_of(function, "left, right and target_width", images.shape()[2], change, s.left, s.right,
                   s.target_width)};
}

/// `kind`: "cropping" or "padding".
Json config_of(const image::Sides& s, const std::string& kind) {
  return Json::object({{"top_" + kind, detail::optional_json(s.top)},
                       {"left_" + kind, detail::optional_json(s.left)},
                       {"bottom_" + kind, detail::optional_json(s.bottom)},
                       {"right_" + kind, detail::optional_json(s.right)},
                       {"target_height", detail::optional_json(s.target_height)},
                       {"target_width", detail::optional_json(s.target_width)},
                       {"data_format", "channels_last"}});
}

}  // namespace

Tensor image::crop_images(const Tensor& images, const Sides& sides) {
  if (is_symbolic(images)) return detail::record({"CropImages", config_of(sides, "cropping"), {images}});
  const Tensor x = with_batch("crop_images", images);
  const Margins margins = margins_of("crop_images", x, -1, sides);
  return as_before(
      slice(x, {0, margins.rows.first, margins.columns.first},
            {x.shape()[0], x.shape()[1] - margins.rows.second, x.shape()[2] - margins.columns.second}),
      images);
}

Tensor image::pad_images(const Tensor& images, const Sides& sides) {
  if (is_symbolic(images)) return detail::record({"PadImages", config_of(sides, "padding"), {images}});
  const Tensor x = with_batch("pad_images", images);
  const Margins margins = margins_of("pad_images", x, 1, sides);
  return as_before(pad(x, {{0, 0}, margins.rows, margins.columns, {0, 0}}), images);
}

Tensor image::extract_patches(const Tensor& images, std::array<int64_t, 2> size,
                              const PatchOptions& options) {
  constexpr int64_t kMost = 1 << 16;  // also of the pixels of a patch
  const std::array<int64_t, 2> strides = options.strides.value_or(size);
  const int64_t rate = options.dilation_rate;
  for (const int64_t number : {size[0], size[1], strides[0], strides[1], rate}) {
    if (number < 1 || number > kMost)
      fail("extract_patches",
           "size, strides and dilation_rate must lie between 1 and 65536; got " + std::to_string(number));
  }
  if (size[0] * size[1] > kMost)
    fail("extract_patches", "patches have at most 65536 pixels; got " + std::to_string(size[0] * size[1]));
  if (options.padding != "valid" && options.padding != "same")
    fail("extract_patches", "padding must be \"valid\" or \"same\"; got \"" + options.padding + "\"");
  if (rate > 1 && std::max(strides[0], strides[1]) > 1)
    fail("extract_patches", "of strides and dilation_rate one alone may be above 1");
  if (is_symbolic(images))
    return detail::record({"ExtractPatches",
                           Json::object({{"size", detail::integers_json(size)},
                                         {"strides", detail::integers_json(strides)},
                                         {"dilation_rate", rate},
                                         {"padding", options.padding},
                                         {"data_format", "channels_last"}}),
                           {images}});
  Tensor x = with_batch("extract_patches", images);
  std::array<int64_t, 2> counts{};
  std::vector<std::pair<int64_t, int64_t>> margins{{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = x.shape()[static_cast<int>(i) + 1], span = (size[i] - 1) * rate + 1;
    if (options.padding == "same") {
      counts[i] = (extent + strides[i] - 1) / strides[i];
      const int64_t more = std::max<int64_t>(0, (counts[i] - 1) * strides[i] + span - extent);
      margins[i + 1] = {more / 2, more - more / 2};
    } else {
      counts[i] = extent < span ? 0 : (extent - span) / strides[i] + 1;
      if (counts[i] < 1)
        fail("extract_patches",
             "patches of " + std::to_string(span) + " pixels do not fit into " + images.type().str());
    }
  }
  x = pad(x, margins);
  // One pixel of all patches after the other.
  std::vector<Tensor> pixels;
  for (int64_t row = 0; row < size[0]; ++row) {
    for (int64_t column = 0; column < size[1]; ++column) {
      const int64_t y = row * rate, left = column * rate;
      pixels.push_back(index(x, {Slice{}, Slice{y, y + (counts[0] - 1) * strides[0] + 1, strides[0]},
                                 Slice{left, left + (counts[1] - 1) * strides[1] + 1, strides[1]}}));
    }
  }
  return as_before(concatenate(pixels, 3), images);
}

}  // namespace lamina
