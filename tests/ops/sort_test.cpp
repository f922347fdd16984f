// sort, argsort, take_along_axis's records.
#include "lamina/ops/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/take_along_axis.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool before(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

std::vector<NdArray> sorted_rows(const std::vector<NdArray>& in) {
  NdArray values(in[0].shape), order(in[0].shape);
  const auto n = static_cast<size_t>(in[0].shape[-1]);
  for (size_t row = 0; row * n < in[0].data.size(); ++row) {
    const double* x = in[0].data.data() + row * n;
    std::vector<size_t> places(n);
    std::iota(places.begin(), places.end(), size_t{0});
    std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) { return before(x[a], x[b]); });
    for (size_t i = 0; i < n; ++i) {
      values.data[row * n + i] = x[places[i]];
      order.data[row * n + i] = static_cast<double>(places[i]);
    }
  }
  return {values, order};
}

OpRow row(const char* label, RowInput input, std::vector<DType> dtypes) {
  return {.op = "sort",
          .label = label,
          .attrs = SortAttrs{},
          .inputs = {input},
          .dtypes = dtypes,
          .reference = sorted_rows};
}

OpRow with_order(OpRow given, DType dtype) {
  given.dtypes = {dtype};
  given.out_dtypes = {dtype, DType::kInt32};
  return given;
}

OpRow values_only(OpRow given) {
  given.label += "_values";
  given.attrs = SortAttrs{.order = false};
  given.reference = [](const std::vector<NdArray>& in) { return std::vector{sorted_rows(in)[0]}; };
  return given;
}

OpRow edge(OpRow given) {
  given.gradient = false;
  return given;
}

const RowInput kRows = {.shape = {3, 7}, .distinct = true};
const RowInput kWhole = {.shape = {2, 100}, .lo = -60, .hi = 60};
const RowInput kBools = {.shape = {5}, .values = {1, 0, 1, 0, 1}};
const RowInput kLong = {.shape = {9000}, .lo = -100, .hi = 100};
const RowInput kEdges = {.shape = {2, 6}, .values = {1, kNaN, -kInf, kInf, -1, kNaN, 3, 3, -0.0, 0.0, 2, 3}};
const std::vector<DType> kFloats = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};
const std::vector<DType> kIntegers = {DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64,
                                      DType::kUInt8};

const OpRows rows({
    with_order(row("rows", kRows, {}), DType::kFloat64),
    with_order(row("rows_float32", kRows, {}), DType::kFloat32),
    with_order(row("half", {.shape = {2, 90}}, {}), DType::kFloat16),
    with_order(row("bfloat", {.shape = {2, 90}}, {}), DType::kBFloat16),
    with_order(edge(row("edges", kEdges, {})), DType::kFloat32),
    with_order(edge(row("edges_double", kEdges, {})), DType::kFloat64),
    with_order(row("whole", kWhole, {}), DType::kInt32),
    with_order(row("whole_wide", kWhole, {}), DType::kInt64),
    with_order(row("whole_narrow", kWhole, {}), DType::kInt8),
    with_order(edge(row("long", kLong, {})), DType::kFloat32),
    with_order(edge(row("bools", kBools, {})), DType::kBool),
    with_order(row("no_rows", {.shape = {0, 3}}, {}), DType::kFloat32),
    with_order(row("empty", {.shape = {3, 0}}, {}), DType::kFloat32),
    with_order(row("single", {.shape = {3, 1}}, {}), DType::kFloat64),
    values_only(row("rows", kRows, {DType::kFloat64, DType::kFloat32})),
    values_only(edge(row("edges", kEdges, kFloats))),
    values_only(row("whole", kWhole, kIntegers)),
    values_only(edge(row("long", kLong, {DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kInt16}))),
    values_only(edge(row("bools", kBools, {DType::kBool}))),
    values_only(row("empty", {.shape = {3, 0}}, {DType::kFloat32})),
});

NdArray along(const NdArray& x, const NdArray& indices, int axis, double missing) {
  NdArray out(indices.shape, missing);
  for_each_index(indices.shape, [&](std::vector<int64_t> at) {
    auto index = static_cast<int64_t>(indices.at(at));
    if (index < 0) index += x.shape[axis];
    if (index < 0 || index >= x.shape[axis]) return;
    const std::vector<int64_t> to = at;
    at[static_cast<size_t>(axis)] = index;
    out.at(to) = x.at(at);
  });
  return out;
}

