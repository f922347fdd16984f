// Sums and products up to each place: cumsum, cumprod, and logcumsumexp.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// The scan runs along the last axis; from its end when `reverse`.
struct CumulativeAttrs {
  bool reverse = false;
  bool operator==(const CumulativeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("reverse", self.reverse); }
};

/// y[i] = x[0] + ... + x[i] along `axis`; std::nullopt flattens x first. x is cast to `dtype`, if there is
/// one, and bool counts as int32. Floats of 16 bits are accumulated in float32, integers wrap around.
/// Additions come in the order of the elements, whatever the number of threads. Throws InvalidArgument when
/// the axis is out of range. As keras.ops.cumsum.
Tensor cumsum(const Tensor& x, std::optional<int> axis = std::nullopt,
              std::optional<DType> dtype = std::nullopt);

/// y[i] = x[0] * ... * x[i]; otherwise as cumsum. Its gradient is right also where elements are 0. As
/// keras.ops.cumprod.
Tensor cumprod(const Tensor& x, std::optional<int> axis = std::nullopt,
               std::optional<DType> dtype = std::nullopt);

/// y[i] = log(exp(x[0]) + ... + exp(x[i])) along `axis`, without overflow; x must be floating. As
/// tf.math.cumulative_logsumexp; otherwise as cumsum.
Tensor logcumsumexp(const Tensor& x, std::optional<int> axis = std::nullopt);

}  // namespace lamina
