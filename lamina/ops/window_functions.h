// Windows for spectra: weights that fall to both sides, symmetric, float32 (x,). As NumPy and keras.ops. Of
// length 1 they are 1; a negative length, and one above 2^28, throws InvalidArgument.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina {

/// A triangle that is 0 at both ends.
Tensor bartlett(int64_t x);
/// 0.42 - 0.5 cos(2 pi n / (x - 1)) + 0.08 cos(4 pi n / (x - 1)).
Tensor blackman(int64_t x);
/// 0.54 - 0.46 cos(2 pi n / (x - 1)).
Tensor hamming(int64_t x);
/// 0.5 - 0.5 cos(2 pi n / (x - 1)), von Hann's.
Tensor hanning(int64_t x);
/// Bessel's function I0 of beta sqrt(1 - t^2) over that of beta, t from -1 to 1. Throws InvalidArgument for a
/// beta beyond -500 to 500.
Tensor kaiser(int64_t x, double beta);

}  // namespace lamina
