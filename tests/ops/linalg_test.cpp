// Decompositions, systems of equations and norms: what they mean, their gradients, what they refuse. Values
// beside Keras and NumPy: tests/formats/operations_golden_test.cpp and scripts/conformance.
// Reason for its length: rows, factors, gradients and refusals share matrices and how these are compared.
#include "lamina/ops/linalg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/check_gradients.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/linalg/detail/attributes.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"
#include "tests/support/op_rows.h"
#include "tests/support/temporary_folder.h"

namespace lamina::testing {
namespace {

using detail::FactorsAttrs;
using detail::identity;
using detail::identity_like;
using detail::SolveTriangularAttrs;
using detail::transposed;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// --- rows: plain elimination
// -----------------------------------------------------------------------------------------

/// x with a x = b, and det a, by Gauss and Jordan with the largest pivot.
double eliminate(std::vector<double> a, std::vector<double>& b, size_t n) {
  const size_t k = n == 0 ? 0 : b.size() / n;
  double determinant = 1;
  for (size_t i = 0; i < n; ++i) {
    size_t best = i;
    for (size_t r = i; r < n; ++r) best = std::abs(a[r * n + i]) > std::abs(a[best * n + i]) ? r : best;
    if (best != i) {
      std::swap_ranges(a.begin() + static_cast<long>(i * n), a.begin() + static_cast<long>((i + 1) * n),
                       a.begin() + static_cast<long>(best * n));
      std::swap_ranges(b.begin() + static_cast<long>(i * k), b.begin() + static_cast<long>((i + 1) * k),
                       b.begin() + static_cast<long>(best * k));
      determinant = -determinant;
    }
    const double pivot = a[i * n + i];
    determinant *= pivot;
    for (size_t c = 0; c < n; ++c) a[i * n + c] /= pivot;
    for (size_t c = 0; c < k; ++c) b[i * k + c] /= pivot;
    for (size_t r = 0; r < n; ++r) {
      const double factor = r == i ? 0 : a[r * n + i];
      for (size_t c = 0; c < n; ++c) a[r * n + c] -= factor * a[i * n + c];
      for (size_t c = 0; c < k; ++c) b[r * k + c] -= factor * b[i * k + c];
    }
  }
  return determinant;
}

std::vector<double> matrix_at(const NdArray& x, size_t at) {
  const auto size = static_cast<size_t>(x.shape[-1] * x.shape[-2]);
  const auto begin = x.data.begin() + static_cast<long>(at * size);
  return {begin, begin + static_cast<long>(size)};
}

size_t matrices_in(const NdArray& x) {
  const auto size = static_cast<size_t>(x.shape[-1] * x.shape[-2]);
  return size == 0 ? 0 : x.data.size() / size;
}

Reference solved(std::function<bool(size_t, size_t)> counts) {
  return [counts](const std::vector<NdArray>& in) {
    NdArray out(in[1].shape);
    const auto n = static_cast<size_t>(in[0].shape[-1]);
    for (size_t at = 0; at < matrices_in(in[0]); ++at) {
      std::vector<double> a = matrix_at(in[0], at), b = matrix_at(in[1], at);
      for (size_t i = 0; i < n * n; ++i) a[i] = counts(i / n, i % n) ? a[i] : 0;
      eliminate(a, b, n);
      std::copy(b.begin(), b.end(), out.data.begin() + static_cast<long>(at * b.size()));
    }
    return std::vector{out};
  };
}

std::vector<NdArray> inverted(const std::vector<NdArray>& in) {
  NdArray ones(in[0].shape);
  const auto n = static_cast<size_t>(in[0].shape[-1]);
  for (size_t at = 0; at < ones.data.size(); ++at) ones.data[at] = at % (n * n) % (n + 1) == 0 ? 1 : 0;
  return solved([](size_t, size_t) { return true; })({in[0], ones});
}

Reference determinants(bool logarithm) {
  return [logarithm](const std::vector<NdArray>& in) {
    Shape shape = detail::without_last(in[0].shape, 2);
    NdArray sign(shape), size(shape);
    for (size_t at = 0; at < size.data.size(); ++at) {
      std::vector<double> nothing;
      const double found =
          in[0].data.empty() ? 1
                             : eliminate(matrix_at(in[0], at), nothing, static_cast<size_t>(in[0].shape[-1]));
      sign.data[at] = found < 0 ? -1 : 1;
      size.data[at] = logarithm ? std::log(std::abs(found)) : found;
    }
    return logarithm ? std::vector{sign, size} : std::vector{size};
  };
}

const auto all_elements = [](size_t, size_t) { return true; };
const auto lower_elements = [](size_t row, size_t column) { return row >= column; };
const auto upper_elements = [](size_t row, size_t column) { return row <= column; };

/// Far from singular.
const std::vector<double> kTwo = {3, -1, 0.5, 1, 2, -1, 0.5, 0.3, 2.5, 0.2, 2, -1, 4, 0.5, 1, 1, 1, -3};

const OpRows rows({
    {.op = "solve",
     .inputs = {{.shape = {2, 3, 3}, .values = kTwo}, {.shape = {2, 3, 2}}},
     .reference = solved(all_elements),
     .tolerance = 10},
    {.op = "solve",
     .label = "exchanges",
     .inputs = {{.shape = {2, 2}, .values = {0.01, 2, 3, 1}}, {.shape = {2, 1}}},
     .reference = solved(all_elements),
     .tolerance = 10},
    {.op = "solve",
     .label = "nothing",
     .inputs = {{.shape = {0, 0}}, {.shape = {0, 2}}},
     .reference = solved(all_elements)},
    {.op = "inv", .inputs = {{.shape = {2, 3, 3}, .values = kTwo}}, .reference = inverted, .tolerance = 10},
    {.op = "inv", .label = "nothing", .inputs = {{.shape = {0, 0}}}, .reference = inverted},
    {.op = "solve_triangular",
     .label = "lower",
     .attrs = SolveTriangularAttrs{true},
     .inputs = {{.shape = {2, 3, 3}, .values = kTwo}, {.shape = {2, 3, 2}}},
     .reference = solved(lower_elements),
     .tolerance = 10},
    {.op = "solve_triangular",
     .label = "upper",
     .attrs = SolveTriangularAttrs{false},
     .inputs = {{.shape = {3, 3}, .values = {kTwo.begin(), kTwo.begin() + 9}}, {.shape = {3, 4}}},
     .reference = solved(upper_elements),
     .tolerance = 10},
    {.op = "det",
     .inputs = {{.shape = {2, 3, 3}, .values = kTwo}},
     .reference = determinants(false),
     .tolerance = 10},
    {.op = "det", .label = "nothing", .inputs = {{.shape = {2, 0, 0}}}, .reference = determinants(false)},
    {.op = "slogdet",
     .inputs = {{.shape = {2, 3, 3}, .values = kTwo}},
     .reference = determinants(true),
     .tolerance = 10},
});

const char* const kElsewhere = "tests/ops/linalg_test.cpp checks what the factors make up, and gradients";
const OpWithoutRows cholesky_rows("cholesky", kElsewhere), lu_rows("lu_factor", kElsewhere),
    qr_rows("qr", kElsewhere), eigh_rows("eigh", kElsewhere), svd_rows("svd", kElsewhere),
    values_rows("singular_values", kElsewhere);

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "nothing thrown";
}

// --- what the factors make up
// ----------------------------------------------------------------------------------------

Tensor drawn(const Shape& shape, uint64_t seed, DType dtype = DType::kFloat64) {
  return cast(random_normal(random_key(seed), shape), dtype);
}

Tensor positive(const Shape& shape, uint64_t seed, DType dtype = DType::kFloat64) {
  const Tensor x = drawn(shape, seed, dtype);
  return matmul(x, x, false, true) + identity(shape[-1], dtype);
}

void expect_equal(const Tensor& actual, const Tensor& expected, double tolerance = 1e-10) {
  ASSERT_EQ(actual.shape(), expected.shape());
  const auto found = cast(actual, DType::kFloat64).to_vector<double>(),
             wanted = cast(expected, DType::kFloat64).to_vector<double>();
  for (size_t i = 0; i < found.size(); ++i)
    ASSERT_NEAR(found[i], wanted[i], tolerance * (1 + std::abs(wanted[i]))) << i;
}

void expect_orthonormal_columns(const Tensor& q, double tolerance = 1e-10) {
  const Tensor product = matmul(q, q, true);
  expect_equal(product, zeros_like(product) + identity(q.shape()[-1], q.dtype()), tolerance);
}

TEST(Linalg, FactorsMakeUpTheMatrix) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    SCOPED_TRACE(name(dtype));
    const double tolerance = dtype == DType::kFloat32 ? 1e-4 : 1e-11;
    for (const int64_t n : {1, 2, 7, 70}) {
      const Tensor p = positive({2, 3, n, n}, 1, dtype);
      const Tensor l = linalg::cholesky(p);
      expect_equal(matmul(l, l, false, true), p, tolerance * static_cast<double>(n));
      expect_equal(l, detail::lower_part(l), 0);
      const Tensor u = linalg::cholesky(p, true);
      expect_equal(u, transposed(l), 0);
      expect_equal(matmul(linalg::cholesky_inverse(l), p), identity_like(p), 100 * tolerance);
      expect_equal(matmul(linalg::cholesky_inverse(u, true), p), identity_like(p), 100 * tolerance);
      const auto [w, v] = linalg::eigh(p);
      expect_orthonormal_columns(v, tolerance * 10);
      expect_equal(matmul(v * expand_dims(w, -2), v, false, true), p,
                   tolerance * static_cast<double>(n) * 10);
      const auto ascending = w.to_vector<double>();
      for (size_t i = 1; i < ascending.size(); ++i)
        EXPECT_TRUE(i % static_cast<size_t>(n) == 0 || ascending[i - 1] <= ascending[i]);
    }
  }
}

