// Umeyama's transform in two dimensions, and the warp by it.
#include "lamina/face/alignment.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"

namespace lamina::face {
namespace {

// A face that is shrunk is sampled as often as it has pixels, up to so many times across and down: a single
// sample would take some of them and leave out the others.
constexpr int kMostSamples = 16;

// What lies at `at`, between the middles of four pixels; black beyond the border.
void add_sample(const Picture& picture, const Point& at, std::array<double, 3>& sum) {
  const double x = at.x - 0.5, y = at.y - 0.5;
  if (!(x > -1 && y > -1 && x < picture.width && y < picture.height)) return;
  const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
  for (int row = top; row <= top + 1; ++row) {
    for (int column = left; column <= left + 1; ++column) {
      if (row < 0 || column < 0 || row >= picture.height || column >= picture.width) continue;
      const double weight = (1 - std::abs(x - column)) * (1 - std::abs(y - row));
      const auto place =
          (static_cast<size_t>(row) * static_cast<size_t>(picture.width) + static_cast<size_t>(column)) * 3;
      for (size_t c = 0; c < 3; ++c) sum[c] += weight * picture.pixels[place + c];
    }
  }
}

}  // namespace

Similarity Similarity::inverse() const {
  const double size = a * a + b * b;
  if (!(size > 0)) throw InvalidArgument("Similarity::inverse: the transform takes all points to one");
  const double ia = a / size, ib = -b / size;
  return {ia, ib, -(ia * dx - ib * dy), -(ib * dx + ia * dy)};
}

Similarity similarity_between(const std::vector<Point>& from, const std::vector<Point>& to) {
  if (from.size() != to.size() || from.size() < 2) {
    throw InvalidArgument(
        "similarity_between: expected two lists of as many points, at least two; received " +
        std::to_string(from.size()) + " and " + std::to_string(to.size()));
  }
  const auto n = static_cast<double>(from.size());
  Point middle, target;
  for (size_t i = 0; i < from.size(); ++i) {
    if (!std::isfinite(from[i].x + from[i].y + to[i].x + to[i].y))
      throw InvalidArgument("similarity_between: point " + std::to_string(i) + " is not finite");
    middle = {middle.x + from[i].x / n, middle.y + from[i].y / n};
    target = {target.x + to[i].x / n, target.y + to[i].y / n};
  }
  // In two dimensions the singular values need not be found: the best rotation has the angle of the complex
  // number sum(conj(from) * to), and its scale is that number's over the variance.
  double along = 0, across = 0, variance = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const double x = from[i].x - middle.x, y = from[i].y - middle.y, u = to[i].x - target.x,
                 v = to[i].y - target.y;
    along += x * u + y * v;
    across += x * v - y * u;
    variance += x * x + y * y;
  }
  if (!(variance > 0)) throw InvalidArgument("similarity_between: all points that are to be moved are one");
  Similarity result{along / variance, across / variance, 0, 0};
  const Point moved = result(middle);
  result.dx = target.x - moved.x;
  result.dy = target.y - moved.y;
  return result;
}

const Template& retail_template() {
  static const Template shape{
      {Point{0.31556875, 0.46157411}, Point{0.68262292, 0.46157411}, Point{0.50026250, 0.64050536},
       Point{0.34947187, 0.82469197}, Point{0.65343646, 0.82469196}},
      128,
      128};
  return shape;
}

Picture align(const Picture& picture, const Landmarks& landmarks, const Template& shape) {
  if (picture.channels != 3)
    throw InvalidArgument("align: expected a picture of 3 channels, received " +
                          std::to_string(picture.channels));
  std::vector<Point> to;
  for (const Point& point : shape.landmarks) to.push_back({point.x * shape.width, point.y * shape.height});
  const Similarity back = similarity_between({landmarks.begin(), landmarks.end()}, to).inverse();
  const auto height = static_cast<size_t>(shape.height), width = static_cast<size_t>(shape.width);
  Picture result{shape.height, shape.width, 3, std::vector<uint8_t>(height * width * 3)};
  const double step = std::hypot(back.a, back.b);
  const int samples = step < kMostSamples ? std::max(1, static_cast<int>(step)) : kMostSamples;
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      std::array<double, 3> sum{};
      for (int i = 0; i < samples * samples; ++i) {
        const double right = (i % samples + 0.5) / samples, down = (i / samples + 0.5) / samples;
        add_sample(picture, back({static_cast<double>(x) + right, static_cast<double>(y) + down}), sum);
      }
      for (size_t c = 0; c < 3; ++c)
        result.pixels[(y * width + x) * 3 + c] =
            static_cast<uint8_t>(std::lround(sum[c] / (samples * samples)));
    }
  }
  return result;
}

}  // namespace lamina::face
