// float16 and bfloat16 from and to float32, many at a time. Internal header.
#pragma once

#include <cstddef>

#include "lamina/base/dtype.h"

namespace lamina::detail {

/// As the conversions of Float16 and BFloat16, to nearest, ties to even; of a NaN of float16 the payload may
/// differ.
void widen_halves(const Float16* from, size_t count, float* to);
void widen_halves(const BFloat16* from, size_t count, float* to);
void narrow_halves(const float* from, size_t count, Float16* to);
void narrow_halves(const float* from, size_t count, BFloat16* to);

}  // namespace lamina::detail
