// Window arithmetic.
#include "lamina/nn/layers/spatial.h"

#include <limits>

namespace lamina::detail {

int64_t num_windows(int64_t input, int64_t window, int64_t stride, int64_t dilation,
                    const std::string& padding) {
  if (input < 0) return -1;
  const int64_t span = padding == "same" ? 1 : dilation * (window - 1) + 1;
  return input < span ? 0 : (input - span) / stride + 1;
}

std::string window_error(const char* what, Size2 size) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // products of two do not overflow
  const bool positive = size.height > 0 && size.width > 0;
  if (positive && size.height <= kMost && size.width <= kMost) return {};
  return std::string(what) + (positive ? " must be below 2^31" : " must be positive") + ", received (" +
         std::to_string(size.height) + ", " + std::to_string(size.width) + ")";
}

std::string padding_error(const std::string& padding) {
  if (padding == "valid" || padding == "same") return {};
  return "padding must be 'valid' or 'same', received '" + padding + "'";
}

}  // namespace lamina::detail
