// argmax and argmin.
#include "lamina/ops/argreduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Reference position(ArgReduceAttrs attrs, double sign) {
  return [=](const std::vector<NdArray>& in) {
    const Shape& shape = in[0].shape;
    Shape outer = shape, result;
    outer.set(attrs.axis, 1);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (axis != attrs.axis || attrs.keepdims) result.push_back(outer[axis]);
    }
    NdArray out(outer);
    for_each_index(outer, [&](std::vector<int64_t> index) {
      auto& k = index[static_cast<size_t>(attrs.axis)];
      int64_t best = 0;
      double value = in[0].at(index);
      for (k = 1; k < shape[attrs.axis]; ++k) {
        const double candidate = in[0].at(index);
        if (std::isnan(value) || !(std::isnan(candidate) || sign * candidate > sign * value)) continue;
        value = candidate;
        best = k;
      }
      k = 0;
      out.at(index) = static_cast<double>(best);
    });
    out.shape = result;
    return std::vector<NdArray>{out};
  };
}

OpRow row(const char* op, const char* label, ArgReduceAttrs attrs, RowInput input,
          std::vector<DType> dtypes) {
  return {.op = op,
          .label = label,
          .attrs = attrs,
          .inputs = {input},
          .dtypes = dtypes,
          .out_dtypes = {DType::kInt32},
          .reference = position(attrs, op == std::string("argmax") ? 1 : -1),
          .gradient = false};
}

const std::vector<DType> kSome = {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt8,
                                  DType::kInt64};

const OpRows rows({
    row("argmax", "last", {1}, {.shape = {5, 9}, .lo = -50, .hi = 50}, kSome),
    row("argmax", "first_keepdims", {0, true}, {.shape = {5, 9}, .lo = -50, .hi = 50}, kSome),
    row("argmin", "middle", {1}, {.shape = {3, 4, 2}, .lo = -50, .hi = 50}, kSome),
    row("argmax", "ties", {0}, {.shape = {6}, .values = {1, 3, 2, 3, 3, 0}}, kSome),
    row("argmin", "ties", {0}, {.shape = {6}, .values = {1, 0, 2, 0, 3, 0}}, kSome),
    row("argmax", "nan", {1}, {.shape = {2, 3}, .values = {1, kNaN, kNaN, -kInf, -kInf, kInf}},
        {DType::kFloat32}),
    row("argmin", "nan", {1}, {.shape = {2, 3}, .values = {1, kNaN, kNaN, kInf, kInf, -kInf}},
        {DType::kFloat16}),
    row("argmax", "size_one", {1}, {.shape = {3, 1}}, kSome),
    row("argmax", "no_rows", {1}, {.shape = {0, 4}}, kSome),
    row("argmin", "no_rows", {0}, {.shape = {4, 0}}, kSome),
    row("argmax", "nan_first", {0}, {.shape = {3}, .values = {kNaN, kInf, 1}},
        {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16}),
    row("argmin", "all_nan", {0}, {.shape = {3}, .values = {kNaN, kNaN, kNaN}},
        {DType::kFloat32, DType::kFloat64}),
    row("argmax", "bools", {0}, {.shape = {4}, .values = {0, 0, 1, 1}}, {DType::kBool}),
});

TEST(ArgReduce, TakesNegativeAxes) {
  const Tensor x = Tensor::from<float>(std::vector<float>{1, 5, 2, 9, 0, 3}, {2, 3});
  EXPECT_EQ(argmax(x, -1).to_vector<int>(), (std::vector<int>{1, 0}));
  EXPECT_EQ(argmin(x, -2).to_vector<int>(), (std::vector<int>{0, 1, 0}));
}

TEST(ArgReduce, Errors) {
  EXPECT_THROW(argmax(Tensor::from<float>({1, 2}), 1), InvalidArgument);
  EXPECT_THROW(argmax(Tensor(1.0f), 0), InvalidArgument);
  EXPECT_THROW(argmin(Tensor::from<float>(std::vector<float>{}, {2, 0})), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
