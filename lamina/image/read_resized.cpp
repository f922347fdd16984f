// Only rows that the result needs are widened, and bytes become floats on the way.
#include "lamina/image/detail/read_resized.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lamina/image/detail/aspect.h"
#include "lamina/image/load_img.h"
#include "lamina/ops/detail/resize.h"

namespace lamina::detail {
namespace {

/// Rows of bytes to rows of floats of another width.
class Widening {
 public:
  Widening(const ResizedAxis& columns, int64_t width, int64_t channels)
      : columns_(columns), channels_(channels), quick_(columns.linear && channels == 3) {
    if (!quick_) return;
    row_.resize(static_cast<size_t>(3 * width + 1));
    for (size_t i = 0; i < columns.taps.size(); i += 2) {
      left_.push_back(static_cast<int32_t>(3 * columns.taps[i].from));
      right_.push_back(static_cast<int32_t>(3 * columns.taps[i + 1].from));
      distance_.push_back(static_cast<float>(columns.taps[i + 1].weight));
    }
  }

  void operator()(const uint8_t* from, float* to) {
    if (!quick_) return resize_row(from, columns_, channels_, to);
    for (size_t i = 0; i + 1 < row_.size(); ++i) row_[i] = from[i];
    // Four numbers at a time, of which the next pixel overwrites the last.
    const size_t last = distance_.size() - 1;
    for (size_t x = 0; x < last; ++x, to += 3) blend<4>(x, to);
    blend<3>(last, to);
  }

 private:
  template <int count>
  void blend(size_t x, float* __restrict to) const {
    const float *a = row_.data() + left_[x], *b = row_.data() + right_[x];
    const float distance = distance_[x];
    for (int c = 0; c < count; ++c) to[c] = a[c] + (b[c] - a[c]) * distance;
  }

  const ResizedAxis& columns_;
  const int64_t channels_;
  const bool quick_;
  std::vector<float> row_;
  std::vector<int32_t> left_, right_;
  std::vector<float> distance_;
};

/// `window` of the picture as `height` x `width` pixels, in rows of `row` numbers from `to` on.
void resize_into(const Picture& picture, const Window& window, int64_t height, int64_t width,
                 const std::string& interpolation, int64_t row, float* to) {
  const ResizeAttrs attrs{height, width, interpolation};
  const ResizedAxis rows = resized_axis(window.height, height, attrs);
  const ResizedAxis columns = resized_axis(window.width, width, attrs);
  const int64_t channels = picture.channels, widened_row = width * channels;
  // Kept from picture to picture, unless one is very large: new memory costs as much as resizing.
  thread_local std::vector<float> kept;
  std::vector<float> large;
  const auto numbers = static_cast<size_t>(window.height * widened_row);
  constexpr size_t kKept = 1 << 22;
  std::vector<float>& widened = numbers > kKept ? large : kept;
  if (widened.size() < numbers) widened.resize(numbers);
  Widening widen(columns, window.width, channels);
  std::vector<char> done(static_cast<size_t>(window.height));
  const auto row_of = [&](int64_t y) {
    float* result = widened.data() + y * widened_row;
    if (!done[static_cast<size_t>(y)]) {
      const uint8_t* from =
          picture.pixels.data() + ((window.top + y) * picture.width + window.left) * channels;
      widen(from, result);
      done[static_cast<size_t>(y)] = true;
    }
    return static_cast<const float*>(result);
  };
  for (int64_t y = 0; y < height; ++y, to += row) blend_rows(rows, y, widened_row, row_of, to);
}

}  // namespace

void read_resized(std::string_view bytes, const std::string& name, const ReadResized& options, float* to) {
  Picture picture = decode_image(bytes, name, options.exif_orientation, options.decode);
  picture.deep.clear();
  picture = with_channels(std::move(picture), static_cast<int>(options.channels), name);
  const auto [height, width] = options.size;
  Window window{0, 0, picture.height, picture.width};
  if (options.crop_to_aspect_ratio) window = cropped_window(picture.height, picture.width, options.size);
  if (!options.pad_to_aspect_ratio)
    return resize_into(picture, window, height, width, options.interpolation, width * options.channels, to);

  // In float32, as TensorFlow.
  const auto rows = static_cast<float>(picture.height), columns = static_cast<float>(picture.width);
  const float ratio = std::max(columns / static_cast<float>(width), rows / static_cast<float>(height));
  const auto fit = [&](float extent, int64_t target) {
    const float part = extent / ratio;
    const auto begin = static_cast<int64_t>(std::floor((static_cast<float>(target) - part) / 2));
    return std::pair(std::clamp<int64_t>(static_cast<int64_t>(part), 1, target), std::max<int64_t>(0, begin));
  };
  const auto [new_height, top] = fit(rows, height);
  const auto [new_width, left] = fit(columns, width);
  std::fill(to, to + height * width * options.channels, 0.0f);
  resize_into(picture, window, new_height, new_width, options.interpolation, width * options.channels,
              to + (top * width + left) * options.channels);
}

}  // namespace lamina::detail
