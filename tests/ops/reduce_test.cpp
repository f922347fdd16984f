// Reductions: rows against plain loops, and what rows cannot say.
#include "lamina/ops/reduce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Folds the elements that each position of the result gathers, with `end` applied to the state and their
/// number.
Reference folded(
    ReduceAttrs attrs, double start, std::function<double(double, double)> step,
    std::function<double(double, double)> end = [](double state, double) { return state; }) {
  return [=](const std::vector<NdArray>& in) {
    const Shape& shape = in[0].shape;
    const auto reduced = [&](int axis) {
      return std::find(attrs.axes.begin(), attrs.axes.end(), axis) != attrs.axes.end();
    };
    Shape kept;  // with keepdims
    Shape result;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      kept.push_back(reduced(axis) ? 1 : shape[axis]);
      if (!reduced(axis) || attrs.keepdims) result.push_back(reduced(axis) ? 1 : shape[axis]);
    }
    NdArray out(kept, start), count(kept, 0);
    for_each_index(shape, [&](const std::vector<int64_t>& index) {
      std::vector<int64_t> to = index;
      for (int axis = 0; axis < shape.rank(); ++axis) to[static_cast<size_t>(axis)] *= reduced(axis) ? 0 : 1;
      out.at(to) = step(out.at(to), in[0].at(index));
      count.at(to) += 1;
    });
    for (size_t i = 0; i < out.data.size(); ++i) out.data[i] = end(out.data[i], count.data[i]);
    out.shape = result;
    return std::vector<NdArray>{out};
  };
}

double plus(double state, double x) { return state + x; }
double times(double state, double x) { return state * x; }
double larger(double state, double x) {
  return std::isnan(state) || std::isnan(x) ? kNaN : std::max(state, x);
}
double smaller(double state, double x) { return -larger(-state, -x); }
double divided(double state, double n) { return state / n; }

Reference sum_of(ReduceAttrs attrs) { return folded(attrs, 0, plus); }
Reference mean_of(ReduceAttrs attrs) { return folded(attrs, 0, plus, divided); }
Reference max_of(ReduceAttrs attrs) { return folded(attrs, -kInf, larger); }
Reference min_of(ReduceAttrs attrs) { return folded(attrs, kInf, smaller); }
Reference prod_of(ReduceAttrs attrs) { return folded(attrs, 1, times); }
Reference any_of(ReduceAttrs attrs) {
  return folded(attrs, 0, [](double state, double x) { return state != 0 || x != 0 ? 1.0 : 0.0; });
}
Reference all_of(ReduceAttrs attrs) {
  return folded(attrs, 1, [](double state, double x) { return state != 0 && x != 0 ? 1.0 : 0.0; });
}

const std::vector<DType> kFloats = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};

OpRow row(const char* op, const char* label, Reference (*reference)(ReduceAttrs), ReduceAttrs attrs,
          Shape shape) {
  return {
      .op = op, .label = label, .attrs = attrs, .inputs = {{.shape = shape}}, .reference = reference(attrs)};
}

const OpRows sums({
    row("sum", "leading", sum_of, {{0}}, {5, 7}),
    row("sum", "trailing", sum_of, {{1}, true}, {5, 7}),
    row("sum", "middle", sum_of, {{1}}, {2, 9, 3}),
    row("sum", "outer", sum_of, {{0, 2}, true}, {2, 3, 4}),
    row("sum", "two_in_front", sum_of, {{0, 1}}, {3, 4, 5}),
    row("sum", "alternating", sum_of, {{1, 3}}, {2, 3, 2, 3}),
    row("sum", "size_one_axis", sum_of, {{1}}, {3, 1, 2}),
    row("sum", "scalar", sum_of, {}, {}),
    row("sum", "no_rows", sum_of, {{0}}, {0, 3}),
    row("sum", "no_result", sum_of, {{0}}, {3, 0}),
    // More rows than a chunk has, of no columns: once divided by zero.
    row("sum", "many_rows_no_result", sum_of, {{0}}, {70000, 0}),
    row("sum", "nothing_at_all", sum_of, {{0, 1}}, {0, 0}),
    {.op = "sum",
     .label = "half",
     .attrs = ReduceAttrs{{0}},
     .inputs = {{.shape = {30, 3}}},
     .dtypes = kFloats,
     .reference = sum_of({{0}})},
    {.op = "sum",
     .label = "integers",
     .attrs = ReduceAttrs{{1}},
     .inputs = {{.shape = {2, 9}, .lo = -100, .hi = 100}},
     .dtypes = {DType::kInt32, DType::kInt64},
     .reference = sum_of({{1}}),
     .gradient = false},
    {.op = "sum",
     .label = "narrow_integers",
     .attrs = ReduceAttrs{{1}},
     .inputs = {{.shape = {2, 9}, .lo = 0, .hi = 100}},
     .dtypes = {DType::kInt8, DType::kUInt8, DType::kInt16},
     .out_dtypes = {DType::kInt32},
     .reference = sum_of({{1}}),
     .gradient = false},
    {.op = "sum",
     .label = "bools",
     .attrs = ReduceAttrs{{0}},
     .inputs = {{.shape = {9}, .lo = 0, .hi = 1}},
     .dtypes = {DType::kBool},
     .out_dtypes = {DType::kInt32},
     .reference = sum_of({{0}}),
     .gradient = false},
    {.op = "sum",
     .label = "not_finite",
     .attrs = ReduceAttrs{{1}},
     .inputs = {{.shape = {3, 2}, .values = {1, kNaN, kInf, 2, kInf, -kInf}}},
     .reference = sum_of({{1}}),
     .gradient = false},
});

