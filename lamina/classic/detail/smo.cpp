// SMO: two multipliers at a time, those that promise most by the second order; rows of the kernel are kept as
// long as there is room.
#include "lamina/classic/detail/smo.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lamina::classic::detail {
namespace {

// Rows of the kernel matrix, computed when they are asked for, several at once.
class KernelCache {
 public:
  KernelCache(const Matrix& x, double gamma, double megabytes) : x_(x), kernel_(x, gamma) {
    const double rows = megabytes * 1e6 / (4.0 * static_cast<double>(x.rows));
    room_ = std::max<size_t>(2, static_cast<size_t>(std::min(rows, static_cast<double>(x.rows))));
    place_.assign(static_cast<size_t>(x.rows), -1);
    store_.reserve(room_ * static_cast<size_t>(x.rows));  // rows that were given out stay where they are
    // Where all of it fits, products of many rows at once are the fastest way to it.
    if (room_ == static_cast<size_t>(x.rows)) {
      store_.resize(room_ * static_cast<size_t>(x.rows));
      constexpr int64_t kRows = 256;
      for (int64_t i = 0; i < x.rows; i += kRows)
        kernel_.compute(x.row(i), std::min(kRows, x.rows - i), store_.data() + i * x.rows);
      complete_ = true;
    }
  }

  /// Stays until two further rows were asked for.
  const float* row(int64_t i) {
    const auto n = static_cast<size_t>(x_.rows), at = static_cast<size_t>(i);
    if (complete_) return store_.data() + at * n;
    if (place_[at] < 0) {
      if (owner_.size() < room_) {
        place_[at] = static_cast<int64_t>(owner_.size());
        owner_.push_back(i);
        used_.push_back(0);
        store_.resize(owner_.size() * n);
      } else {
        const auto oldest = std::min_element(used_.begin(), used_.end()) - used_.begin();
        place_[static_cast<size_t>(owner_[static_cast<size_t>(oldest)])] = -1;
        owner_[static_cast<size_t>(oldest)] = i;
        place_[at] = oldest;
      }
      kernel_.compute(x_.row(i), 1, store_.data() + static_cast<size_t>(place_[at]) * n);
    }
    used_[static_cast<size_t>(place_[at])] = ++clock_;
    return store_.data() + static_cast<size_t>(place_[at]) * n;
  }

 private:
  const Matrix& x_;
  KernelRows kernel_;
  size_t room_ = 0;
  bool complete_ = false;
  std::vector<float> store_;
  std::vector<int64_t> place_, owner_;
  std::vector<int64_t> used_;
  int64_t clock_ = 0;
};

constexpr double kTau = 1e-12;  // stands for a curvature that is not above 0

}  // namespace

SmoResult solve_smo(const Matrix& x, std::span<const double> y, double gamma, const SmoOptions& options) {
  const auto n = static_cast<size_t>(x.rows);
  const double C = options.C;
  KernelCache cache(x, gamma, options.cache_mb);
  std::vector<double> diagonal(n, 1.0), alpha(n, 0.0), gradient(n, -1.0);
  for (size_t i = 0; gamma == 0 && i < n; ++i) {
    diagonal[i] = 0;
    for (int64_t j = 0; j < x.columns; ++j) {
      const double value = x.row(static_cast<int64_t>(i))[j];
      diagonal[i] += value * value;
    }
  }
  const int64_t limit =
      options.max_iter >= 0 ? options.max_iter : std::max<int64_t>(10'000'000, 100 * x.rows);
  SmoResult result;
  for (int64_t iteration = 0;; ++iteration) {
    // The first: the steepest slope upwards.
    double top = -std::numeric_limits<double>::infinity(), bottom = std::numeric_limits<double>::infinity();
    size_t first = n, second = n;
    for (size_t t = 0; t < n; ++t) {
      const double slope = -y[t] * gradient[t];
      if ((y[t] > 0 ? alpha[t] < C : alpha[t] > 0) && slope >= top) {
        top = slope;
        first = t;
      }
    }
    if (first == n) break;
    // The second: what promises the largest gain.
    const float* row = cache.row(static_cast<int64_t>(first));
    double best = std::numeric_limits<double>::infinity();
    for (size_t t = 0; t < n; ++t) {
      if (!(y[t] > 0 ? alpha[t] > 0 : alpha[t] < C)) continue;
      const double slope = -y[t] * gradient[t];
      bottom = std::min(bottom, slope);
      const double climb = top - slope;
      if (!(climb > 0)) continue;
      double curvature = diagonal[first] + diagonal[t] - 2.0 * row[t];
      if (!(curvature > 0)) curvature = kTau;
      const double gain = -climb * climb / curvature;
      if (gain <= best) {
        best = gain;
        second = t;
      }
    }
    if (second == n || top - bottom < options.tol) break;
    if (iteration >= limit) {
      result.converged = false;
      break;
    }
    const size_t i = first, j = second;
    const float* row_j = cache.row(static_cast<int64_t>(j));
    const double old_i = alpha[i], old_j = alpha[j];
    double curvature = diagonal[i] + diagonal[j] - 2.0 * row[j];
    if (!(curvature > 0)) curvature = kTau;
    // Along y'alpha = constant, within the box.
    double step = (-y[i] * gradient[i] + y[j] * gradient[j]) / curvature;
    const double room_i = y[i] > 0 ? C - old_i : old_i, room_j = y[j] > 0 ? old_j : C - old_j;
    step = std::min({step, room_i, room_j});
    // At the walls of the box exactly, so that none takes them for free.
    alpha[i] = step == room_i ? (y[i] > 0 ? C : 0) : old_i + y[i] * step;
    alpha[j] = step == room_j ? (y[j] > 0 ? 0 : C) : old_j - y[j] * step;
    const double change_i = y[i] * (alpha[i] - old_i), change_j = y[j] * (alpha[j] - old_j);
    for (size_t t = 0; t < n; ++t) gradient[t] += y[t] * (change_i * row[t] + change_j * row_j[t]);
  }
  // The mean of what free multipliers say, or else the middle of what the others allow.
  double sum = 0, upper = std::numeric_limits<double>::infinity(), lower = -upper;
  int64_t free = 0;
  for (size_t t = 0; t < n; ++t) {
    const double slope = y[t] * gradient[t];
    if (alpha[t] > 0 && alpha[t] < C) {
      ++free;
      sum += slope;
    } else if ((alpha[t] <= 0) == (y[t] > 0)) {
      upper = std::min(upper, slope);
    } else {
      lower = std::max(lower, slope);
    }
  }
  result.rho = free ? sum / static_cast<double>(free) : (upper + lower) / 2;
  result.alpha.resize(n);
  for (size_t t = 0; t < n; ++t) result.alpha[t] = alpha[t] * y[t];
  return result;
}

}  // namespace lamina::classic::detail
