// Channels that lie apart, put side by side. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// to[i * channels + c] = from[c * apart + i] for i < count; 2 to 4 channels.
void interleave(const float* from, int64_t apart, int64_t channels, int64_t count, float* to);

}  // namespace lamina::detail