TEST(Linalg, OrthogonalFactorsOfAnyShapeMakeUpTheMatrix) {
  for (const auto& [m, n] :
       std::vector<std::pair<int64_t, int64_t>>{{5, 3}, {3, 5}, {4, 4}, {1, 6}, {6, 1}, {40, 70}}) {
    SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(n));
    const int64_t least = std::min(m, n);
    const Tensor x = drawn({2, m, n}, 3);
    for (const char* mode : {"reduced", "complete"}) {
      const auto [q, r] = linalg::qr(x, mode);
      const int64_t width = std::string(mode) == "complete" ? m : least;
      EXPECT_EQ(q.shape(), Shape({2, m, width}));
      expect_orthonormal_columns(q);
      expect_equal(matmul(q, r), x);
      expect_equal(r, detail::upper_part(r), 0);
    }
    for (const bool full : {false, true}) {
      const auto [u, s, vh] = linalg::svd(x, full);
      EXPECT_EQ(u.shape(), Shape({2, m, full ? m : least}));
      EXPECT_EQ(vh.shape(), Shape({2, full ? n : least, n}));
      expect_orthonormal_columns(u);
      expect_orthonormal_columns(transposed(vh));
      const Tensor kept_u = index(u, {ellipsis, Slice{0, least}});
      const Tensor kept_v = index(vh, {ellipsis, Slice{0, least}, Slice{}});
      expect_equal(matmul(kept_u * expand_dims(s, -2), kept_v), x);
      const linalg::Svd alone = linalg::svd(x, full, false);
      EXPECT_FALSE(alone.u.defined());
      EXPECT_FALSE(alone.vh.defined());
      expect_equal(alone.s, s);
    }
    const auto [lu, pivots] = linalg::lu_factor(x);
    EXPECT_EQ(pivots.shape(), Shape({2, least}));
    Tensor first = index(lu, {0}), l = detail::strictly_lower_part(first), u = detail::upper_part(first);
    l = index(l, {Slice{}, Slice{0, least}});
    Tensor rows_of_u = index(u, {Slice{0, least}, Slice{}});
    std::vector<double> ones(static_cast<size_t>(m * least));
    for (int64_t i = 0; i < least; ++i) ones[static_cast<size_t>(i * least + i)] = 1;
    auto product = matmul(l + Tensor::from(ones, {m, least}), rows_of_u).to_vector<double>();
    const auto exchanged = index(pivots, {0}).to_vector<int>();
    for (auto i = least - 1; i >= 0; --i) {
      const auto other = exchanged[static_cast<size_t>(i)];
      for (int64_t j = 0; other != i && j < n; ++j)
        std::swap(product[static_cast<size_t>(i * n + j)], product[static_cast<size_t>(other * n + j)]);
    }
    expect_equal(Tensor::from(product, {m, n}), index(x, {0}));
  }
}

