// How large shapes may be, so that no product of extents overflows, and what stands for open ones. Internal
// header.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "lamina/base/shape.h"

namespace lamina::detail {

/// Whether a tensor of that shape has fewer elements than any memory has addresses; open extents count as 1.
inline bool countable(const Shape& shape) {
  constexpr int64_t kMost = int64_t{1} << 56;
  int64_t product = 1;
  for (const int64_t extent : shape) {
    const int64_t known = std::max<int64_t>(extent, 1);
    if (known > kMost / product) return false;
    product *= known;
  }
  return true;
}

/// Extents that stand for open ones in what is recorded for its checks alone: such that no message could mean
/// them otherwise.
constexpr int64_t kOpenExtents[] = {9973, 9967};

/// `message` with None for them.
inline std::string with_open_extents(std::string message) {
  for (const int64_t extent : kOpenExtents) {
    const std::string digits = std::to_string(extent);
    for (size_t at = message.find(digits); at != std::string::npos; at = message.find(digits, at))
      message.replace(at, digits.size(), "None");
  }
  return message;
}

}  // namespace lamina::detail
