// Pieces of images: channels side by side, zeros around.
#include "lamina/ops/detail/plane_rows.h"

#include <algorithm>

#include "lamina/ops/detail/image_border.h"
#include "lamina/ops/detail/interleave.h"
#include "lamina/ops/detail/lent_numbers.h"

namespace lamina::detail {
namespace {

/// What `most` rows of results read, as an image of its own.
ConvShape piece_of(ConvShape s, int64_t most) {
  const ImageBorder border = border_of(s);
  s.batch = 1;
  s.rows.output = std::min(most, s.rows.output);
  s.rows.input = (s.rows.output - 1) * s.rows.stride + s.rows.span();
  s.columns.input += border.left + border.right;
  s.rows.before = s.columns.before = 0;
  return s;
}

}  // namespace

PlaneRows::PlaneRows(const ConvShape& shape, bool relu, int64_t block, int64_t most)
    : s_(shape), piece_(piece_of(shape, most)), images_(piece_, relu, block) {}

void PlaneRows::rows(const float* x, const float* kernel, const float* bias, float* out, int64_t image, int64_t first,
                     int64_t last) const {
  const int64_t line = piece_.columns.input * s_.channels, count = (last - first - 1) * s_.rows.stride + s_.rows.span();
  const int64_t width = s_.columns.input, plane = s_.rows.input * width, left = s_.columns.before * s_.channels;
  LentNumbers<PlaneRows> lines(count * line);
  for (int64_t i = 0; i < count; ++i) {
    float* const to = lines.data() + i * line;
    const int64_t y = s_.rows.first(first) + i;
    if (y < 0 || y >= s_.rows.input) {
      std::fill_n(to, line, 0.0f);
      continue;
    }
    std::fill_n(to, left, 0.0f);
    interleave(x + image * s_.channels * plane + y * width, plane, s_.channels, width, to + left);
    std::fill(to + left + width * s_.channels, to + line, 0.0f);
  }
  images_.rows(lines.data(), kernel, bias, out, 0, last - first);
}

}  // namespace lamina::detail
