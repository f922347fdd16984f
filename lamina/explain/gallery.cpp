// Numbers to pixels, pictures to rows of pictures.
#include "lamina/explain/gallery.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr uint8_t kGap = 128;
constexpr int64_t kMostPixels = 100'000'000;

void check(const char* what, const Tensor& x, int rank, const char* layout) {
  if (x.rank() != rank || x.size() == 0)
    throw InvalidArgument(std::string(what) + ": expected " + layout + ", received " + x.type().str());
}

int extent(const Tensor& x, int axis) { return static_cast<int>(x.shape()[axis]); }

// `value` from [low, high] to [0, 255]; what is not finite is grey.
uint8_t level(double value, double low, double high) {
  if (!std::isfinite(value)) return kGap;
  if (!(high > low)) return 0;
  return static_cast<uint8_t>(std::lround(255 * std::clamp((value - low) / (high - low), 0.0, 1.0)));
}

double largest_magnitude(const std::vector<float>& values) {
  double most = 0;
  for (const float value : values) {
    if (std::isfinite(value)) most = std::max(most, std::fabs(static_cast<double>(value)));
  }
  return most;
}

Picture filter_picture(const std::vector<float>& kernel, int height, int width, int channels, int filters,
                       int filter) {
  const int shown = channels == 3 ? 3 : 1;
  std::vector<float> values;
  for (int place = 0; place < height * width; ++place) {
    std::vector<float> pixel(static_cast<size_t>(shown), 0.0f);
    for (int c = 0; c < channels; ++c) {
      const float value = kernel[static_cast<size_t>((place * channels + c) * filters + filter)];
      pixel[static_cast<size_t>(shown == 3 ? c : 0)] +=
          shown == 3 ? value : value / static_cast<float>(channels);
    }
    values.insert(values.end(), pixel.begin(), pixel.end());
  }
  const double most = largest_magnitude(values);
  Picture picture{height, width, shown, {}};
  for (const float value : values) picture.pixels.push_back(most > 0 ? level(value, -most, most) : kGap);
  return picture;
}

void paint(Picture& onto, const Picture& picture, int top, int left, int scale) {
  for (int row = 0; row < picture.height * scale; ++row) {
    for (int column = 0; column < picture.width * scale; ++column) {
      const size_t from = static_cast<size_t>((row / scale) * picture.width + column / scale);
      const size_t to = static_cast<size_t>(top + row) * static_cast<size_t>(onto.width) +
                        static_cast<size_t>(left + column);
      for (size_t c = 0; c < static_cast<size_t>(onto.channels); ++c) {
        onto.pixels[to * static_cast<size_t>(onto.channels) + c] =
            picture.pixels[picture.channels == 1 ? from : from * 3 + c];
      }
    }
  }
}

}  // namespace

Picture picture_grid(const std::vector<Picture>& pictures, const GalleryOptions& options) {
  if (pictures.empty()) throw InvalidArgument("picture_grid: no pictures were given");
  const auto range = [](const char* what, int value, int low, int high) {
    if (value >= low && value <= high) return;
    throw InvalidArgument(std::string("picture_grid: ") + what + " must be from " + std::to_string(low) +
                          " to " + std::to_string(high) + ", not " + std::to_string(value));
  };
  range("columns", options.columns, 0, 1'000'000);
  range("scale", options.scale, 1, 64);
  range("gap", options.gap, 0, 64);
  int height = 0, width = 0, channels = 1;
  for (const Picture& picture : pictures) {
    height = std::max(height, picture.height);
    width = std::max(width, picture.width);
    channels = std::max(channels, picture.channels);
  }
  const auto count = static_cast<int64_t>(pictures.size());
  const auto square = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t columns = std::min<int64_t>(count, options.columns > 0 ? options.columns : square);
  const int64_t rows = (count + columns - 1) / columns;
  const int64_t step_y = int64_t{height} * options.scale + options.gap,
                step_x = int64_t{width} * options.scale + options.gap;
  const int64_t all_y = rows * step_y + options.gap, all_x = columns * step_x + options.gap;
  if (all_y > kMostPixels || all_x > kMostPixels || all_y * all_x > kMostPixels)
    throw InvalidArgument("picture_grid: " + std::to_string(all_x) + "x" + std::to_string(all_y) +
                          " pixels are too many: at most 100 million");
  Picture grid{static_cast<int>(all_y), static_cast<int>(all_x), channels, {}};
  grid.pixels.assign(static_cast<size_t>(all_y * all_x * channels), kGap);
  for (int64_t i = 0; i < count; ++i) {
    paint(grid, pictures[static_cast<size_t>(i)], static_cast<int>(options.gap + i / columns * step_y),
          static_cast<int>(options.gap + i % columns * step_x), options.scale);
  }
  return grid;
}

Picture signed_picture(const Tensor& table, double most) {
  check("signed_picture", table, 2, "a table (rows, columns)");
  const std::vector<float> values = table.to_vector<float>();
  if (!(most > 0)) most = largest_magnitude(values);
  Picture picture{extent(table, 0), extent(table, 1), 3, {}};
  for (const float value : values) {
    const bool finite = std::isfinite(value);
    // What is far from 0 loses the other two colours.
    const uint8_t rest = !finite ? kGap : level(-std::fabs(static_cast<double>(value)), -most, 0);
    const uint8_t own = finite ? 255 : kGap, faded = most > 0 ? rest : own;
    if (value > 0) {
      picture.pixels.insert(picture.pixels.end(), {own, faded, faded});
    } else {
      picture.pixels.insert(picture.pixels.end(), {faded, faded, own});
    }
  }
  return picture;
}

Picture filter_grid(const Tensor& kernel, const GalleryOptions& options) {
  check("filter_grid", kernel, 4, "a kernel (height, width, channels, filters)");
  const std::vector<float> values = kernel.to_vector<float>();
  std::vector<Picture> pictures;
  for (int filter = 0; filter < extent(kernel, 3); ++filter) {
    pictures.push_back(filter_picture(values, extent(kernel, 0), extent(kernel, 1), extent(kernel, 2),
                                      extent(kernel, 3), filter));
  }
  return picture_grid(pictures, options);
}

Picture feature_grid(const Tensor& maps, const GalleryOptions& options) {
  check("feature_grid", maps, 3, "feature maps (height, width, channels)");
  const std::vector<float> values = maps.to_vector<float>();
  const auto channels = static_cast<size_t>(extent(maps, 2));
  std::vector<Picture> pictures;
  for (size_t channel = 0; channel < channels; ++channel) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = channel; i < values.size(); i += channels) {
      if (!std::isfinite(values[i])) continue;
      low = std::min(low, static_cast<double>(values[i]));
      high = std::max(high, static_cast<double>(values[i]));
    }
    Picture picture{extent(maps, 0), extent(maps, 1), 1, {}};
    for (size_t i = channel; i < values.size(); i += channels)
      picture.pixels.push_back(level(values[i], low, high));
    pictures.push_back(std::move(picture));
  }
  return picture_grid(pictures, options);
}

}  // namespace lamina
