// Rows of features as the learners see them, and the checks on the way there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/core/tensor.h"

namespace lamina::classic::detail {

/// Row-major floats, finite unless said otherwise; `holder` keeps them alive.
struct Matrix {
  int64_t rows = 0, columns = 0;
  const float* data = nullptr;
  Tensor holder = {};
  const float* row(int64_t i) const { return data + i * columns; }
};

/// What a cell may hold besides numbers.
enum class Missing { kRefused, kAllowed };

/// Throws InvalidArgument, beginning with `where`, unless x is (samples, features) with at least one of each
/// and holds finite numbers; NaN pass where they are allowed.
Matrix matrix_of(const Tensor& x, const std::string& where, Missing nan = Missing::kRefused);

/// Labels of `samples` samples, (samples,) or (samples, 1). Throws InvalidArgument for another number of
/// them, and for values that are no whole numbers or beyond int32.
std::vector<int32_t> labels_of(const Tensor& y, int64_t samples, const std::string& where);

/// The same of finite numbers.
std::vector<double> values_of(const Tensor& y, int64_t samples, const std::string& where);

/// The different ones, ascending.
std::vector<int32_t> distinct(std::vector<int32_t> labels);

/// float32 (rows, width), or (rows,) for width 0.
Tensor float_tensor(const std::vector<double>& values, int64_t rows, int64_t width);

/// Calls body(begin, end) for blocks of rows on all threads; `row_ns` is roughly what one row takes.
template <class Body>
void for_rows(int64_t rows, double row_ns, Body&& body) {
  parallel_for(rows, static_cast<int64_t>(20000 / (row_ns + 1)) + 1, body);
}

/// Calls body(begin, end) for ranges of columns on all threads, each of which looks at all rows.
template <class Body>
void parallel_columns(int64_t columns, int64_t rows, Body&& body) {
  parallel_for(columns, std::max<int64_t>(16, 20000 / rows), body);
}

}  // namespace lamina::classic::detail
