// The nearest rows of a matrix.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/classic/detail/matrix.h"

namespace lamina::classic::detail {

struct Neighbor {
  double squared;  ///< distance
  int64_t row;
  bool operator<(const Neighbor& other) const {
    return squared != other.squared ? squared < other.squared : row < other.row;
  }
};

/// For each row of `x` the `k` nearest rows of `among`, nearest first, (x.rows, k). Exact.
std::vector<Neighbor> nearest(const Matrix& among, const Matrix& x, int64_t k);

}  // namespace lamina::classic::detail
