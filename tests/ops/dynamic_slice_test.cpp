// dynamic_slice and slice_update.
#include "lamina/ops/dynamic_slice.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

std::vector<int64_t> moved(std::vector<int64_t> at, const NdArray& starts) {
  for (size_t i = 0; i < at.size(); ++i) at[i] += static_cast<int64_t>(starts.data[i]);
  return at;
}

Reference part(Shape shape) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out(shape);
    for_each_index(shape, [&](const std::vector<int64_t>& at) { out.at(at) = in[0].at(moved(at, in[1])); });
    return std::vector{out};
  };
}

std::vector<NdArray> updated(const std::vector<NdArray>& in) {
  NdArray out = in[0];
  for_each_index(in[2].shape,
                 [&](const std::vector<int64_t>& at) { out.at(moved(at, in[1])) = in[2].at(at); });
  return {out};
}

RowInput starts(std::vector<double> values, DType dtype = DType::kInt32) {
  return {.shape = {static_cast<int64_t>(values.size())}, .values = values, .dtype = dtype};
}

const std::vector<DType> kSome = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kInt64,
                                  DType::kUInt8};

const OpRows rows({
    {.op = "dynamic_slice",
     .label = "inside",
     .attrs = DynamicSliceAttrs{{2, 3}},
     .inputs = {{.shape = {4, 5}}, starts({1, 2})},
     .dtypes = kSome,
     .reference = part({2, 3})},
    {.op = "dynamic_slice",
     .label = "rows",
     .attrs = DynamicSliceAttrs{{1, 2, 3}},
     .inputs = {{.shape = {3, 2, 3}}, starts({2, 0, 0}, DType::kInt64)},
     .reference = part({1, 2, 3})},
    {.op = "dynamic_slice",
     .label = "nothing",
     .attrs = DynamicSliceAttrs{{0, 2}},
     .inputs = {{.shape = {3, 2}}, starts({3, 0}, DType::kUInt8)},
     .reference = part({0, 2})},
    {.op = "slice_update",
     .label = "inside",
     .inputs = {{.shape = {4, 5}}, starts({1, 2}), {.shape = {2, 3}}},
     .dtypes = kSome,
     .reference = updated},
    {.op = "slice_update",
     .label = "whole",
     .inputs = {{.shape = {3}}, starts({0}, DType::kInt8), {.shape = {3}}},
     .reference = updated},
    {.op = "slice_update",
     .label = "nothing",
     .inputs = {{.shape = {3}}, starts({1}), {.shape = {0}}},
     .reference = updated},
});

TEST(DynamicSlice, ErrorsAndOpenExtents) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 3, 4, 5}, {2, 3});
  const auto at = [](int row, int column) { return Tensor::from<int>({row, column}); };
  EXPECT_EQ(dynamic_slice(x, at(1, 1), {1, -1}).to_vector<float>(), (std::vector<float>{4, 5}));
  EXPECT_THROW(dynamic_slice(x, at(1, 1), {2, 1}).eval(), InvalidArgument);
  EXPECT_THROW(dynamic_slice(x, at(-1, 1), {1, 1}).eval(), InvalidArgument);
  EXPECT_THROW(dynamic_slice(x, at(0, 4), {1, -1}), InvalidArgument);
  EXPECT_THROW(dynamic_slice(x, at(0, 0), {3, 1}), InvalidArgument);
  EXPECT_THROW(dynamic_slice(x, at(0, 0), {1}), InvalidArgument);
  EXPECT_THROW(dynamic_slice(x, Tensor::from<int>({0}), {1, 1}), InvalidArgument);
  EXPECT_THROW(slice_update(x, at(1, 2), zeros({1, 2})).eval(), InvalidArgument);
  EXPECT_THROW(slice_update(x, at(1, 2), zeros({1, 1}, DType::kInt32)), InvalidArgument);
  EXPECT_THROW(slice_update(x, at(1, 2), zeros({1})), InvalidArgument);
}

TEST(SliceUpdate, KeepsWhatOthersRead) {
  const Tensor x = Tensor::from<float>({1, 2, 3}).eval();
  const Tensor y = slice_update(x, Tensor::from<int>({1}), Tensor::from<float>({9})).eval();
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 9, 3}));
  const Function f = compile([](const std::vector<Tensor>& a) {
    const Tensor doubled = a[0] * 2.0;
    return std::vector{slice_update(doubled, a[1], Tensor::from<float>({5})) + doubled};
  });
  EXPECT_EQ(f({x, Tensor::from<int>({0})})[0].to_vector<float>(), (std::vector<float>{7, 8, 12}));
  EXPECT_EQ(f({x, Tensor::from<int>({2})})[0].to_vector<float>(), (std::vector<float>{4, 8, 11}));
}

}  // namespace
}  // namespace lamina::testing