Reference taken(int axis, double missing = kNaN) {
  return [=](const std::vector<NdArray>& in) { return std::vector{along(in[0], in[1], axis, missing)}; };
}

Reference scattered(int axis, int64_t size) {
  return [=](const std::vector<NdArray>& in) {
    Shape shape = in[0].shape;
    shape.set(axis, size);
    NdArray out(shape);
    for_each_index(in[0].shape, [&](std::vector<int64_t> at) {
      const double update = in[0].at(at);
      auto index = static_cast<int64_t>(in[1].at(at));
      if (index < 0) index += size;
      if (index < 0 || index >= size) return;
      at[static_cast<size_t>(axis)] = index;
      out.at(at) += update;
    });
    return std::vector{out};
  };
}

RowInput places(Shape shape, std::vector<double> values, DType dtype = DType::kInt32) {
  return {.shape = shape, .values = values, .dtype = dtype};
}

const OpRows along_axis({
    {.op = "take_along_axis",
     .label = "columns",
     .attrs = TakeAlongAxisAttrs{1},
     .inputs = {{.shape = {2, 4}}, places({2, 3}, {3, 0, -1, 1, 1, 2}, DType::kInt64)},
     .reference = taken(1)},
    {.op = "take_along_axis",
     .label = "rows",
     .attrs = TakeAlongAxisAttrs{0},
     .inputs = {{.shape = {3, 2}}, places({1, 2}, {2, 0}, DType::kUInt8)},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt16},
     .reference = taken(0)},
    {.op = "take_along_axis",
     .label = "out_of_range",
     .attrs = TakeAlongAxisAttrs{0},
     .inputs = {{.shape = {3}}, places({3}, {3, -4, 1})},
     .dtypes = {DType::kFloat32, DType::kFloat16},
     .reference = taken(0),
     .gradient = false},
    {.op = "take_along_axis",
     .label = "out_of_range_integers",
     .attrs = TakeAlongAxisAttrs{0},
     .inputs = {{.shape = {3}, .lo = 1, .hi = 9}, places({3}, {3, -4, 1})},
     .dtypes = {DType::kInt32, DType::kBool},
     .reference = taken(0, 0),
     .gradient = false},
    {.op = "take_along_axis",
     .label = "nothing",
     .attrs = TakeAlongAxisAttrs{1},
     .inputs = {{.shape = {2, 0}}, places({2, 0}, {})},
     .reference = taken(1)},
    {.op = "scatter_add_along_axis",
     .label = "columns",
     .attrs = ScatterAddAlongAxisAttrs{1, 4},
     .inputs = {{.shape = {2, 3}}, places({2, 3}, {3, 3, -1, 1, 7, 2})},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16, DType::kInt64},
     .reference = scattered(1, 4)},
    {.op = "scatter_add_along_axis",
     .label = "rows",
     .attrs = ScatterAddAlongAxisAttrs{0, 2},
     .inputs = {{.shape = {3, 2}}, places({3, 2}, {0, 1, 0, 0, 1, 1}, DType::kInt8)},
     .reference = scattered(0, 2)},
    {.op = "scatter_add_along_axis",
     .label = "nothing",
     .attrs = ScatterAddAlongAxisAttrs{0, 2},
     .inputs = {{.shape = {0, 2}}, places({0, 2}, {})},
     .reference = scattered(0, 2)},
});

