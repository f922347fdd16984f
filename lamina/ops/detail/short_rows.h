// Softmax of rows of a few elements: a vector holds one element of many rows. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// Elements of a row, at most.
inline constexpr int64_t kShortRow = 16;

/// y = softmax(x) of `rows` rows of n elements, 1 <= n <= kShortRow; y may be x. The bits of a row do not depend on the
/// others.
void softmax_short_rows(const float* x, int64_t rows, int64_t n, float* y);

}  // namespace lamina::detail
