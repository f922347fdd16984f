// Which memory orders of images our kernels know: channels-last, and channels in blocks as oneDNN has them.
#pragma once

#include <optional>

#include "lamina/graph/layout.h"

namespace lamina::detail {

/// Images (batch, height, width, channels) with `block` channels innermost: nChw8c or nChw16c.
inline Layout blocked_layout(int block) { return {{0, 3, 1, 2}, {{3, block}}}; }

/// 0 for row-major (channels-last), the block for nChw8c and nChw16c, nothing for any other order.
inline std::optional<int> channel_block(const Layout& layout) {
  if (layout.row_major()) return 0;
  for (const int block : {8, 16}) {
    if (layout == blocked_layout(block)) return block;
  }
  return std::nullopt;
}

}  // namespace lamina::detail
