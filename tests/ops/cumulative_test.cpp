// cumsum, cumprod and logcumsumexp.
#include "lamina/ops/cumulative.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/reduce.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Reference scan(bool reverse, double (*combine)(double, double)) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out = in[0];
    const int64_t n = in[0].shape[-1];
    for_each_index(in[0].shape, [&](std::vector<int64_t> at) {
      const std::vector<int64_t> to = at;
      const int64_t step = reverse ? -1 : 1, end = at.back() + step;
      at.back() = reverse ? n - 1 : 0;
      double total = in[0].at(at);
      for (at.back() += step; at.back() != end && n > 1 && to.back() != (reverse ? n - 1 : 0);
           at.back() += step)
        total = combine(total, in[0].at(at));
      out.at(to) = total;
    });
    return std::vector{out};
  };
}
double add(double a, double b) { return a + b; }
double multiply(double a, double b) { return a * b; }
double log_add(double a, double b) {
  if (std::isinf(a) && a == b) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

const std::vector<DType> kAll = {DType::kFloat32,  DType::kFloat64, DType::kFloat16,
                                 DType::kBFloat16, DType::kInt32,   DType::kInt64};

const OpRows rows({
    {.op = "cumsum",
     .label = "rows",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {2, 7}}},
     .dtypes = kAll,
     .reference = scan(false, add)},
    {.op = "cumsum",
     .label = "reverse",
     .attrs = CumulativeAttrs{true},
     .inputs = {{.shape = {2, 3, 5}}},
     .reference = scan(true, add)},
    {.op = "cumsum",
     .label = "empty",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {2, 0}}},
     .reference = scan(false, add)},
    {.op = "cumsum",
     .label = "edges",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {4}, .values = {1, kInf, -kInf, 2}}},
     .reference = scan(false, add),
     .gradient = false},
    {.op = "cumprod",
     .label = "rows",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {2, 6}, .avoid = {0}}},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt64},
     .reference = scan(false, multiply)},
    {.op = "cumprod",
     .label = "reverse",
     .attrs = CumulativeAttrs{true},
     .inputs = {{.shape = {6}, .avoid = {0}}},
     .reference = scan(true, multiply)},
    {.op = "cumprod",
     .label = "zeros",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {3, 4}, .values = {1, 0, 2, 3, 0, 2, 0, 3, 2, 3, 4, 0}}},
     .reference = scan(false, multiply)},
    {.op = "logcumsumexp",
     .label = "rows",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {2, 6}}},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16},
     .reference = scan(false, log_add)},
    {.op = "logcumsumexp",
     .label = "reverse",
     .attrs = CumulativeAttrs{true},
     .inputs = {{.shape = {5}}},
     .reference = scan(true, log_add)},
    {.op = "logcumsumexp",
     .label = "edges",
     .attrs = CumulativeAttrs{},
     .inputs = {{.shape = {3, 3}, .values = {-kInf, -kInf, 1, 800, 800, -800, 1, kNaN, 2}}},
     .reference = scan(false, log_add),
     .gradient = false},
});

TEST(Cumulative, TakesAxesAndDtypes) {
  const Tensor x = Tensor::from(std::vector<int>{1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(cumsum(x).to_vector<int>(), (std::vector<int>{1, 3, 6, 10}));
  EXPECT_EQ(cumsum(x, 0).to_vector<int>(), (std::vector<int>{1, 2, 4, 6}));
  EXPECT_EQ(cumprod(x, -1, DType::kFloat64).dtype(), DType::kFloat64);
  EXPECT_EQ(cumsum(Tensor::from<bool>({true, true})).dtype(), DType::kInt32);
  EXPECT_EQ(cumsum(Tensor(3)).shape(), Shape({1}));
  EXPECT_EQ(cumsum(Tensor::from<int8_t>({100, 100})).to_vector<int>(), (std::vector<int>{100, -56}));
  EXPECT_THROW(cumsum(x, 2), InvalidArgument);
  EXPECT_THROW(logcumsumexp(x), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
