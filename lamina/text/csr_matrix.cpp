// The few things that are done with sparse rows here; learners walk them themselves.
#include "lamina/text/csr_matrix.h"

#include <algorithm>
#include <string>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 40;

void check(const CsrMatrix& matrix) {
  const auto fail = [](const std::string& what) { throw InvalidArgument("CsrMatrix: " + what); };
  if (matrix.rows < 0 || matrix.cols < 0) fail("a negative number of rows or columns");
  if (matrix.indptr.size() != static_cast<size_t>(matrix.rows) + 1)
    fail("indptr has " + std::to_string(matrix.indptr.size()) + " numbers for " +
         std::to_string(matrix.rows) + " rows; one more than rows is needed");
  if (matrix.indices.size() != matrix.values.size() || matrix.indptr.front() != 0 ||
      matrix.indptr.back() != matrix.nonzeros() ||
      !std::is_sorted(matrix.indptr.begin(), matrix.indptr.end()))
    fail("indptr, indices and values do not agree");
  for (const int32_t column : matrix.indices) {
    if (column < 0 || column >= matrix.cols)
      fail("column " + std::to_string(column) + " of " + std::to_string(matrix.cols));
  }
}

template <class T>
std::vector<T> dense(const CsrMatrix& matrix) {
  std::vector<T> all(static_cast<size_t>(matrix.rows * matrix.cols));
  for (int64_t row = 0; row < matrix.rows; ++row) {
    T* out = all.data() + row * matrix.cols;
    for (int64_t i = matrix.indptr[static_cast<size_t>(row)]; i < matrix.indptr[static_cast<size_t>(row) + 1];
         ++i)
      out[matrix.indices[static_cast<size_t>(i)]] += static_cast<T>(matrix.values[static_cast<size_t>(i)]);
  }
  return all;
}

}  // namespace

Tensor CsrMatrix::to_dense(DType dtype) const {
  check(*this);
  if (cols > 0 && rows > kMostBytes / 8 / cols) {
    throw InvalidArgument("CsrMatrix::to_dense: (" + std::to_string(rows) + ", " + std::to_string(cols) +
                          ") is too large with its zeros; take fewer columns (max_features)");
  }
  if (dtype == DType::kFloat64 || is_integer(dtype))
    return cast(Tensor::from(dense<double>(*this), {rows, cols}), dtype);
  return cast(Tensor::from(dense<float>(*this), {rows, cols}), dtype);
}

CsrMatrix CsrMatrix::take_rows(const std::vector<int64_t>& numbers) const {
  check(*this);
  CsrMatrix taken{.rows = static_cast<int64_t>(numbers.size()), .cols = cols};
  for (const int64_t number : numbers) {
    if (number < 0 || number >= rows) {
      throw InvalidArgument("CsrMatrix::take_rows: row " + std::to_string(number) + " of " +
                            std::to_string(rows));
    }
    const int64_t begin = indptr[static_cast<size_t>(number)], end = indptr[static_cast<size_t>(number) + 1];
    taken.indices.insert(taken.indices.end(), indices.begin() + begin, indices.begin() + end);
    taken.values.insert(taken.values.end(), values.begin() + begin, values.begin() + end);
    taken.indptr.push_back(taken.nonzeros());
  }
  return taken;
}

}  // namespace lamina
