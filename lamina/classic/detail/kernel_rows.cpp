// Kernel values through matrix products, and the columns' means that keep these exact.
#include "lamina/classic/detail/kernel_rows.h"

#include <algorithm>
#include <cmath>

#include "lamina/ops/matmul.h"

namespace lamina::classic::detail {
namespace {

double square(const float* a, int64_t n) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += static_cast<double>(a[j]) * a[j];
  return sum;
}

double difference(const float* a, const float* b, int64_t n) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) {
    const double d = static_cast<double>(a[j]) - b[j];
    sum += d * d;
  }
  return sum;
}

// exp(-gamma d) is worth a product only while what rounding of float32 makes of gamma d stays below this.
constexpr double kExact = 1e-3;

// Products of small matrices are done before oneDNN has made the code for its own, which takes 30 ms a
// process. Few columns, so that sums one after the other lose no more than its sums.
constexpr int64_t kSmall = int64_t{1} << 24, kFewColumns = 64;

bool is_small(const Matrix& b) {
  return b.columns <= kFewColumns && b.rows <= kSmall / b.columns / std::max<int64_t>(1, b.rows);
}

}  // namespace

KernelRows::KernelRows(const Matrix& b, double gamma) : b_(b), gamma_(gamma) {
  squares_.resize(static_cast<size_t>(b.rows));
  for_rows(b.rows, static_cast<double>(b.columns), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) squares_[static_cast<size_t>(i)] = square(b.row(i), b.columns);
  });
  if (!is_small(b)) return;
  transposed_.resize(static_cast<size_t>(b.rows * b.columns));
  for (int64_t i = 0; i < b.rows; ++i) {
    for (int64_t j = 0; j < b.columns; ++j) transposed_[static_cast<size_t>(j * b.rows + i)] = b.row(i)[j];
  }
}

void KernelRows::compute(const float* a, int64_t count, float* out) const {
  const int64_t n = b_.rows, d = b_.columns;
  Tensor products;
  if (transposed_.empty()) {
    const Tensor rows = Tensor::view(a, {DType::kFloat32, Shape{count, d}});
    const Tensor all = Tensor::view(b_.data, {DType::kFloat32, Shape{n, d}});
    products = matmul(rows, all, false, true).eval();
  }
  const float* values = transposed_.empty() ? products.data<float>() : out;
  if (!transposed_.empty()) {
    for_rows(count, 0.5 * static_cast<double>(n * d), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* to = out + i * n;
        std::fill_n(to, n, 0.0f);
        for (int64_t k = 0; k < d; ++k) {
          const float factor = a[i * d + k];
          const float* column = transposed_.data() + k * n;
          for (int64_t j = 0; j < n; ++j) to[j] += factor * column[j];
        }
      }
    });
  }
  if (gamma_ == 0) {
    if (values != out) std::copy(values, values + count * n, out);
    return;
  }
  const auto fill = [&](int64_t i, double own, int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      const double both = own + squares_[static_cast<size_t>(j)];
      double distance = both - 2.0 * values[i * n + j];
      // A float32 sum of products is off by a few units in its last place.
      if (gamma_ * both * 6e-7 > kExact) distance = difference(a + i * d, b_.row(j), d);
      out[i * n + j] = std::exp(static_cast<float>(-gamma_ * std::max(0.0, distance)));
    }
  };
  // One task for all rows: to start one for each would take longer than a row of few columns.
  if (count == 1) {
    const double own = square(a, d);
    for_rows(n, 10, [&](int64_t begin, int64_t end) { fill(0, own, begin, end); });
    return;
  }
  for_rows(count, 10 * static_cast<double>(n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) fill(i, square(a + i * d, d), 0, n);
  });
}

std::vector<float> means_of(const Matrix& x) {
  std::vector<double> sums(static_cast<size_t>(x.columns), 0.0);
  for (int64_t i = 0; i < x.rows; ++i) {
    for (int64_t j = 0; j < x.columns; ++j) sums[static_cast<size_t>(j)] += x.row(i)[j];
  }
  std::vector<float> means;
  for (const double sum : sums) means.push_back(static_cast<float>(sum / static_cast<double>(x.rows)));
  return means;
}

Matrix less(const Matrix& x, const std::vector<float>& center) {
  std::vector<float> values(x.data, x.data + x.rows * x.columns);
  for (size_t i = 0; i < values.size(); ++i) values[i] -= center[i % center.size()];
  Matrix result{x.rows, x.columns, nullptr, Tensor::from(values, {x.rows, x.columns}).to(Device{})};
  result.data = result.holder.data<float>();
  return result;
}

}  // namespace lamina::classic::detail
