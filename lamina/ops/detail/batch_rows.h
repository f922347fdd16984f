// Loops of normalisation over a batch, on rows of channels in float32. Internal header.
#pragma once

#include <cstdint>
#include <string>

namespace lamina::detail {

enum class BatchActivation { kLinear, kRelu, kRelu6, kSilu };

/// That of the name "linear", "relu", "relu6" or "silu".
BatchActivation batch_activation(const std::string& name);

/// y = activation((x - mean) * scale + shift), each of them `width` numbers.
struct BatchNorm {
  const float *mean, *scale, *shift;
  BatchActivation activation;
};

/// Mean of each column of `rows` rows, and the sum of squares of what is left without it. Reads x twice: the
/// rows should fit into cache.
void column_moments(const float* x, int64_t rows, int64_t width, float* mean, float* squares);

/// Rows of y from rows of x, which may be the same.
void normalize_rows(const BatchNorm& norm, const float* x, int64_t rows, int64_t width, float* y);

/// Sums over rows of g, the gradient dy as it comes back from behind the activation, and of g * (x - mean).
/// @param kept  where g goes, which may be dy; null: nowhere
void grad_sums(const BatchNorm& norm, const float* x, const float* dy, int64_t rows, int64_t width,
               float* total, float* along, float* kept);

/// dx = scale * g + slope * (x - mean) + offset. dx may be dy or x.
void grad_rows(const BatchNorm& norm, const float* slope, const float* offset, const float* x,
               const float* dy, int64_t rows, int64_t width, float* dx);

}  // namespace lamina::detail