/// Beyond 256 rows the work within one matrix is shared, in tiles of 64, 128 and 256; the extents fit none of
/// them.
TEST(Linalg, LargeMatricesAreMadeUpToo) {
  const auto differs = [](const Tensor& a, const Tensor& b) { return max(abs(a - b)).item<double>(); };
  for (const int64_t n : {255, 256, 300, 517}) {
    SCOPED_TRACE(n);
    const Tensor p = positive({n, n}, 51), x = drawn({n, n}, 52), b = drawn({n, 3}, 53);
    const Tensor one = identity(n, DType::kFloat64), l = linalg::cholesky(p);
    EXPECT_LT(differs(matmul(l, l, false, true), p), 1e-10);
    EXPECT_EQ(differs(l, detail::lower_part(l)), 0);
    EXPECT_LT(differs(matmul(linalg::inv(p), p), one), 1e-9);
    EXPECT_LT(differs(matmul(x, linalg::solve(x, b)), b), 1e-8);
    EXPECT_LT(differs(matmul(p, linalg::cholesky_inverse(l)), one), 1e-9);
    EXPECT_NEAR(linalg::logdet(p).item<double>(), 2 * sum(log(sum(l * one, 1))).item<double>(), 1e-9);
    for (const double scale : {1.0, 1e200, 1e-200}) {
      const auto [w, v] = linalg::eigh(scale * p);
      expect_orthonormal_columns(v);
      EXPECT_LT(differs(matmul(v * expand_dims(w / scale, -2), v, false, true), p), 1e-9);
      const auto ascending = w.to_vector<double>();
      EXPECT_TRUE(std::is_sorted(ascending.begin(), ascending.end()));
    }
  }
  for (const auto& [m, n] : std::vector<std::pair<int64_t, int64_t>>{{300, 517}, {517, 300}}) {
    const Tensor x = drawn({m, n}, 54);
    for (const char* mode : {"reduced", "complete"}) {
      const auto [q, r] = linalg::qr(x, mode);
      expect_orthonormal_columns(q);
      EXPECT_LT(differs(matmul(q, r), x), 1e-10);
      EXPECT_EQ(differs(r, detail::upper_part(r)), 0);
    }
    const auto [lu, pivots] = linalg::lu_factor(x);
    const int64_t least = std::min(m, n);
    std::vector<int64_t> order(static_cast<size_t>(m));
    std::iota(order.begin(), order.end(), 0);
    const auto exchanged = pivots.to_vector<int>();
    for (size_t i = 0; i < exchanged.size(); ++i)
      std::swap(order[i], order[static_cast<size_t>(exchanged[i])]);
    const Tensor l = index(detail::strictly_lower_part(lu), {Slice{}, Slice{0, least}});
    const Tensor u = index(detail::upper_part(lu), {Slice{0, least}, Slice{}});
    const Tensor product =
        matmul(l, u) +
        concatenate(m > n ? std::vector{u, zeros({m - n, n}, DType::kFloat64)} : std::vector{u}, 0);
    EXPECT_LT(differs(product, take(x, Tensor::from(order, {m}), 0)), 1e-10);
  }
  EXPECT_EQ(message([&] {
              linalg::cholesky(-positive({300, 300}, 56)).eval();
            }),
            "cholesky: the matrix is not positive definite");
}

