// All distances at once by a matrix product, which is fast and loses digits; rows that may be among the
// nearest within what it loses are looked at again, exactly.
#include "lamina/classic/detail/nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/ops/matmul.h"

namespace lamina::classic::detail {
namespace {

constexpr int64_t kQueries = 256, kTile = 4096;

// With the columns' means of `among` taken away: distances stay, and products lose less.
Matrix centred(const Matrix& x, const std::vector<float>& means) {
  std::vector<float> values(x.data, x.data + x.rows * x.columns);
  for (int64_t i = 0; i < x.rows; ++i) {
    for (int64_t j = 0; j < x.columns; ++j)
      values[static_cast<size_t>(i * x.columns + j)] -= means[static_cast<size_t>(j)];
  }
  Matrix result{x.rows, x.columns, nullptr, Tensor::from(values, {x.rows, x.columns}).to(Device{})};
  result.data = result.holder.data<float>();
  return result;
}

std::vector<float> squares(const Matrix& x) {
  std::vector<float> sums(static_cast<size_t>(x.rows));
  for (int64_t i = 0; i < x.rows; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < x.columns; ++j) sum += static_cast<double>(x.row(i)[j]) * x.row(i)[j];
    sums[static_cast<size_t>(i)] = static_cast<float>(sum);
  }
  return sums;
}

Tensor rows_of(const Matrix& x, int64_t begin, int64_t end) {
  return Tensor::view(x.row(begin), {DType::kFloat32, Shape{end - begin, x.columns}});
}

double exact(const float* a, const float* b, int64_t n) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) {
    const double d = static_cast<double>(a[j]) - b[j];
    sum += d * d;
  }
  return sum;
}

// The rows that may be among the k nearest of one query.
class Candidates {
 public:
  explicit Candidates(int64_t k) : k_(static_cast<size_t>(k)) {}

  // `lost`: how far `squared` may be from the truth.
  void add(float squared, float lost, int64_t row) {
    if (!std::isfinite(squared) || !std::isfinite(lost)) {  // squares beyond float32 say nothing
      squared = 0;
      lost = std::numeric_limits<float>::infinity();
    }
    if (squared - lost > bound_) return;
    rows_.push_back({squared, lost, row});
    if (rows_.size() >= 4 * k_ + 64 && rows_.size() >= full_) prune();
  }
  const auto& rows() {
    prune();
    return rows_;
  }

 private:
  struct Row {
    float squared, lost;
    int64_t row;
  };
  // The k-th of the largest values that they can have bounds the smallest that the others may have.
  void prune() {
    if (rows_.size() < k_) return;
    tops_.clear();
    for (const Row& row : rows_) tops_.push_back(row.squared + row.lost);
    std::nth_element(tops_.begin(), tops_.begin() + static_cast<std::ptrdiff_t>(k_ - 1), tops_.end());
    bound_ = tops_[k_ - 1];
    std::erase_if(rows_, [this](const Row& row) { return row.squared - row.lost > bound_; });
    full_ = 2 * rows_.size();
  }
  size_t k_, full_ = 0;
  float bound_ = std::numeric_limits<float>::infinity();
  std::vector<Row> rows_;
  std::vector<float> tops_;
};

}  // namespace

std::vector<Neighbor> nearest(const Matrix& among, const Matrix& x, int64_t k) {
  std::vector<float> means(static_cast<size_t>(among.columns));
  for (int64_t j = 0; j < among.columns; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < among.rows; ++i) sum += among.row(i)[j];
    means[static_cast<size_t>(j)] = static_cast<float>(sum / static_cast<double>(among.rows));
  }
  const Matrix near = centred(among, means), far = centred(x, means);
  const std::vector<float> near_squares = squares(near), far_squares = squares(far);
  // Rounding of a sum of so many products, and of the difference to the squares.
  const float share = static_cast<float>(among.columns + 8) * 1.2e-7f;
  std::vector<Neighbor> result(static_cast<size_t>(x.rows * k));
  for (int64_t begin = 0; begin < x.rows; begin += kQueries) {
    const int64_t end = std::min(x.rows, begin + kQueries);
    std::vector<Candidates> candidates(static_cast<size_t>(end - begin), Candidates(k));
    for (int64_t first = 0; first < among.rows; first += kTile) {
      const int64_t last = std::min(among.rows, first + kTile);
      const Tensor products =
          matmul(rows_of(far, begin, end), rows_of(near, first, last), false, true).eval();
      const float* values = products.data<float>();
      parallel_for(end - begin, 4, [&](int64_t from, int64_t to) {
        for (int64_t q = from; q < to; ++q) {
          Candidates& mine = candidates[static_cast<size_t>(q)];
          const float own = far_squares[static_cast<size_t>(begin + q)];
          for (int64_t i = first; i < last; ++i) {
            const float both = own + near_squares[static_cast<size_t>(i)];
            mine.add(both - 2 * values[q * (last - first) + i - first], share * both, i);
          }
        }
      });
    }
    parallel_for(end - begin, 4, [&](int64_t from, int64_t to) {
      std::vector<Neighbor> found;
      for (int64_t q = from; q < to; ++q) {
        found.clear();
        for (const auto& row : candidates[static_cast<size_t>(q)].rows())
          found.push_back({exact(x.row(begin + q), among.row(row.row), x.columns), row.row});
        std::partial_sort(found.begin(), found.begin() + k, found.end());
        std::copy_n(found.begin(), k, result.begin() + (begin + q) * k);
      }
    });
  }
  return result;
}

}  // namespace lamina::classic::detail
