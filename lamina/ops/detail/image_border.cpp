// Copies of images, line by line.
#include "lamina/ops/detail/image_border.h"

#include <algorithm>

#include "lamina/base/threads.h"

namespace lamina::detail {

ImageBorder border_of(const ConvShape& conv) {
  return {conv.rows.before, std::max<int64_t>(0, conv.rows.after()), conv.columns.before,
          std::max<int64_t>(0, conv.columns.after())};
}

void copy_with_border(const ConvShape& conv, const float* images, float* copy) {
  constexpr int64_t kGrain = 16384;  // numbers that are worth a thread
  const ImageBorder border = border_of(conv);
  const int64_t height = border.top + conv.rows.input + border.bottom;
  const int64_t left = border.left * conv.channels, middle = conv.columns.input * conv.channels;
  const int64_t line = left + middle + border.right * conv.channels;
  lamina::parallel_for(conv.batch * height, std::max<int64_t>(1, kGrain / line), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t y = i % height - border.top;
      float* const to = copy + i * line;
      if (y < 0 || y >= conv.rows.input) {
        std::fill_n(to, line, 0.0f);
        continue;
      }
      std::fill_n(to, left, 0.0f);
      std::copy_n(images + (i / height * conv.rows.input + y) * middle, middle, to + left);
      std::fill(to + left + middle, to + line, 0.0f);
    }
  });
}

}  // namespace lamina::detail
