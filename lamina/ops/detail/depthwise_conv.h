// Convolutions in which each filter reads the channel of its own number. Internal header.
#pragma once

#include <cstdint>

#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// Channels-last images, one filter for each channel.
struct DepthwiseConv {
  int64_t channels;
  Window rows, columns;
  bool relu;  ///< makes 0 of what is below; NaN stays

  /// The rows [begin, end) of results, of all images one after the other, to where `out` points.
  /// @param kernel  (height, width, channels)
  /// @param bias    one for each channel, or null
  /// @tparam T      float or double
  template <class T>
  void run(const T* x, const T* kernel, const T* bias, T* out, int64_t begin, int64_t end) const;
};

}  // namespace lamina::detail
