// What the elements of a tensor are like, in one pass.
// lamina.h leaves it out.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina {

/// Of the finite elements, but for the counts. In double, each element once, in order: the same for any
/// number of threads.
struct TensorStatistics {
  int64_t count = 0;  ///< of all elements
  int64_t nan = 0, infinite = 0, zeros = 0;
  double min = 0, max = 0, mean = 0, std = 0;  ///< 0 where no element is finite; std is of the population
};
TensorStatistics statistics_of(const Tensor& x);

/// How far two tensors of one shape are from one another, in double.
struct TensorDifference {
  bool equal = false;   ///< the same type and the same bits
  double max_abs = 0;   ///< largest |a - b|; NaN where one of the two is NaN and the other is not
  double relative = 0;  ///< |a - b| / |a|, by Euclidean lengths; 0 where both are 0
  double cosine = 1;    ///< of the angle between them; 1 where both are 0, 0 where one is
};
/// Throws InvalidArgument for different shapes.
TensorDifference difference_of(const Tensor& a, const Tensor& b);

/// Whether a floating point tensor holds a NaN; false for other types.
bool has_nan(const Tensor& x);

}  // namespace lamina
