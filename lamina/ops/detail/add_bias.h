// Bias and relu behind a product, and the gradient of a bias. Internal header of kernels.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lamina/base/threads.h"

namespace lamina::detail {

/// Adds `bias` (n) to each of the `rows` rows of c, and with `relu` makes 0 of what is below; NaN stays.
template <class T>
void add_bias(int64_t rows, int64_t n, bool relu, const T* bias, T* c) {
  const int64_t grain = std::max<int64_t>(1, 32768 / n);
  lamina::parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* row = c + i * n;
      if (relu) {
        for (int64_t j = 0; j < n; ++j) {
          const T value = row[j] + bias[j];
          row[j] = value < 0 ? 0 : value;
        }
      } else {
        for (int64_t j = 0; j < n; ++j) row[j] += bias[j];
      }
    }
  });
}

/// `sums` (n) of `rows` rows, added one after the other.
template <class T>
void sum_rows(int64_t rows, int64_t n, const T* from, T* sums) {
  std::fill_n(sums, n, T{0});
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < n; ++j) sums[j] += from[i * n + j];
  }
}

}  // namespace lamina::detail
