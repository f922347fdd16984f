// scatter_update, scatter and the segment reductions.
#include "lamina/ops/scatter_update.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Reference updated(double (*combine)(double, double)) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out = in[0];
    for_each_index(in[2].shape, [&](const std::vector<int64_t>& at) {
      const auto outer = static_cast<size_t>(in[1].shape.rank() - 1);
      std::vector<int64_t> which(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(outer)), to;
      which.push_back(0);
      for (; which.back() < in[1].shape[-1]; ++which.back())
        to.push_back(static_cast<int64_t>(in[1].at(which)));
      to.insert(to.end(), at.begin() + static_cast<std::ptrdiff_t>(outer), at.end());
      out.at(to) = combine(out.at(to), in[2].at(at));
    });
    return std::vector{out};
  };
}
double replace(double, double update) { return update; }
double add(double a, double b) { return a + b; }
double multiply(double a, double b) { return a * b; }
double largest(double a, double b) { return std::isnan(b) || b > a ? b : a; }
double smallest(double a, double b) { return std::isnan(b) || b < a ? b : a; }

RowInput places(Shape shape, std::vector<double> values, DType dtype = DType::kInt32) {
  return {.shape = shape, .values = values, .dtype = dtype};
}

OpRow row(const char* label, const char* reduction, Reference reference, std::vector<DType> dtypes) {
  return {.op = "scatter_update",
          .label = label,
          .attrs = ScatterUpdateAttrs{reduction},
          .inputs = {{.shape = {4, 3}, .distinct = true},
                     places({3, 1}, {2, 0, 2}),
                     {.shape = {3, 3}, .lo = -1.91, .hi = 2.07, .distinct = true}},
          .dtypes = dtypes,
          .reference = reference};
}

const std::vector<DType> kSome = {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt32,
                                  DType::kInt8};

const OpRows rows({
    row("replace", "", updated(replace), kSome),
    row("add", "add", updated(add), kSome),
    row("mul", "mul", updated(multiply), kSome),
    {.op = "scatter_update",
     .label = "mul_zeros",
     .attrs = ScatterUpdateAttrs{"mul"},
     .inputs = {{.shape = {4}, .values = {2, 0, 3, 0}},
                places({6, 1}, {0, 0, 1, 2, 2, 3}),
                {.shape = {6}, .values = {0, 5, 7, 0, 0, 0}}},
     .reference = updated(multiply),
     .second_order = false},  // not right where factors are 0
    row("max", "max", updated(largest), kSome),
    row("min", "min", updated(smallest), kSome),
    {.op = "scatter_update",
     .label = "elements",
     .attrs = ScatterUpdateAttrs{},
     .inputs = {{.shape = {2, 3}},
                places({2, 2, 2}, {1, 2, 0, 0, 1, 2, 1, 1}, DType::kInt64),
                {.shape = {2, 2}}},
     .reference = updated(replace)},
    {.op = "scatter_update",
     .label = "bools",
     .attrs = ScatterUpdateAttrs{},
     .inputs = {{.shape = {3}, .values = {1, 0, 1}},
                places({2, 1}, {0, 1}, DType::kUInt8),
                {.shape = {2}, .values = {0, 1}}},
     .dtypes = {DType::kBool},
     .reference = updated(replace),
     .gradient = false},
    {.op = "scatter_update",
     .label = "nan",
     .attrs = ScatterUpdateAttrs{"max"},
     .inputs = {{.shape = {3}, .values = {kNaN, 1, 2}},
                places({3, 1}, {0, 1, 2}),
                {.shape = {3}, .values = {1, kNaN, 3}}},
     .reference = updated(largest),
     .gradient = false},
    {.op = "scatter_update",
     .label = "nothing",
     .attrs = ScatterUpdateAttrs{"add"},
     .inputs = {{.shape = {2}}, places({0, 1}, {}), {.shape = {0}}},
     .reference = updated(add)},
});

