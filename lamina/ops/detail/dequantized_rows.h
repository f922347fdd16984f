// int8 rows with a scale each, as float32. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// to[i * width + j] = from[i * from_step + j] * scales[i * scale_step], i < rows, j < width.
void dequantized_rows(const int8_t* from, const float* scales, int64_t rows, int64_t width, int64_t from_step,
                      int64_t scale_step, float* to);

}  // namespace lamina::detail
