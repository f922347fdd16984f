// How large shapes may be, so that no product of extents overflows. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>

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

}  // namespace lamina::detail
