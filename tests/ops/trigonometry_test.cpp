// Inverse and hyperbolic functions against the C++ library, and arithmetic on bits.
#include "lamina/ops/trigonometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

OpRow unary(const char* op, double (*f)(double), double lo, double hi) {
  return {.op = op,
          .inputs = {{.shape = {3, 17}, .lo = lo, .hi = hi}},
          .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16},
          .reference = elementwise(f)};
}

OpRow edges(const char* op, double (*f)(double)) {
  return {.op = op,
          .label = "edges",
          .inputs = {{.shape = {8}, .values = {NAN, INFINITY, -INFINITY, 0, 1, -1, 3, -3}}},
          .reference = elementwise(f),
          .gradient = false};
}

double arcsin_of(double x) { return std::asin(x); }
double arccos_of(double x) { return std::acos(x); }
double arctan_of(double x) { return std::atan(x); }
double sinh_of(double x) { return std::sinh(x); }
double cosh_of(double x) { return std::cosh(x); }
double arcsinh_of(double x) { return std::asinh(x); }
double arccosh_of(double x) { return std::acosh(x); }
double arctanh_of(double x) { return std::atanh(x); }
double arctan2_of(double a, double b) { return std::atan2(a, b); }

const OpRows trigonometry_rows({
    unary("arcsin", arcsin_of, -0.9, 0.9),
    unary("arccos", arccos_of, -0.9, 0.9),
    unary("arctan", arctan_of, -3, 3),
    unary("sinh", sinh_of, -3, 3),
    unary("cosh", cosh_of, -3, 3),
    unary("arcsinh", arcsinh_of, -3, 3),
    unary("arccosh", arccosh_of, 1.2, 4),
    unary("arctanh", arctanh_of, -0.9, 0.9),
    edges("arcsin", arcsin_of),
    edges("arccosh", arccosh_of),
    edges("arctanh", arctanh_of),
    {.op = "arctan2",
     .inputs = {{.shape = {4, 1, 3}, .lo = 0.5, .hi = 3}, {.shape = {5, 1}, .lo = -3, .hi = -0.5}},
     .reference = elementwise(arctan2_of)},
    {.op = "arctan2",
     .label = "edges",
     .inputs = {{.shape = {6}, .values = {0, 0, 1, -1, INFINITY, NAN}},
                {.shape = {6}, .values = {-1, 0, 0, -INFINITY, INFINITY, 1}}},
     .reference = elementwise(arctan2_of),
     .gradient = false},
});

OpRow integers(const char* op, double (*f)(double, double), std::vector<double> a, std::vector<double> b) {
  const Shape shape{static_cast<int64_t>(a.size())};
  return {.op = op,
          .inputs = {{.shape = shape, .values = std::move(a)}, {.shape = shape, .values = std::move(b)}},
          .dtypes = {DType::kInt32, DType::kInt64, DType::kInt16, DType::kInt8},
          .reference = elementwise(f),
          .gradient = false};
}

int64_t whole(double x) { return static_cast<int64_t>(x); }
double number(int64_t x) { return static_cast<double>(x); }

const std::vector<double> kLeft = {12, -7, 0, 127, -128, 6}, kRight = {10, 3, 5, -1, 85, -6};

const OpRows bitwise_rows({
    integers(
        "bitwise_and", [](double a, double b) { return number(whole(a) & whole(b)); }, kLeft, kRight),
    integers(
        "bitwise_or", [](double a, double b) { return number(whole(a) | whole(b)); }, kLeft, kRight),
    integers(
        "bitwise_xor", [](double a, double b) { return number(whole(a) ^ whole(b)); }, kLeft, kRight),
    integers("left_shift", [](double a, double b) { return b < 0 ? 0 : a * std::exp2(b); }, {3, -5, 0, 1, 7},
             {2, 4, 1, 6, -1}),
    integers("right_shift",
             [](double a, double b) { return b < 0 ? (a < 0 ? -1.0 : 0.0) : std::floor(a / std::exp2(b)); },
             {100, -100, -1, 127, -7, 7}, {2, 3, 5, 7, -1, -1}),
    integers("gcd", [](double a, double b) { return number(std::gcd(whole(a), whole(b))); },
             {12, -18, 0, 0, 7, 100}, {18, 12, 5, 0, 13, -75}),
    integers("lcm", [](double a, double b) { return number(std::lcm(whole(a), whole(b))); },
             {4, -6, 0, 0, 7, 9}, {6, 4, 5, 0, 11, -3}),
});

TEST(Trigonometry, AnglesTakeTheDtypeOfTheFloats) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat64}) {
    const Tensor x = full({1}, 1, dtype), whole = full({1}, 1, DType::kInt64);
    EXPECT_EQ(arctan2(x, whole).dtype(), dtype);
    EXPECT_EQ(arctan2(whole, x).dtype(), dtype);
  }
  EXPECT_EQ(arctan2(full({1}, 1, DType::kInt8), full({1}, 1, DType::kBool)).dtype(), DType::kFloat32);
}

TEST(Bitwise, ShiftsBeyondTheDtypeLeaveNothing) {
  const Tensor x = Tensor::from<int32_t>({-5, 5}, {2});
  EXPECT_EQ(left_shift(x, Tensor::from<int32_t>({32, 40}, {2})).to_vector<int32_t>(),
            (std::vector<int32_t>{0, 0}));
  EXPECT_EQ(right_shift(x, Tensor::from<int32_t>({32, 40}, {2})).to_vector<int32_t>(),
            (std::vector<int32_t>{-1, 0}));
}

TEST(Bitwise, NotKnowsSmallAndUnsignedIntegersAndTruths) {
  EXPECT_EQ(bitwise_not(Tensor::from<uint8_t>({0, 5}, {2})).to_vector<uint8_t>(),
            (std::vector<uint8_t>{255, 250}));
  EXPECT_EQ(bitwise_not(Tensor::from<int8_t>({0, -128}, {2})).to_vector<int8_t>(),
            (std::vector<int8_t>{-1, 127}));
  EXPECT_EQ(bitwise_not(equal(Tensor::from<int32_t>({0, 5}, {2}), 5.0)).type().str(), "bool(2,)");
}

TEST(Bitwise, RefusesFloats) {
  const Tensor x = Tensor::from<float>({1, 2}, {2});
  EXPECT_THROW(bitwise_and(x, x), InvalidArgument);
  EXPECT_THROW(gcd(x, x), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