TEST(Linalg, LargeMatricesAreMadeUpOfSingularVectors) {
  for (const auto& [m, n] :
       std::vector<std::pair<int64_t, int64_t>>{{256, 256}, {300, 300}, {417, 300}, {300, 417}, {700, 300}}) {
    SCOPED_TRACE(Shape({m, n}).str());
    const int64_t least = std::min(m, n);
    for (const double scale : {1.0, 1e200, 1e-200}) {
      const Tensor x = drawn({m, n}, 58);
      for (const bool full : {false, true}) {
        const auto [u, s, vh] = linalg::svd(scale * x, full);
        EXPECT_EQ(u.shape(), Shape({m, full ? m : least}));
        EXPECT_EQ(vh.shape(), Shape({full ? n : least, n}));
        expect_orthonormal_columns(u);
        expect_orthonormal_columns(transpose(vh));
        const Tensor left = index(u, {Slice{}, Slice{0, least}}), right = index(vh, {Slice{0, least}});
        EXPECT_LT(max(abs(matmul(left * expand_dims(s / scale, 0), right) - x)).item<double>(), 1e-10);
        const auto values = s.to_vector<double>();
        EXPECT_TRUE(std::is_sorted(values.rbegin(), values.rend()));
        expect_equal(s / scale, linalg::svd(scale * x, false, false).s / scale, 1e-10);
      }
    }
  }
}