const OpRows means({
    row("mean", "leading", mean_of, {{0}}, {5, 7}),
    row("mean", "pooling", mean_of, {{1, 2}}, {2, 3, 4, 5}),
    row("mean", "all", mean_of, {{0, 1}, true}, {3, 5}),
    row("mean", "scalar", mean_of, {}, {}),
    row("mean", "no_result", mean_of, {{1}}, {0, 2}),
    {.op = "mean",
     .label = "of_nothing",
     .attrs = ReduceAttrs{{0}},
     .inputs = {{.shape = {0, 2}}},
     .reference = mean_of({{0}}),
     .gradient = false},
    // 40 x 2,000 overflows float16: the sum must not be kept in it.
    {.op = "mean",
     .label = "half",
     .attrs = ReduceAttrs{{0}},
     .inputs = {{.shape = {40, 2}, .lo = 1900, .hi = 2100}},
     .dtypes = {DType::kFloat16, DType::kBFloat16},
     .reference = mean_of({{0}}),
     .gradient = false},
});

OpRow extreme(const char* op, const char* label, Reference (*reference)(ReduceAttrs), ReduceAttrs attrs,
              Shape shape) {
  OpRow result = row(op, label, reference, attrs, shape);
  result.inputs[0].distinct = true;
  result.dtypes = kFloats;
  return result;
}

OpRow with_values(const char* op, const char* label, Reference (*reference)(ReduceAttrs),
                  std::vector<double> values, std::vector<DType> dtypes) {
  const Shape shape{2, static_cast<int64_t>(values.size()) / 2};
  OpRow result = row(op, label, reference, {{1}}, shape);
  result.inputs[0].values = std::move(values);
  result.dtypes = std::move(dtypes);
  result.gradient = false;
  return result;
}

const OpRows extremes({
    extreme("max", "trailing", max_of, {{1}}, {4, 5}),
    extreme("max", "leading", max_of, {{0}, true}, {4, 5}),
    extreme("max", "all", max_of, {{0, 1}}, {4, 5}),
    extreme("min", "trailing", min_of, {{1}}, {4, 5}),
    extreme("min", "middle", min_of, {{1}}, {2, 3, 2}),
    with_values("max", "not_finite", max_of, {1, kNaN, 3, -kInf, -kInf, -kInf}, kFloats),
    with_values("min", "not_finite", min_of, {kNaN, 1, 3, kInf, kInf, 2}, kFloats),
    with_values("max", "integers", max_of, {-5, -3, -4, 7, 120, 9}, {DType::kInt8, DType::kInt64}),
    with_values("min", "integers", min_of, {5, 3, 4, 7, 120, 9}, {DType::kUInt8, DType::kInt16}),
    {.op = "min",
     .label = "no_result",
     .attrs = ReduceAttrs{{0}},
     .inputs = {{.shape = {3, 0}}},
     .reference = min_of({{0}}),
     .gradient = false},
    with_values("max", "bools", max_of, {0, 1, 0, 0, 0, 0}, {DType::kBool}),
    {.op = "max",
     .label = "no_result",
     .attrs = ReduceAttrs{{1}},
     .inputs = {{.shape = {0, 0}}},
     .reference = max_of({{1}}),
     .gradient = false},
});

const OpRows products({
    row("prod", "trailing", prod_of, {{1}}, {2, 5}),
    row("prod", "outer", prod_of, {{0, 2}, true}, {2, 3, 3}),
    row("prod", "of_nothing", prod_of, {{0}}, {0, 2}),
    row("prod", "no_result", prod_of, {{1}}, {0, 2}),
    // Where one or two factors are zero, product over element is not the derivative.
    {.op = "prod",
     .label = "zeros",
     .attrs = ReduceAttrs{{1}},
     .inputs = {{.shape = {2, 4}, .values = {2, 0, 3, 4, 0, 5, 0, 7}}},
     .reference = prod_of({{1}})},
    {.op = "prod",
     .label = "integers",
     .attrs = ReduceAttrs{{0}},
     .inputs = {{.shape = {5, 2}, .lo = -4, .hi = 4}},
     .dtypes = {DType::kInt32, DType::kInt64},
     .reference = prod_of({{0}}),
     .gradient = false},
});