TEST(Sort, TakesAnyAxisAndTheFlattenedTensor) {
  const Tensor x = Tensor::from(std::vector<float>{3, 1, 2, 0, 5, 4}, {2, 3});
  EXPECT_EQ(sort(x).to_vector<float>(), (std::vector<float>{1, 2, 3, 0, 4, 5}));
  EXPECT_EQ(sort(x, 0).to_vector<float>(), (std::vector<float>{0, 1, 2, 3, 5, 4}));
  EXPECT_EQ(sort(x, -2).shape(), Shape({2, 3}));
  EXPECT_EQ(sort(x, std::nullopt).to_vector<float>(), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(argsort(x, 0).to_vector<int>(), (std::vector<int>{1, 0, 0, 0, 1, 1}));
  EXPECT_EQ(argsort(x, std::nullopt).to_vector<int>(), (std::vector<int>{3, 1, 2, 0, 5, 4}));
  EXPECT_EQ(argsort(Tensor(3.0f)).to_vector<int>(), std::vector<int>{0});
}

TEST(Sort, KeepsSignsOfZerosAndTheOrderOfEqualElements) {
  const Tensor x = Tensor::from<float>({0.0f, -0.0f, -1.0f, 0.0f, -0.0f});
  std::vector<float> sorted = sort(x).to_vector<float>();
  std::vector<bool> signs;
  for (const float value : sorted) signs.push_back(std::signbit(value));
  EXPECT_EQ(signs, (std::vector<bool>{true, false, true, false, true}));
  EXPECT_EQ(argsort(x).to_vector<int>(), (std::vector<int>{2, 0, 1, 3, 4}));
}

TEST(Sort, GradientFollowsTheElements) {
  const Tensor x = Tensor::from(std::vector<float>{3, 1, 2, 0, 5, 4}, {2, 3});
  const auto loss = [](const std::vector<Tensor>& in) {
    return sum(sort(in[0], 0) * Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3}));
  };
  EXPECT_EQ(grad(loss)({x})[0].to_vector<float>(), (std::vector<float>{4, 2, 3, 1, 5, 6}));
}

TEST(Sort, ThreadsDoNotChangeIt) {
  std::vector<float> values(40000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7919 % 1013);
  const Tensor x = Tensor::from(values, {40, 1000});
  const int threads = num_threads();
  set_num_threads(1);
  const auto alone = argsort(x).to_vector<int>();
  set_num_threads(4);
  EXPECT_EQ(argsort(x).to_vector<int>(), alone);
  set_num_threads(threads);
}

TEST(Sort, Errors) {
  EXPECT_THROW(sort(Tensor(1.0f)), InvalidArgument);
  EXPECT_THROW(sort(Tensor::from<float>({1, 2}), 1), InvalidArgument);
  EXPECT_THROW(argsort(Tensor::from<float>({1, 2}), -2), InvalidArgument);
  EXPECT_THROW(scatter_add_along_axis(Tensor::from<float>({1, 2}), Tensor::from<int>({1}), 0, 3),
               InvalidArgument);
  EXPECT_THROW(scatter_add_along_axis(Tensor::from<float>({1, 2}), Tensor::from<int>({1, 0}), 0, -3),
               InvalidArgument);
}

// Rows that all threads sort together, in parts that are merged.
TEST(Sort, LongRowsWithAnyNumberOfThreads) {
  const int64_t n = 100003;
  std::vector<float> numbers;
  std::vector<int64_t> wholes;
  uint64_t state = 1;
  for (int64_t i = 0; i < 2 * n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto number = static_cast<int64_t>(state >> 33) % 5000 - 2500;
    numbers.push_back(i % 1000 == 7               ? std::nanf("")
                      : number == 0 && i % 2 == 0 ? -0.0f
                                                  : static_cast<float>(number));
    wholes.push_back(static_cast<int64_t>(state));
  }
  const int threads_before = num_threads();
  for (const int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    const auto sorted = sort(Tensor::from(numbers, {2, n})).to_vector<float>();
    const auto sorted_wholes = sort(Tensor::from(wholes, {2, n})).to_vector<int64_t>();
    for (int64_t row = 0; row < 2; ++row) {
      std::vector<float> expected(numbers.begin() + row * n, numbers.begin() + (row + 1) * n);
      std::stable_sort(expected.begin(), expected.end(), [](float a, float b) { return before(a, b); });
      std::vector<int64_t> expected_wholes(wholes.begin() + row * n, wholes.begin() + (row + 1) * n);
      std::sort(expected_wholes.begin(), expected_wholes.end());
      EXPECT_EQ(std::memcmp(expected.data(), sorted.data() + row * n, static_cast<size_t>(n) * sizeof(float)),
                0)
          << threads;
      EXPECT_TRUE(std::equal(expected_wholes.begin(), expected_wholes.end(), sorted_wholes.begin() + row * n))
          << threads;
    }
  }
  set_num_threads(threads_before);
}

}  // namespace
}  // namespace lamina::testing
