// Linear maps: rows are dealt with in blocks of a fixed size whose sums are added up in order, so that the
// bits do not depend on the threads.
#include "lamina/classic/detail/linear_map.h"

#include <algorithm>

#include "lamina/classic/detail/state.h"

namespace lamina::classic::detail {
namespace {

// Rows of a block: a fixed share of all, so that the sums of the blocks never take much memory.
int64_t block_of(int64_t rows) { return std::max<int64_t>(256, (rows + 63) / 64); }

// Four sums, which the compiler keeps in vectors.
double dot(const float* a, const double* b, int64_t n) {
  double sum[4] = {};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int64_t k = 0; k < 4; ++k) sum[k] += static_cast<double>(a[i + k]) * b[i + k];
  }
  for (; i < n; ++i) sum[0] += static_cast<double>(a[i]) * b[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace

std::vector<double> apply(const LinearMap& map, const Matrix& x) {
  const auto outputs = static_cast<int64_t>(map.intercept.size());
  std::vector<double> out(static_cast<size_t>(x.rows * outputs));
  for_rows(x.rows, static_cast<double>(x.columns * outputs), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t k = 0; k < outputs; ++k)
        out[static_cast<size_t>(i * outputs + k)] =
            map.intercept[static_cast<size_t>(k)] + dot(x.row(i), map.coef.data() + k * x.columns, x.columns);
    }
  });
  return out;
}

double add_losses(const Matrix& x, int64_t outputs, const std::vector<double>& parameters,
                  const RowLoss& loss, std::vector<double>& gradient) {
  const double* coef = parameters.data();
  const double* intercept = coef + outputs * x.columns;
  const int64_t block = block_of(x.rows);
  const int64_t blocks = (x.rows + block - 1) / block, width = outputs * (x.columns + 1);
  std::vector<double> slopes(static_cast<size_t>(blocks * width), 0.0);
  std::vector<double> sums(static_cast<size_t>(blocks), 0.0);
  parallel_for(blocks, 1 + 20000 / (block * width), [&](int64_t begin, int64_t end) {
    std::vector<double> row(static_cast<size_t>(outputs));
    for (int64_t b = begin; b < end; ++b) {
      double* slope = slopes.data() + b * width;
      for (int64_t i = b * block; i < std::min(x.rows, (b + 1) * block); ++i) {
        const float* values = x.row(i);
        for (int64_t k = 0; k < outputs; ++k)
          row[static_cast<size_t>(k)] = intercept[k] + dot(values, coef + k * x.columns, x.columns);
        sums[static_cast<size_t>(b)] += loss(i, row.data());
        for (int64_t k = 0; k < outputs; ++k) {
          const double factor = row[static_cast<size_t>(k)];
          if (factor == 0) continue;
          double* to = slope + k * x.columns;
          for (int64_t j = 0; j < x.columns; ++j) to[j] += factor * static_cast<double>(values[j]);
          slope[outputs * x.columns + k] += factor;
        }
      }
    }
  });
  double sum = 0;
  for (int64_t b = 0; b < blocks; ++b) {
    sum += sums[static_cast<size_t>(b)];
    for (int64_t j = 0; j < width; ++j)
      gradient[static_cast<size_t>(j)] += slopes[static_cast<size_t>(b * width + j)];
  }
  return sum;
}

std::vector<double> axis_scale(const Matrix& x, int64_t outputs, double share, double penalty) {
  std::vector<double> squares(static_cast<size_t>(x.columns), 0.0), scale;
  for (int64_t i = 0; i < x.rows; ++i) {
    for (int64_t j = 0; j < x.columns; ++j)
      squares[static_cast<size_t>(j)] += static_cast<double>(x.row(i)[j]) * x.row(i)[j];
  }
  const double n = static_cast<double>(x.rows);
  for (int64_t k = 0; k < outputs; ++k) {
    for (const double square : squares) scale.push_back(1 / (share * square / n + penalty));
  }
  scale.insert(scale.end(), static_cast<size_t>(outputs), 1 / (share + penalty));
  return scale;
}

LinearMap map_of(const std::vector<double>& parameters, int64_t outputs, int64_t features) {
  const auto middle = parameters.begin() + outputs * features;
  return {{parameters.begin(), middle}, {middle, parameters.end()}};
}

void save_map(const LinearMap& map, EstimatorSnapshot& snapshot) {
  const auto outputs = static_cast<int64_t>(map.intercept.size());
  snapshot.arrays["coef"] =
      Tensor::from(map.coef, {outputs, static_cast<int64_t>(map.coef.size()) / outputs});
  snapshot.arrays["intercept"] = Tensor::from(map.intercept, {outputs});
}

LinearMap load_map(const EstimatorSnapshot& snapshot, int64_t outputs, int64_t features) {
  return {read_array<double>(snapshot, "coef", {outputs, features}),
          read_array<double>(snapshot, "intercept", {outputs})};
}

}  // namespace lamina::classic::detail
