// A plain array of doubles: what oracles compute with, by the most obvious code there is.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/base/shape.h"

namespace lamina::testing {

struct NdArray {
  Shape shape;
  std::vector<double> data;  // row-major

  NdArray() = default;
  explicit NdArray(const Shape& s, double value = 0) : shape(s), data(static_cast<size_t>(s.size()), value) {}
  NdArray(const Shape& s, std::vector<double> values) : shape(s), data(std::move(values)) {}

  /// The element at one index per axis.
  double& at(const std::vector<int64_t>& index) { return data[offset(index)]; }
  double at(const std::vector<int64_t>& index) const { return data[offset(index)]; }

 private:
  size_t offset(const std::vector<int64_t>& index) const {
    int64_t result = 0;
    for (int axis = 0; axis < shape.rank(); ++axis)
      result = result * shape[axis] + index[static_cast<size_t>(axis)];
    return static_cast<size_t>(result);
  }
};

/// Calls `visit(index)` for every index of `shape`, in row-major order.
template <class Visit>
void for_each_index(const Shape& shape, Visit&& visit) {
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()), 0);
  for (int64_t n = shape.size(); n > 0; --n) {
    visit(static_cast<const std::vector<int64_t>&>(index));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[static_cast<size_t>(axis)] < shape[axis]) break;
      index[static_cast<size_t>(axis)] = 0;
    }
  }
}

/// The element of `x` that NumPy's broadcasting puts at `index` of a result with at least as many axes.
inline double broadcast_at(const NdArray& x, const std::vector<int64_t>& index) {
  std::vector<int64_t> own(static_cast<size_t>(x.shape.rank()));
  const size_t skip = index.size() - own.size();
  for (size_t i = 0; i < own.size(); ++i) own[i] = x.shape[static_cast<int>(i)] == 1 ? 0 : index[skip + i];
  return x.at(own);
}

}  // namespace lamina::testing
