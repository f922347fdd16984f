// Pillow's resampling: filters as wide as a pixel of the result, in fixed point for bytes.
#include "lamina/image/detail/resample.h"

#include <algorithm>
#include <cmath>

namespace lamina::detail {
namespace {

constexpr double kPi = 3.14159265358979323846;

double sinc(double t) { return t == 0 ? 1 : std::sin(kPi * t) / (kPi * t); }

double box_filter(double t) { return t > -0.5 && t <= 0.5 ? 1 : 0; }
double triangle(double t) { return std::max(0.0, 1 - std::abs(t)); }
double hamming(double t) { return std::abs(t) >= 1 ? 0 : sinc(t) * (0.54 + 0.46 * std::cos(kPi * t)); }
double cubic(double t) {  // R. Keys, 1981, with a = -1/2
  constexpr double a = -0.5;
  t = std::abs(t);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}
double lanczos(double t) { return t >= -3 && t < 3 ? sinc(t) * sinc(t / 3) : 0; }

struct Filter {
  const char* name;
  double reach;
  double (*weight)(double);  // none: the nearest pixel
};

constexpr Filter kFilters[] = {{"nearest", 0, nullptr}, {"bilinear", 1, triangle}, {"bicubic", 2, cubic},
                               {"hamming", 1, hamming}, {"box", 0.5, box_filter},  {"lanczos", 3, lanczos}};

/// The pixels from `first` on that make up one of the result.
struct Span {
  size_t first = 0;
  std::vector<double> weights;
  std::vector<int32_t> fixed;  // in 1 / 2^kBits
};

constexpr int kBits = 32 - 8 - 2;

/// `extent` pixels from `start` on, of an axis of `size`, as `to` pixels.
std::vector<Span> spans(int size, int start, int extent, int to, const Filter& filter) {
  const double step = static_cast<double>(extent) / to, scale = std::max(step, 1.0);
  const double reach = filter.reach * scale, inverse = 1.0 / scale;
  std::vector<Span> all(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    Span& span = all[static_cast<size_t>(i)];
    const double centre = start + (i + 0.5) * step;
    const int first = std::max(0, static_cast<int>(centre - reach + 0.5));
    const int end = std::min(size, static_cast<int>(centre + reach + 0.5));
    span.first = static_cast<size_t>(first);
    double sum = 0;
    for (int x = 0; x < end - first; ++x) {
      span.weights.push_back(filter.weight((x + first - centre + 0.5) * inverse));
      sum += span.weights.back();
    }
    for (double& weight : span.weights) {
      if (sum != 0) weight /= sum;
      span.fixed.push_back(static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kBits)));
    }
  }
  return all;
}

uint8_t byte(int32_t fixed) { return static_cast<uint8_t>(std::clamp(fixed >> kBits, 0, 255)); }

uint16_t deep(double sum) { return static_cast<uint16_t>(std::clamp(static_cast<int>(sum), 0, 65535)); }

/// Rows of the picture, each as wide as there are spans.
Picture widened(const Picture& picture, const std::vector<Span>& columns) {
  Picture result{picture.height, static_cast<int>(columns.size()), picture.channels, {}, {}};
  const auto channels = static_cast<size_t>(picture.channels), row = static_cast<size_t>(picture.width);
  result.pixels.resize(static_cast<size_t>(picture.height) * columns.size() * channels);
  if (!picture.deep.empty()) result.deep.reserve(static_cast<size_t>(picture.height) * columns.size());
  uint8_t* to = result.pixels.data();
  for (size_t y = 0; y < static_cast<size_t>(picture.height); ++y) {
    for (const Span& span : columns) {
      const uint8_t* from = picture.pixels.data() + (y * row + span.first) * channels;
      for (size_t c = 0; c < channels; ++c) {
        int32_t sum = 1 << (kBits - 1);
        for (size_t x = 0; x < span.fixed.size(); ++x) sum += from[x * channels + c] * span.fixed[x];
        *to++ = byte(sum);
      }
      if (picture.deep.empty()) continue;
      double sum = 0.5;
      for (size_t x = 0; x < span.weights.size(); ++x)
        sum += picture.deep[y * row + span.first + x] * span.weights[x];
      result.deep.push_back(deep(sum));
    }
  }
  return result;
}