/// Nothing is left to reflect in columns of zeros, and equal eigenvalues have no one basis.
TEST(Linalg, SpectraOfLargeMatricesOfZerosAndRepetitions) {
  const auto check = [](int64_t n, DType dtype) {
    const double tolerance = dtype == DType::kFloat32 ? 2e-3 : 1e-11;
    const Tensor x = cast(drawn({n, n}, 57), dtype), one = identity(n, dtype);
    const Tensor column = index(x, {Slice{}, Slice{0, 1}}), row = expand_dims(index(x, {0}), 0);
    const Tensor beside = pad(identity(n - 1, dtype), {{0, 1}, {1, 0}});
    const int64_t half = n / 2;
    for (const auto& [name, symmetric] : std::map<std::string, Tensor>{
             {"zeros", zeros_like(one)},
             {"a diagonal", one * row},
             {"one value", 3.0 * one},
             {"tridiagonal", one * row + beside + transpose(beside)},
             {"tridiagonal of one value", one - beside - transpose(beside)},
             {"of rank one", matmul(column, column, false, true)},
             {"blocks", pad(index(x + transpose(x), {Slice{0, half}, Slice{0, half}}),
                            {{n - half, 0}, {n - half, 0}})}}) {
      SCOPED_TRACE(name);
      const auto [w, v] = linalg::eigh(symmetric);
      expect_orthonormal_columns(v, tolerance);
      expect_equal(matmul(v * expand_dims(w, -2), v, false, true), symmetric, tolerance * 10);
      const auto [u, s, vh] = linalg::svd(symmetric);
      expect_orthonormal_columns(u, tolerance);
      expect_orthonormal_columns(transpose(vh), tolerance);
      expect_equal(matmul(u * expand_dims(s, -2), vh), symmetric, tolerance * 10);
    }
  };
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    check(300, dtype);
    check(611, dtype);  // torn twice
  }
}

TEST(Linalg, SolvesVectorsMatricesAndBatchesThatBroadcast) {
  const Tensor a = drawn({2, 1, 4, 4}, 5) + 3.0 * identity(4, DType::kFloat64), b = drawn({1, 3, 4, 2}, 6);
  const Tensor x = linalg::solve(a, b);
  EXPECT_EQ(x.shape(), Shape({2, 3, 4, 2}));
  expect_equal(matmul(a, x), zeros_like(x) + b);
  const Tensor vector = index(b, {0, 0, Slice{}, 0}), single = index(a, {0, 0});
  expect_equal(matmul(single, linalg::solve(single, vector)), vector);
  expect_equal(matmul(detail::lower_part(single), linalg::solve_triangular(single, vector, true)), vector);
  expect_equal(matmul(linalg::inv(a), a), zeros_like(a) + identity(4, DType::kFloat64));
  const Tensor of_integers = Tensor::from(std::vector<int>{2, 0, 0, 4}, {2, 2});
  EXPECT_EQ(linalg::inv(of_integers).to_vector<float>(), (std::vector<float>{0.5f, 0, 0, 0.25f}));
  EXPECT_EQ(linalg::inv(of_integers).dtype(), DType::kFloat32);
  EXPECT_EQ(linalg::inv(cast(of_integers, DType::kBFloat16)).dtype(), DType::kBFloat16);
  EXPECT_EQ(linalg::det(of_integers).item<float>(), 8);
}

TEST(Linalg, LeastSquaresLeaveAnErrorThatNoColumnSees) {
  const Tensor a = drawn({9, 3}, 7), b = drawn({9, 2}, 8);
  const Tensor x = linalg::lstsq(a, b), rest = matmul(a, x) - b;
  expect_equal(matmul(a, rest, true), zeros({3, 2}, DType::kFloat64), 1e-10);
  // Of rank 1: the shortest of all solutions.
  const Tensor flat = Tensor::from(std::vector<double>{1, 2, 2, 4}, {2, 2});
  expect_equal(linalg::lstsq(flat, Tensor::from(std::vector<double>{5, 10}, {2})),
               Tensor::from(std::vector<double>{1, 2}, {2}));
}

TEST(Linalg, PseudoInversesAndRanksOfFlatMatrices) {
  const Tensor x = matmul(drawn({2, 5, 2}, 9), drawn({2, 2, 4}, 10));  // of rank 2
  EXPECT_EQ(linalg::matrix_rank(x).to_vector<int>(), (std::vector<int>{2, 2}));
  EXPECT_EQ(linalg::matrix_rank(x, 1e9).to_vector<int>(), (std::vector<int>{0, 0}));
  const Tensor inverse = linalg::pinv(x);
  EXPECT_EQ(inverse.shape(), Shape({2, 4, 5}));
  expect_equal(matmul(matmul(x, inverse), x), x, 1e-9);
  expect_equal(matmul(matmul(inverse, x), inverse), inverse, 1e-9);
  expect_equal(matmul(x, inverse), transposed(matmul(x, inverse)), 1e-9);
  EXPECT_EQ(linalg::pinv(zeros({0, 3})).shape(), Shape({3, 0}));
  EXPECT_EQ(linalg::matrix_rank(zeros({3, 3})).item<int>(), 0);
}

