// Which pixels a resized axis is made of, and rows of pixels put together from others. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/ops/resize.h"

namespace lamina::detail {

/// A pixel of the smaller or larger axis is the sum of `weight` times pixel `from`, over `count` entries from
/// `first` on.
struct ResizedAxis {
  struct Tap {
    int64_t from;
    double weight;
  };
  std::vector<Tap> taps;
  std::vector<int64_t> first;  ///< one per pixel of the result, and the end
  /// Whether each pixel has two taps, of which the second weight is the distance from the first pixel.
  bool linear = false;

  const Tap* begin(int64_t i) const { return taps.data() + first[static_cast<size_t>(i)]; }
  const Tap* end(int64_t i) const { return taps.data() + first[static_cast<size_t>(i) + 1]; }
};

/// The interpolations there are, in the order of the manual.
std::vector<std::string> interpolations();

/// From `input` to `output` pixels, both at least 1.
ResizedAxis resized_axis(int64_t input, int64_t output, const ResizeAttrs& attrs);

/// One row of pixels of `channels` numbers, as wide as `columns` says. With `fixed` the compiler knows their
/// number.
template <int fixed, class From, class Sum>
void resize_row_of(const From* from, const ResizedAxis& columns, int64_t given, Sum* to) {
  const int64_t channels = fixed > 0 ? fixed : given;
  const auto count = static_cast<int64_t>(columns.first.size()) - 1;
  const ResizedAxis::Tap* tap = columns.taps.data();
  if (columns.linear) {
    for (int64_t x = 0; x < count; ++x, to += channels, tap += 2) {
      const From *a = from + tap[0].from * channels, *b = from + tap[1].from * channels;
      const auto distance = static_cast<Sum>(tap[1].weight);
      for (int64_t c = 0; c < channels; ++c) {
        const auto left = static_cast<Sum>(a[c]);
        to[c] = left + (static_cast<Sum>(b[c]) - left) * distance;
      }
    }
    return;
  }
  for (int64_t x = 0; x < count; ++x, to += channels) {
    for (int64_t c = 0; c < channels; ++c) to[c] = 0;
    for (const ResizedAxis::Tap* const end = columns.end(x); tap != end; ++tap) {
      const From* pixel = from + tap->from * channels;
      for (int64_t c = 0; c < channels; ++c)
        to[c] += static_cast<Sum>(pixel[c]) * static_cast<Sum>(tap->weight);
    }
  }
}
template <class From, class Sum>
void resize_row(const From* from, const ResizedAxis& columns, int64_t channels, Sum* to) {
  if (channels == 3) return resize_row_of<3>(from, columns, channels, to);
  if (channels == 1) return resize_row_of<1>(from, columns, channels, to);
  resize_row_of<0>(from, columns, channels, to);
}

/// Row `y` of the result, `size` numbers, of rows of the image before; `row(i)` gives row i of it.
template <class Sum, class Row>
void blend_rows(const ResizedAxis& rows, int64_t y, int64_t size, Row&& row, Sum* to) {
  const ResizedAxis::Tap* tap = rows.begin(y);
  if (rows.linear) {
    const Sum *a = row(tap[0].from), *b = row(tap[1].from);
    const auto distance = static_cast<Sum>(tap[1].weight);
    for (int64_t i = 0; i < size; ++i) to[i] = a[i] + (b[i] - a[i]) * distance;
    return;
  }
  for (int64_t i = 0; i < size; ++i) to[i] = 0;
  for (; tap != rows.end(y); ++tap) {
    const Sum* from = row(tap->from);
    const auto weight = static_cast<Sum>(tap->weight);
    for (int64_t i = 0; i < size; ++i) to[i] += from[i] * weight;
  }
}

}  // namespace lamina::detail