OpRow logical(const char* op, const char* label, Reference (*reference)(ReduceAttrs),
              std::vector<double> values, std::vector<DType> dtypes) {
  OpRow result = with_values(op, label, reference, std::move(values), std::move(dtypes));
  result.out_dtypes = {DType::kBool};
  return result;
}

const OpRows logicals({
    logical("any", "", any_of, {0, 0, 0, 0, 2, 0}, {DType::kBool, DType::kFloat32, DType::kInt32}),
    logical("all", "", all_of, {1, 1, 1, 1, 0, 3}, {DType::kBool, DType::kFloat16, DType::kUInt8}),
    logical("any", "nan", any_of, {0, kNaN, 0, 0}, {DType::kFloat32, DType::kBFloat16}),
    logical("any", "of_nothing", any_of, {}, {DType::kBool}),
    logical("all", "of_nothing", all_of, {}, {DType::kBool}),
});

Tensor ramp(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<int>(i * 7919 % 1009) - 504);
  return Tensor::from(values, shape);
}

TEST(Reduce, LargeSumsAreExactInEveryGrouping) {
  // Whole numbers: whatever the order, float32 must give the exact sums.
  const Tensor x = ramp({300, 20, 70});
  const std::vector<double> values = x.to_vector<double>();
  for (const auto& axes : std::vector<std::vector<int>>{{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 2}, {0, 1, 2}}) {
    const ReduceAttrs attrs{axes};
    const NdArray expected = sum_of(attrs)({NdArray(x.shape(), values)})[0];
    const Tensor actual = sum(x, axes);
    expect_close({actual.shape(), actual.to_vector<double>()}, expected, 0, Attrs(attrs).str());
  }
}

TEST(Reduce, ThreadsDoNotChangeTheSum) {
  std::vector<float> values(70000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i % 977 + 1);
  const Tensor x = Tensor::from(values, {7000, 10});
  const int before = num_threads();
  std::vector<std::vector<float>> results;
  for (int threads : {1, 2, 5}) {
    set_num_threads(threads);
    results.push_back(sum(x, {0}).to_vector<float>());
    results.back().push_back(sum(x).item());
    results.back().push_back(mean(x).item());
  }
  set_num_threads(before);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(Reduce, NegativeAxesAndOrder) {
  const Tensor x = ramp({2, 3, 4});
  EXPECT_EQ(sum(x, {-1}).to_vector<float>(), sum(x, {2}).to_vector<float>());
  EXPECT_EQ(sum(x, {2, 0}).to_vector<float>(), sum(x, {0, 2}).to_vector<float>());
}

TEST(Reduce, MeanOfIntegersIsFloat32) {
  const Tensor result = mean(Tensor::from<int32_t>({1, 2}));
  EXPECT_EQ(result.dtype(), DType::kFloat32);
  EXPECT_FLOAT_EQ(result.item(), 1.5f);
}

TEST(Reduce, Variance) {
  const Tensor x = Tensor::from<double>({1, 2, 3, 6});
  EXPECT_DOUBLE_EQ(variance(x).item<double>(), 3.5);  // mean 3: (4 + 1 + 0 + 9) / 4
  EXPECT_EQ(variance(ramp({3, 4}), {1}, true).shape(), (Shape{3, 1}));
}

TEST(Reduce, LogSumExp) {
  const Tensor x = Tensor::from<float>({1000, 1000, -1e30f});
  EXPECT_FLOAT_EQ(logsumexp(x).item(), 1000 + std::log(2.0f));
  const auto inf = static_cast<float>(kInf);
  EXPECT_EQ(logsumexp(Tensor::from<float>({-inf, -inf})).item(), -inf);
  EXPECT_EQ(logsumexp(Tensor::from<float>({inf, 1})).item(), inf);
  EXPECT_EQ(logsumexp(ramp({3, 4}), {0}).shape(), Shape{4});
}

TEST(Reduce, MaxOfNothingIsAnError) {
  const Tensor empty = Tensor::from<float>(std::vector<float>{}, {0, 3});
  EXPECT_THROW(max(empty, {0}), InvalidArgument);
  EXPECT_THROW(min(empty), InvalidArgument);
  EXPECT_NO_THROW(max(empty, {1}));
}

TEST(Reduce, BadAxes) {
  const Tensor x = ramp({2, 3});
  EXPECT_THROW(sum(x, {2}), InvalidArgument);
  EXPECT_THROW(sum(x, {-3}), InvalidArgument);
  EXPECT_THROW(sum(x, {1, -1}), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