TEST(Linalg, DeterminantsOfLargeMatricesDoNotOverflowAsLogarithms) {
  const Tensor x = 1000.0 * identity(200, DType::kFloat64);
  EXPECT_TRUE(std::isinf(linalg::det(x).item<double>()));
  const auto [sign, size] = linalg::slogdet(x);
  EXPECT_EQ(sign.item<double>(), 1);
  EXPECT_NEAR(size.item<double>(), 200 * std::log(1000.0), 1e-9);
  const auto [none, nothing] = linalg::slogdet(zeros({3, 3}));
  EXPECT_EQ(none.item<float>(), 0);
  EXPECT_EQ(nothing.item<float>(), -std::numeric_limits<float>::infinity());
}

TEST(Linalg, NormsAreThoseOfTheBooks) {
  const Tensor x = Tensor::from(std::vector<double>{3, -4, 0, 0, 0, 12}, {2, 3});
  EXPECT_EQ(linalg::norm(x).item<double>(), 13);
  EXPECT_EQ(linalg::norm(x, std::nullopt, 1).to_vector<double>(), (std::vector<double>{5, 12}));
  EXPECT_EQ(linalg::norm(x, 1, 1).to_vector<double>(), (std::vector<double>{7, 12}));
  EXPECT_EQ(linalg::norm(x, 0, 1).to_vector<double>(), (std::vector<double>{2, 1}));
  EXPECT_EQ(linalg::norm(x, "inf", 1).to_vector<double>(), (std::vector<double>{4, 12}));
  EXPECT_EQ(linalg::norm(x, "-inf", 0).to_vector<double>(), (std::vector<double>{0, 0, 0}));
  EXPECT_NEAR(linalg::norm(x, 3, 1).to_vector<double>()[0], std::cbrt(27.0 + 64), 1e-12);
  EXPECT_EQ(linalg::norm(x, "fro").item<double>(), 13);
  EXPECT_EQ(linalg::norm(x, 1).item<double>(), 12);
  EXPECT_EQ(linalg::norm(x, -1).item<double>(), 3);
  EXPECT_EQ(linalg::norm(x, "inf").item<double>(), 12);
  EXPECT_EQ(linalg::norm(x, "-inf").item<double>(), 7);
  EXPECT_NEAR(linalg::norm(x, 2).item<double>(), 12, 1e-12);
  EXPECT_NEAR(linalg::norm(x, -2).item<double>(), 5, 1e-12);
  EXPECT_NEAR(linalg::norm(x, "nuc").item<double>(), 17, 1e-12);
  EXPECT_EQ(linalg::norm(x, "fro", {0, 1}, true).shape(), Shape({1, 1}));
  EXPECT_EQ(linalg::norm(x, "nuc", {0, 1}, true).shape(), Shape({1, 1}));
  EXPECT_EQ(linalg::norm(Tensor::from(std::vector<int>{3, 4}, {2})).item<float>(), 5);
  EXPECT_THROW(linalg::norm(x, "nuc", 1), InvalidArgument);
  EXPECT_THROW(linalg::norm(x, 3), InvalidArgument);
  EXPECT_THROW(linalg::norm(x, "frob"), InvalidArgument);
  EXPECT_THROW(linalg::norm(zeros({2, 2, 2}), 1), InvalidArgument);
  EXPECT_THROW(linalg::norm(x, 1, {0, -2}), InvalidArgument);
}

// --- gradients
// -------------------------------------------------------------------------------------------------------

using Function = std::function<Tensor(const Tensor&)>;

/// Gradients of first and second order against central differences.
void expect_gradients(const char* what, const Function& f, const Tensor& x) {
  SCOPED_TRACE(what);
  try {
    check_gradients([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{f(in[0])}; }, {x},
                    {.order = 2});
  } catch (const InvalidArgument& error) {
    ADD_FAILURE() << error.what();
  }
}

/// A number that every element of y changes.
Tensor mixed(const Tensor& y, uint64_t seed) { return sum(drawn(y.shape(), seed) * y * y + 0.3 * y); }