/// As many rows as there are spans.
Picture heightened(const Picture& picture, const std::vector<Span>& rows) {
  Picture result{static_cast<int>(rows.size()), picture.width, picture.channels, {}, {}};
  const size_t row = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.channels);
  result.pixels.reserve(rows.size() * row);
  std::vector<int32_t> sums(row);
  for (const Span& span : rows) {
    std::fill(sums.begin(), sums.end(), 1 << (kBits - 1));
    for (size_t y = 0; y < span.fixed.size(); ++y) {
      const uint8_t* from = picture.pixels.data() + (span.first + y) * row;
      for (size_t i = 0; i < row; ++i) sums[i] += from[i] * span.fixed[y];
    }
    for (const int32_t sum : sums) result.pixels.push_back(byte(sum));
    if (picture.deep.empty()) continue;
    for (size_t i = 0; i < row; ++i) {
      double sum = 0.5;
      for (size_t y = 0; y < span.weights.size(); ++y)
        sum += picture.deep[(span.first + y) * row + i] * span.weights[y];
      result.deep.push_back(deep(sum));
    }
  }
  return result;
}

/// Which pixels are taken: the ones under the centres. Where a centre falls between two pixels, rounding
/// decides: Pillow goes from centre to centre in steps, but not with 16 bits a pixel.
std::vector<size_t> nearest(int start, int extent, int to, bool in_steps) {
  std::vector<size_t> taken;
  taken.reserve(static_cast<size_t>(to));
  const double step = static_cast<double>(extent) / to;
  double centre = start + step * 0.5;
  for (int i = 0; i < to; ++i, centre = in_steps ? centre + step : start + step * (i + 0.5))
    taken.push_back(std::min(static_cast<size_t>(centre), static_cast<size_t>(start + extent - 1)));
  return taken;
}

Picture take_nearest(const Picture& picture, const Box& box, int height, int width) {
  Picture result{height, width, picture.channels, {}, {}};
  const auto channels = static_cast<size_t>(picture.channels), row = static_cast<size_t>(picture.width);
  const std::vector<size_t> columns = nearest(box.left, box.width, width, picture.deep.empty());
  result.pixels.reserve(static_cast<size_t>(height) * static_cast<size_t>(width) * channels);
  for (size_t y : nearest(box.top, box.height, height, picture.deep.empty())) {
    for (size_t x : columns) {
      const auto pixel = picture.pixels.begin() + static_cast<std::ptrdiff_t>((y * row + x) * channels);
      result.pixels.insert(result.pixels.end(), pixel, pixel + picture.channels);
      if (!picture.deep.empty()) result.deep.push_back(picture.deep[y * row + x]);
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> resamplings() {
  std::vector<std::string> names;
  for (const Filter& filter : kFilters) names.emplace_back(filter.name);
  return names;
}

Picture resample(const Picture& picture, const Box& box, int height, int width,
                 const std::string& interpolation) {
  const Filter& filter = *std::find_if(std::begin(kFilters), std::end(kFilters),
                                       [&](const Filter& each) { return each.name == interpolation; });
  if (!filter.weight) return take_nearest(picture, box, height, width);
  const bool across = width != picture.width || box.width != picture.width;
  const bool down = height != picture.height || box.height != picture.height;
  Picture result =
      across ? widened(picture, spans(picture.width, box.left, box.width, width, filter)) : picture;
  if (down) result = heightened(result, spans(picture.height, box.top, box.height, height, filter));
  return result;
}

}  // namespace lamina::detail
