// Vectorised normalisation of rows in float32. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// n elements, normalised as `attrs` of layer_normalization say; gamma and beta (n elements) may be null. y
/// may be x.
struct RowNorm {
  int64_t n;
  float epsilon;
  bool center;
  const float* gamma;
  const float* beta;
};
void normalize_row(const RowNorm& norm, const float* x, float* y);

/// dx from dy, and the row's share added to dgamma and dbeta. dx may be x or dy.
void normalize_grad_row(const RowNorm& norm, const float* x, const float* dy, float* dx, float* dgamma,
                        float* dbeta);

}  // namespace lamina::detail
