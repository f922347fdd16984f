// Convolutions of images whose channels lie apart, (batch, channels, height, width). Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/base/shape.h"
#include "lamina/ops/detail/direct_images.h"
#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// A few rows at a time: their channels are put side by side, with zeros around them, in a place that stays in the cache.
class PlaneRows {
 public:
  /// @param shape  2 to 4 channels, one group
  /// @param block  how many filters lie together in the kernel, as DirectConv has it
  /// @param most   rows of results at a time
  PlaneRows(const ConvShape& shape, bool relu, int64_t block, int64_t most);

  /// The rows [first, last) of results of `image`, at most `most`, to where `out` points, by the calling thread.
  void rows(const float* x, const float* kernel, const float* bias, float* out, int64_t image, int64_t first,
            int64_t last) const;

 private:
  const ConvShape s_;
  const ConvShape piece_;
  const DirectImages images_;
};

/// Such an image's shape with its channels last.
inline Shape channels_last_of_planes(const Shape& image) { return {image[0], image[2], image[3], image[1]}; }
/// Whether there are as many channels as PlaneRows takes.
inline bool are_planes(const Shape& image) { return image[1] >= 2 && image[1] <= 4; }

}  // namespace lamina::detail
