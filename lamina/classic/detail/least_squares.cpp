// Least squares: by Cholesky's factors of the products of the columns, with refinement, where the columns are
// far from depending on each other; else by a complete orthogonal decomposition, which finds the solution of
// the smallest norm.
#define EIGEN_DONT_PARALLELIZE
#define EIGEN_MPL2_ONLY
#include <algorithm>
#include <cmath>

#include <eigen3/Eigen/Cholesky>
#include <eigen3/Eigen/QR>

#include "lamina/classic/detail/linear_map.h"

namespace lamina::classic::detail {
namespace {

using Columns = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

// Below this square of the sine between a column and the others, the products of the columns have lost too
// much to work with.
constexpr double kIndependent = 1e-9;
constexpr int64_t kTile = 64;

// x'x; each tile is the sum over all rows, whichever thread computes it.
Columns products(const Columns& x) {
  const int64_t tiles = (x.cols() + kTile - 1) / kTile;
  Columns result(x.cols(), x.cols());
  const double ns = 0.3 * static_cast<double>(x.rows() * x.cols() * x.cols());
  parallel_parts(tiles * tiles, ns, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const int64_t i = t / tiles * kTile, j = t % tiles * kTile;
      if (i > j) continue;
      const int64_t height = std::min(kTile, x.cols() - i), width = std::min(kTile, x.cols() - j);
      result.block(i, j, height, width).noalias() =
          x.middleCols(i, height).transpose() * x.middleCols(j, width);
      if (i != j) result.block(j, i, width, height) = result.block(i, j, height, width).transpose();
    }
  });
  return result;
}

// Solves (x'x + alpha) w = x'y with columns scaled to length 1; false when they depend on each other.
bool solve_products(const Columns& x, const Vector& y, double alpha, Vector& w) {
  Columns normal = products(x);
  normal.diagonal().array() += alpha;
  if (!(normal.diagonal().minCoeff() > 0)) return false;
  const Vector scale = normal.diagonal().cwiseSqrt().cwiseInverse();
  normal = scale.asDiagonal() * normal * scale.asDiagonal();
  const Eigen::LLT<Columns> factors(normal);
  if (factors.info() != Eigen::Success) return false;
  const double least = factors.matrixLLT().diagonal().minCoeff();
  if (least * least < kIndependent && alpha == 0) return false;
  w = Vector::Zero(x.cols());
  Vector left = y;
  // What the products have lost comes back from the rows themselves.
  for (int round = 0; round < 3; ++round) {
    Vector slope = x.transpose() * left - alpha * w;
    slope = scale.cwiseProduct(slope);
    w += scale.cwiseProduct(factors.solve(slope));
    left = y - x * w;
  }
  return w.allFinite();
}

// Values are float32: a column that differs from a combination of others by no more than their rounding says
// nothing of its own, and a coefficient that lives on the rounding would be huge and wrong.
constexpr double kRounding = 1e-6;

Vector solve_orthogonal(const Columns& x, const Vector& y) {
  Vector scale = x.colwise().norm().transpose();
  scale = scale.unaryExpr([](double norm) { return norm > 0 ? 1 / norm : 1.0; });
  Columns all = x * scale.asDiagonal();
  Vector turned = y;
  if (x.rows() > x.cols()) {
    const Eigen::HouseholderQR<Columns> tall(all);
    turned = (tall.householderQ().transpose() * y).eval().head(x.cols());
    all = Columns(tall.matrixQR().topRows(x.cols()).triangularView<Eigen::Upper>());
  }
  Eigen::CompleteOrthogonalDecomposition<Columns> small;
  small.setThreshold(kRounding);
  small.compute(all);
  Vector w = scale.cwiseProduct(small.solve(turned));
  const Eigen::Index free = x.cols() - small.rank();
  if (free == 0) return w;
  // Less what changes no prediction, the solution has the smallest norm.
  const Columns nothing =
      scale.asDiagonal() * (small.colsPermutation() * small.matrixZ().transpose().rightCols(free));
  const Columns basis =
      Eigen::HouseholderQR<Columns>(nothing).householderQ() * Columns::Identity(x.cols(), free);
  return w - basis * (basis.transpose() * w);
}

}  // namespace

LinearMap least_squares(const Matrix& x, std::span<const double> y, bool fit_intercept, double alpha) {
  Columns columns(x.rows, x.columns);
  for (int64_t i = 0; i < x.rows; ++i) {
    for (int64_t j = 0; j < x.columns; ++j) columns(i, j) = x.row(i)[j];
  }
  Vector targets = Eigen::Map<const Vector>(y.data(), x.rows);
  Vector means = Vector::Zero(x.columns);
  double mean = 0;
  if (fit_intercept) {
    means = columns.colwise().mean();
    mean = targets.mean();
    columns.rowwise() -= means.transpose();
    targets.array() -= mean;
    // What rounding leaves of a constant column.
    for (int64_t j = 0; j < x.columns; ++j) {
      if (columns.col(j).cwiseAbs().maxCoeff() <= 1e-12 * std::abs(means[j])) columns.col(j).setZero();
    }
  }
  Vector w;
  if (!solve_products(columns, targets, alpha, w)) w = solve_orthogonal(columns, targets);
  return {{w.data(), w.data() + w.size()}, {mean - means.dot(w)}};
}

}  // namespace lamina::classic::detail