TEST(Linalg, GradientsAreThoseOfCentralDifferences) {
  const Tensor x = drawn({2, 3, 3}, 11) + 2.0 * identity(3, DType::kFloat64), tall = drawn({2, 4, 3}, 12),
               wide = drawn({2, 3, 4}, 13);
  const auto symmetric = [](const Tensor& at) { return 0.5 * (at + transposed(at)); };
  const auto definite = [](const Tensor& at) {
    return matmul(at, at, false, true) + identity(3, DType::kFloat64);
  };
  expect_gradients(
      "cholesky", [&](const Tensor& at) { return mixed(linalg::cholesky(definite(at)), 21); }, x);
  expect_gradients(
      "inv", [&](const Tensor& at) { return mixed(linalg::inv(at), 22); }, x);
  expect_gradients(
      "eigenvalues", [&](const Tensor& at) { return mixed(linalg::eigh(symmetric(at)).eigenvalues, 23); }, x);
  expect_gradients(
      "eigenvectors",
      [&](const Tensor& at) { return mixed(square(linalg::eigh(symmetric(at)).eigenvectors), 24); }, x);
  for (const Tensor& of : {x, tall}) {
    expect_gradients(
        "q", [&](const Tensor& at) { return mixed(linalg::qr(at).q, 25); }, of);
    expect_gradients(
        "r", [&](const Tensor& at) { return mixed(linalg::qr(at).r, 26); }, of);
  }
  for (const Tensor& of : {x, tall, wide}) {
    expect_gradients(
        "s alone", [&](const Tensor& at) { return mixed(linalg::svd(at, false, false).s, 27); }, of);
    expect_gradients(
        "u", [&](const Tensor& at) { return mixed(square(linalg::svd(at, false).u), 28); }, of);
    expect_gradients(
        "s", [&](const Tensor& at) { return mixed(linalg::svd(at, false).s, 29); }, of);
    expect_gradients(
        "vh", [&](const Tensor& at) { return mixed(square(linalg::svd(at, false).vh), 30); }, of);
  }
  const Tensor weights = drawn({4, 2}, 31);
  expect_gradients(
      "lstsq", [&](const Tensor& at) { return mixed(linalg::lstsq(at, weights), 32); }, index(tall, {0}));
}

TEST(Linalg, GradientsThatAreNotDefinedAreErrors) {
  const Tensor tall = drawn({4, 3}, 12);
  EXPECT_THROW(gradients(sum(linalg::svd(tall).u), {tall}), Unsupported);
  EXPECT_THROW(gradients(sum(linalg::qr(tall, "complete").q), {tall}), Unsupported);
  EXPECT_THROW(gradients(sum(linalg::qr(transposed(tall)).q), {tall}), Unsupported);
  const Tensor flat = Tensor::from(std::vector<double>{1, 2, 2, 4}, {2, 2});
  EXPECT_THROW(gradients(linalg::det(flat), {flat})[0].eval(), InvalidArgument);
}

// --- what they refuse
// ------------------------------------------------------------------------------------------------

TEST(Linalg, SingularMatricesAreNamedByTheirPlace) {
  std::vector<double> values(2 * 3 * 4);
  for (size_t at = 0; at < 6; ++at) values[4 * at] = values[4 * at + 3] = 1;
  values[4 * 5 + 3] = 0;
  const Tensor x = Tensor::from(values, {2, 3, 2, 2});
  EXPECT_EQ(message([&] { linalg::inv(x).eval(); }), "inv: the matrix at place (1, 2) is singular");
  EXPECT_EQ(message([&] { linalg::solve(x, x).eval(); }), "solve: the matrix at place (1, 2) is singular");
  EXPECT_EQ(message([&] { linalg::solve_triangular(x, x).eval(); }),
            "solve_triangular: the matrix at place (1, 2) is singular: 0 on its diagonal");
  EXPECT_EQ(message([&] { linalg::cholesky(x).eval(); }),
            "cholesky: the matrix at place (1, 2) is not positive definite");
  EXPECT_EQ(message([&] { linalg::cholesky(-identity(2, DType::kFloat32)).eval(); }),
            "cholesky: the matrix is not positive definite");
  EXPECT_EQ(linalg::det(x).to_vector<double>()[5], 0);
}

/// Either result is NaN, or the error that says so; never a number.
TEST(Linalg, NaNStaysNaNOrIsAnError) {
  const Tensor x = Tensor::from(std::vector<double>{1, 0, 0, 0, kNaN, 0, 0, 0, 1}, {3, 3});
  EXPECT_TRUE(std::isnan(linalg::det(x).item<double>()));
  EXPECT_TRUE(std::isnan(linalg::slogdet(x).logabsdet.item<double>()));
  EXPECT_TRUE(std::isnan(linalg::slogdet(x).sign.item<double>()));
  const std::vector<Function> functions = {
      [](const Tensor& at) { return linalg::inv(at); }, [](const Tensor& at) { return linalg::cholesky(at); },
      [](const Tensor& at) { return linalg::eigh(at).eigenvalues; },
      [](const Tensor& at) { return linalg::svd(at).s; }, [](const Tensor& at) { return linalg::qr(at).r; }};
  for (size_t i = 0; i < functions.size(); ++i) {
    SCOPED_TRACE(i);
    try {
      const auto found = functions[i](x).to_vector<double>();
      EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](double value) { return std::isnan(value); }));
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find("matrix"), std::string::npos) << error.what();
    }
  }
}

