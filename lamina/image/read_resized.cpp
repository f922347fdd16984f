// Pixels become floats on the way to the result; of other interpolations than bilinear, only rows that it
// needs.
#include "lamina/image/detail/read_resized.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lamina/image/detail/aspect.h"
#include "lamina/image/detail/bilinear_rows.h"
#include "lamina/image/load_img.h"
#include "lamina/ops/detail/resize.h"

namespace lamina::detail {
namespace {

/// As many numbers of widened rows, and bytes of pixels, are kept from picture to picture: the system takes
/// as long to clear new memory as resizing does.
constexpr size_t kKept = 1 << 22;

/// Results of so many numbers are written past the caches: a batch of them is larger than what a processor
/// keeps for itself.
constexpr int64_t kManyNumbers = 1 << 14;

/// Three colours. Only rows that the result needs are widened, and of these only two are kept: they stay in
/// the nearest cache.
class BilinearRows {
 public:
  BilinearRows(const Picture& picture, const Window& window, const ResizedAxis& columns)
      : picture_(picture), window_(window), columns_(columns, window.left) {
    for (std::vector<float>& row : widened_) row.resize(columns_.numbers() + BilinearColumns::kSpare);
  }

  /// Row y of the result.
  void blend(const ResizedAxis& rows, int64_t y, float* to, Written written) {
    const ResizedAxis::Tap* tap = rows.begin(y);
    const float *top = widened(tap[0].from), *bottom = widened(tap[1].from);
    blend_two_rows(top, bottom, static_cast<float>(tap[1].weight), columns_.numbers(), to, written);
  }

 private:
  // Neighbours lie in different places.
  const float* widened(int64_t y) {
    const auto place = static_cast<size_t>(y % 2);
    if (std::exchange(which_[place], y) != y) columns_.widen(row_of(window_.top + y), widened_[place].data());
    return widened_[place].data();
  }

  // With the bytes that are read behind it.
  const uint8_t* row_of(int64_t y) {
    const auto bytes = static_cast<size_t>(3 * picture_.width), at = static_cast<size_t>(y) * bytes;
    const uint8_t* from = picture_.pixels.data() + at;
    if (picture_.pixels.size() - at - bytes >= BilinearColumns::kBehind) return from;
    last_.assign(from, from + bytes);
    last_.resize(bytes + BilinearColumns::kBehind);
    return last_.data();
  }

  const Picture& picture_;
  const Window& window_;
  const BilinearColumns columns_;
  std::vector<float> widened_[2];
  int64_t which_[2] = {-1, -1};
  std::vector<uint8_t> last_;
};

/// `window` of the picture as `height` x `width` pixels, in rows of `row` numbers from `to` on.
void resize_into(const Picture& picture, const Window& window, int64_t height, int64_t width,
                 const std::string& interpolation, int64_t row, float* to) {
  const ResizeAttrs attrs{height, width, interpolation};
  const ResizedAxis rows = resized_axis(window.height, height, attrs);
  const ResizedAxis columns = resized_axis(window.width, width, attrs);
  const int64_t channels = picture.channels, widened_row = width * channels;
  if (rows.linear && columns.linear && channels == 3) {
    BilinearRows bilinear(picture, window, columns);
    const Written written = height * row >= kManyNumbers ? Written::kPastCaches : Written::kInCaches;
    for (int64_t y = 0; y < height; ++y, to += row) bilinear.blend(rows, y, to, written);
    if (written == Written::kPastCaches) flush_written();
    return;
  }
  thread_local std::vector<float> kept;
  std::vector<float> large;
  const auto numbers = static_cast<size_t>(window.height * widened_row);
  std::vector<float>& widened = numbers > kKept ? large : kept;
  if (widened.size() < numbers) widened.resize(numbers);
  std::vector<char> done(static_cast<size_t>(window.height));
  const auto row_of = [&](int64_t y) {
    float* result = widened.data() + y * widened_row;
    if (!done[static_cast<size_t>(y)]) {
      const uint8_t* from =
          picture.pixels.data() + ((window.top + y) * picture.width + window.left) * channels;
      resize_row(from, columns, channels, result);
      done[static_cast<size_t>(y)] = true;
    }
    return static_cast<const float*>(result);
  };
  for (int64_t y = 0; y < height; ++y, to += row) blend_rows(rows, y, widened_row, row_of, to);
}

void resize_picture(const Picture& picture, const ReadResized& options, float* to) {
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

}  // namespace

void read_resized(std::string_view bytes, const std::string& name, const ReadResized& options, float* to) {
  thread_local std::vector<uint8_t> kept;
  DecodeOptions decode = options.decode;
  decode.memory = &kept;
  Picture picture = decode_image(bytes, name, options.exif_orientation, decode);
  picture.deep.clear();
  picture = with_channels(std::move(picture), static_cast<int>(options.channels), name);
  resize_picture(picture, options, to);
  if (picture.pixels.capacity() <= kKept) kept = std::move(picture.pixels);
}

}  // namespace lamina::detail