TEST(ScatterUpdate, ErrorsSayWhichIndexWhereAndWhatThereIs) {
  const Tensor x = zeros({2, 3}), update = Tensor::from<float>({1, 2});
  const auto message = [&](const Tensor& indices) -> std::string {
    try {
      scatter_update(x, indices, update).eval();
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(
      message(Tensor::from<int>({{0, 1}, {1, 3}})).find("index 3 at place (1, 1) is out of range: axis 1"),
      std::string::npos);
  EXPECT_NE(message(Tensor::from<int>({{-1, 1}, {1, 2}})).find("index -1 at place (0, 0)"),
            std::string::npos);
  EXPECT_EQ(message(Tensor::from<int>({{0, 1}, {1, 2}})), "no error");
  EXPECT_THROW(scatter_update(x, Tensor::from<float>({{0, 1}, {1, 2}}), update), InvalidArgument);
  EXPECT_THROW(scatter_update(x, Tensor::from<int>({{0, 1, 0}}), update), InvalidArgument);
  EXPECT_THROW(scatter_update(x, Tensor::from<int>({{0}, {1}}), update), InvalidArgument);
  EXPECT_THROW(scatter_update(x, Tensor::from<int>({{0, 1}, {1, 2}}), Tensor::from<int>({1, 2})),
               InvalidArgument);
  EXPECT_THROW(scatter_update(x, Tensor::from<int>({{0, 1}, {1, 2}}), update, "sum"), InvalidArgument);
}

TEST(ScatterUpdate, KeepsWhatItWasGiven) {
  const Tensor x = Tensor::from<float>({1, 2, 3}).eval();
  const Tensor y = scatter_update(x, Tensor::from<int>({{1}}), Tensor::from<float>({9})).eval();
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 9, 3}));
  const Function f = compile([](const std::vector<Tensor>& a) {
    const Tensor doubled = a[0] * 2.0;
    return std::vector{scatter_update(doubled, Tensor::from<int>({{0}}), Tensor::from<float>({5})) + doubled};
  });
  EXPECT_EQ(f({x})[0].to_vector<float>(), (std::vector<float>{7, 8, 12}));
}

TEST(Scatter, AddsUp) {
  EXPECT_EQ(
      scatter(Tensor::from<int>({{1}, {1}, {0}}), Tensor::from<float>({1, 2, 4}), {3}).to_vector<float>(),
      (std::vector<float>{4, 3, 0}));
}

TEST(Segments, ReduceWhatHasOneId) {
  const Tensor data = Tensor::from(std::vector<float>{1, 2, 10, 20, 5, 3}, {3, 2}),
               ids = Tensor::from<int>({0, 2, 0});
  EXPECT_EQ(segment_sum(data, ids, 4).to_vector<float>(), (std::vector<float>{6, 5, 0, 0, 10, 20, 0, 0}));
  EXPECT_EQ(segment_sum(data, ids).shape(), Shape({3, 2}));
  EXPECT_EQ(segment_prod(data, ids, 4).to_vector<float>(), (std::vector<float>{5, 6, 1, 1, 10, 20, 1, 1}));
  const float lowest = std::numeric_limits<float>::lowest();
  EXPECT_EQ(segment_max(data, ids, 3).to_vector<float>(), (std::vector<float>{5, 3, lowest, lowest, 10, 20}));
  EXPECT_EQ(segment_min(data, ids).to_vector<float>()[0], 1);
  EXPECT_EQ(segment_max(Tensor::from<int>({4}), Tensor::from<int>({1})).to_vector<int>(),
            (std::vector<int>{std::numeric_limits<int>::min(), 4}));
  EXPECT_THROW(segment_sum(data, ids, 2).eval(), InvalidArgument);
  EXPECT_THROW(segment_sum(data, Tensor::from<int>({0, -1, 0}), 2).eval(), InvalidArgument);
  EXPECT_THROW(segment_sum(data, Tensor::from<int>({0, 1}), 2), InvalidArgument);
  EXPECT_THROW(segment_max(data, ids, -2), InvalidArgument);
  EXPECT_EQ(segment_sum(zeros({0, 2}), zeros({0}, DType::kInt32)).shape(), Shape({0, 2}));
}

TEST(Segments, EqualExtremesShareTheGradient) {
  const auto loss = [](const std::vector<Tensor>& in) {
    return sum(segment_max(in[0], Tensor::from<int>({0, 0, 1}), 2));
  };
  EXPECT_EQ(grad(loss)({Tensor::from<float>({3, 3, 1})})[0].to_vector<float>(),
            (std::vector<float>{0.5f, 0.5f, 1}));
}

}  // namespace
}  // namespace lamina::testing