TEST(Linalg, WhatStandsInTheOtherTriangleDoesNotMatter) {
  const Tensor x = positive({300, 300}, 59);
  auto spoilt = x.to_vector<double>();
  for (size_t row = 0; row < 300; ++row) {
    for (size_t column = row + 1; column < 300; ++column)
      spoilt[row * 300 + column] = std::numeric_limits<double>::infinity();
  }
  expect_equal(linalg::eigh(Tensor::from(spoilt, {300, 300})).eigenvalues, linalg::eigh(x).eigenvalues);
}

/// LAPACK's iterations for singular vectors never end on an infinity.
TEST(Linalg, SpectraOfInfinitiesAreRefused) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor x = Tensor::from(std::vector<double>{1, 0, 0, 1, infinity, 0, 0, 1}, {2, 2, 2});
  const auto says = [&](const Function& function, const char* op) {
    for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
      EXPECT_EQ(test::message_of<InvalidArgument>([&] { function(cast(x, dtype)).eval(); }),
                std::string(op) + ": the matrix at place (1,) holds NaN or an infinity");
    }
  };
  says([](const Tensor& at) { return linalg::svd(at).u; }, "svd");
  says([](const Tensor& at) { return linalg::svd(at, false).vh; }, "svd");
  says([](const Tensor& at) { return linalg::svd(at, true, false).s; }, "svd");
  says([](const Tensor& at) { return linalg::pinv(at); }, "svd");
  says([](const Tensor& at) { return linalg::eigh(at).eigenvectors; }, "eigh");
  // What is above the diagonal is not read.
  const Tensor upper = Tensor::from(std::vector<double>{1, infinity, 0, 2}, {2, 2});
  EXPECT_EQ(linalg::eigh(upper).eigenvalues.to_vector<double>(), (std::vector<double>{1, 2}));
}

TEST(Linalg, ShapesThatDoNotFitAreRefused) {
  const Tensor vector = zeros({3}), tall = zeros({3, 2}), square = zeros({3, 3});
  EXPECT_THROW(linalg::cholesky(vector), InvalidArgument);
  EXPECT_THROW(linalg::cholesky(tall), InvalidArgument);
  EXPECT_THROW(linalg::inv(tall), InvalidArgument);
  EXPECT_THROW(linalg::det(tall), InvalidArgument);
  EXPECT_THROW(linalg::eigh(tall), InvalidArgument);
  EXPECT_THROW(linalg::qr(vector), InvalidArgument);
  EXPECT_THROW(linalg::qr(tall, "r"), InvalidArgument);
  EXPECT_THROW(linalg::svd(vector), InvalidArgument);
  EXPECT_THROW(linalg::solve(square, zeros({2, 3})), InvalidArgument);
  EXPECT_THROW(linalg::solve(square, zeros({2})), InvalidArgument);
  EXPECT_THROW(linalg::solve(zeros({2, 3, 3}), zeros({4, 3, 1})), InvalidArgument);
  EXPECT_THROW(linalg::solve(square, Tensor(1.0f)), InvalidArgument);
  EXPECT_THROW(linalg::lstsq(square, zeros({2})), InvalidArgument);
  EXPECT_THROW(linalg::lstsq(zeros({2, 3, 3}), zeros({3})), InvalidArgument);
}

TEST(Linalg, ManyMatricesHaveTheSameBitsWithAnyNumberOfThreads) {
  for (const Shape& shape : {Shape{64, 24, 24}, Shape{1, 600, 600}, Shape{3, 300, 300}}) {
    SCOPED_TRACE(shape.str());
    const Tensor x = positive(shape, 41, DType::kFloat32).eval();
    const auto results = [&](int threads) {
      const int before = num_threads();
      set_num_threads(threads);
      std::vector<float> found = linalg::inv(x).to_vector<float>();
      for (const Tensor& part : {linalg::cholesky(x), linalg::eigh(x).eigenvectors, linalg::svd(x).u,
                                 linalg::qr(x).q, linalg::lu_factor(x).lu, linalg::solve(x, x)}) {
        const auto values = part.to_vector<float>();
        found.insert(found.end(), values.begin(), values.end());
      }
      set_num_threads(before);
      return found;
    };
    const auto once = results(1);
    EXPECT_EQ(once, results(2));
    EXPECT_EQ(once, results(5));
  }
}

}  // namespace
}  // namespace lamina::testing
