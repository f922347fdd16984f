// Matrices of very large and very small elements. Internal header.
#pragma once

#include <cmath>
#include <limits>

namespace lamina::detail {

/// What a matrix is multiplied by, so that squares of its elements neither overflow nor vanish: 1 for most.
/// `largest` is that of the elements' absolute values.
template <class T>
T scale_of(T largest) {
  const T least = std::sqrt(std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon());
  return largest > 1 / least || (largest > 0 && largest < least) ? 1 / largest : T{1};
}

}  // namespace lamina::detail
