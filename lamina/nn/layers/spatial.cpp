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

std::string KernelWindows::error() const {
  for (const std::string& error : {window_error("kernel_size", kernel_size), window_error("strides", strides),
                                   window_error("dilation_rate", dilation_rate), padding_error(padding)}) {
    if (!error.empty()) return error;
  }
  if (strides != Size2(1) && dilation_rate != Size2(1))
    return "strides above 1 cannot be combined with a dilation_rate above 1";
  return {};
}

Size2 KernelWindows::over(const Shape& input) const {
  return {num_windows(input[1], kernel_size.height, strides.height, dilation_rate.height, padding),
          num_windows(input[2], kernel_size.width, strides.width, dilation_rate.width, padding)};
}

std::string KernelWindows::misfit(const Shape& input) const {
  const Size2 windows = over(input);
  if (windows.height != 0 && windows.width != 0) return {};
  return "the kernel (" + std::to_string(kernel_size.height) + ", " + std::to_string(kernel_size.width) +
         ") does not fit into input of shape " + input.str() + "; make it smaller or use padding 'same'";
}

}  // namespace lamina::detail
