// What convolutions and poolings share: output extents and the checks of their arguments. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina::detail {

/// Windows along an axis of `input` elements (-1 stays -1), each spanning `window` elements `dilation` apart,
/// every `stride`: ceil((input - span + 1) / stride) for "valid", ceil(input / stride) for "same"; 0 or less:
/// none fits.
int64_t num_windows(int64_t input, int64_t window, int64_t stride, int64_t dilation,
                    const std::string& padding);

/// The text that is wrong with an argument of windows, or nothing: positive extents below 2^31, padding
/// "valid" or "same".
std::string window_error(const char* what, Size2 size);
std::string padding_error(const std::string& padding);

/// How a convolution's kernel moves over (batch, height, width, channels).
struct KernelWindows {
  Size2 kernel_size;
  Size2 strides;
  Size2 dilation_rate;
  const std::string& padding;

  /// The text that is wrong with these arguments, or nothing.
  std::string error() const;
  /// Windows along height and width, -1 where the extent is unknown, 0 where none fits.
  Size2 over(const Shape& input) const;
  /// The text that says that no window fits into `input`, or nothing.
  std::string misfit(const Shape& input) const;
};

inline std::vector<int64_t> pair(Size2 size) { return {size.height, size.width}; }
inline Json pair_json(Size2 size) { return Json::list({size.height, size.width}); }

}  // namespace lamina::detail
