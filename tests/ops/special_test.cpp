// lgamma, digamma, polygamma, erfc, erfinv: rows against sums and integrals that define them, known values,
// poles.
#include "lamina/ops/special.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The n-th derivative of digamma by its series, whose tail is an integral.
double plain_polygamma(int n, double x) {
  double total = 0;
  const int terms = 20000;
  for (int k = 0; k < terms; ++k) total += std::pow(x + k, -(n + 1));
  const double end = x + terms;
  total += std::pow(end, -n) / n + std::pow(end, -n - 1) / 2;
  return (n % 2 == 1 ? 1 : -1) * std::tgamma(n + 1) * total;
}

/// By the series of differences of reciprocals.
double plain_digamma(double x) {
  double total = -0.57721566490153286;  // Euler's constant
  const int terms = 20000;
  for (int k = 0; k < terms; ++k) total += 1.0 / (k + 1) - 1 / (x + k);
  return total + std::log((terms + x) / (terms + 1.0)) + (1 / (terms + 1.0) - 1 / (terms + x)) / 2;
}

/// By halving the interval.
double plain_erfinv(double x) {
  double low = -7, high = 7;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    (std::erf(middle) < x ? low : high) = middle;
  }
  return low;
}

// No row of 16-bit floats has a point where the function grows without bound.
const std::vector<DType> kFloats = {DType::kFloat32, DType::kFloat64, DType::kFloat16};

const OpRows rows({
    {.op = "lgamma",
     .inputs = {{.shape = {9}, .lo = 0.3, .hi = 6}},
     .dtypes = kFloats,
     .reference = elementwise([](double x) { return std::lgamma(x); })},
    {.op = "lgamma",
     .label = "below_zero",
     .inputs = {{.shape = {5}, .values = {-0.5, -1.3, -2.7, -4.5, -0.2}}},
     .reference = elementwise([](double x) { return std::lgamma(x); })},
    {.op = "digamma",
     .inputs = {{.shape = {9}, .lo = 0.3, .hi = 6}},
     .dtypes = kFloats,
     .reference = elementwise([](double x) { return plain_digamma(x); })},
    {.op = "digamma",
     .label = "below_zero",
     .inputs = {{.shape = {5}, .values = {-0.5, -1.3, -2.7, -4.5, -0.2}}},
     .reference = elementwise([](double x) { return plain_digamma(x); }),
     .tolerance = 10},  // steep
    {.op = "polygamma",
     .label = "one",
     .attrs = PolygammaAttrs{1},
     .inputs = {{.shape = {8}, .values = {0.4, 1, 2.5, 7, -0.4, -1.5, -2.6, -5.5}}},
     .reference = elementwise([](double x) { return plain_polygamma(1, x); }),
     .tolerance = 10},
    {.op = "polygamma",
     .label = "two",
     .attrs = PolygammaAttrs{2},
     .inputs = {{.shape = {8}, .values = {0.6, 1, 2.5, 7, -0.4, -1.5, -2.6, -5.5}}},
     .reference = elementwise([](double x) { return plain_polygamma(2, x); }),
     .tolerance = 10},
    {.op = "erfc", .inputs = {{.shape = {9}}}, .dtypes = kFloats, .reference = elementwise([](double x) {
                                                                    return std::erfc(x);
                                                                  })},
    {.op = "erfinv",
     .inputs = {{.shape = {9}, .lo = -0.9, .hi = 0.9}},
     .dtypes = kFloats,
     .reference = elementwise([](double x) { return plain_erfinv(x); })},
});

double value(const Tensor& x) { return x.item<double>(); }
Tensor number(double x) { return full(Shape{}, x, DType::kFloat64); }

TEST(Special, KnownValues) {
  constexpr double kPi = std::numbers::pi;
  EXPECT_NEAR(value(digamma(number(1))), -0.57721566490153286, 1e-15);
  EXPECT_NEAR(value(digamma(number(0.5))), -1.96351002602142348, 1e-14);
  EXPECT_NEAR(value(digamma(number(1e10))), std::log(1e10), 1e-9);
  EXPECT_NEAR(value(polygamma(1, number(1))), kPi * kPi / 6, 1e-14);
  EXPECT_NEAR(value(polygamma(1, number(0.5))), kPi * kPi / 2, 1e-13);
  EXPECT_NEAR(value(polygamma(3, number(1))), kPi * kPi * kPi * kPi / 15, 1e-12);
  EXPECT_NEAR(value(polygamma(2, number(1))), -2 * 1.20205690315959429, 1e-14);  // zeta(3)
  EXPECT_NEAR(value(polygamma(1, number(-1e6 - 0.5))), kPi * kPi, 1e-5);         // no loop of a million
  EXPECT_NEAR(value(erfc(number(20))) / 5.3958656116079009e-176, 1, 1e-13);
  for (const double x : {-0.999999999, -0.3, 0.0, 1e-12, 0.7, 0.99999999999})
    EXPECT_NEAR(std::erf(value(erfinv(number(x)))), x, 1e-15) << x;
}

// What lies close below a pole keeps its distance from it.
TEST(Special, DigitsNearPoles) {
  for (const double x : {-1e-30, 1e-30, -1e-12}) {
    EXPECT_NEAR(value(digamma(number(x))) * x, -1, 1e-11) << x;
    EXPECT_NEAR(value(polygamma(1, number(x))) * x * x, 1, 1e-11) << x;
    EXPECT_NEAR(value(polygamma(2, number(x))) * x * x * x, -2, 1e-11) << x;
  }
}

TEST(Special, PolesAndTheEndsOfTheLine) {
  for (const double pole : {0.0, -1.0, -7.0}) {
    EXPECT_EQ(value(lgamma(number(pole))), kInf);
    EXPECT_TRUE(std::isnan(value(digamma(number(pole)))));
    EXPECT_EQ(value(polygamma(1, number(pole))), kInf);
    EXPECT_TRUE(std::isnan(value(polygamma(2, number(pole)))));
  }
  for (Tensor (*f)(const Tensor&) : {lgamma, digamma, erfc, erfinv})
    EXPECT_TRUE(std::isnan(value(f(number(kNaN)))));
  EXPECT_TRUE(std::isnan(value(polygamma(1, number(kNaN)))));
  EXPECT_EQ(value(digamma(number(kInf))), kInf);
  EXPECT_EQ(value(polygamma(1, number(kInf))), 0);
  EXPECT_EQ(value(erfinv(number(1))), kInf);
  EXPECT_EQ(value(erfinv(number(-1))), -kInf);
  EXPECT_TRUE(std::isnan(value(erfinv(number(1.5)))));
  EXPECT_THROW(polygamma(-1, number(1)), InvalidArgument);
  EXPECT_THROW(polygamma(101, number(1)), InvalidArgument);
  EXPECT_EQ(lgamma(full(Shape{}, 3, DType::kInt32)).dtype(), DType::kFloat32);
}

}  // namespace
}  // namespace lamina::testing
