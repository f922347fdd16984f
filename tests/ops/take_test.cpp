// take, scatter_add and one_hot.
#include "lamina/ops/take.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

using Index = std::vector<int64_t>;

/// Calls visit(whole index or none, gathered index) for each element of the gathered tensor.
template <class Visit>
void for_each_taken(const Shape& whole, const NdArray& indices, int axis, Visit&& visit) {
  Shape gathered;
  for (int i = 0; i < axis; ++i) gathered.push_back(whole[i]);
  for (int64_t extent : indices.shape) gathered.push_back(extent);
  for (int i = axis + 1; i < whole.rank(); ++i) gathered.push_back(whole[i]);
  for_each_index(gathered, [&](const Index& at) {
    const Index which(at.begin() + axis, at.begin() + axis + indices.shape.rank());
    auto position = static_cast<int64_t>(indices.at(which));
    if (position < 0) position += whole[axis];
    Index from(at.begin(), at.begin() + axis);
    from.push_back(position);
    from.insert(from.end(), at.begin() + axis + indices.shape.rank(), at.end());
    visit(position >= 0 && position < whole[axis] ? &from : nullptr, at);
  });
}

Reference taken(int axis, Shape result, double missing) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out(result);
    for_each_taken(in[0].shape, in[1], axis, [&](const Index* from, const Index& at) {
      out.at(at) = from ? in[0].at(*from) : missing;
    });
    return std::vector<NdArray>{out};
  };
}

Reference scattered(int axis, Shape result) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out(result);
    for_each_taken(result, in[1], axis, [&](const Index* to, const Index& at) {
      if (to) out.at(*to) += in[0].at(at);
    });
    return std::vector<NdArray>{out};
  };
}

RowInput indices(Shape shape, std::vector<double> values, DType dtype = DType::kInt32) {
  return {.shape = shape, .values = values, .dtype = dtype};
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const OpRows takes({
    {.op = "take",
     .label = "rows",
     .attrs = TakeAttrs{0},
     .inputs = {{.shape = {4, 3}}, indices({2, 2}, {3, 0, 3, -1}, DType::kInt64)},
     .reference = taken(0, {2, 2, 3}, kNaN)},
    {.op = "take",
     .label = "columns",
     .attrs = TakeAttrs{1},
     .inputs = {{.shape = {2, 4, 2}}, indices({3}, {1, 1, 2}, DType::kUInt8)},
     .reference = taken(1, {2, 3, 2}, kNaN)},
    {.op = "take",
     .label = "one",
     .attrs = TakeAttrs{1},
     .inputs = {{.shape = {2, 3}}, indices({}, {2}, DType::kInt8)},
     .reference = taken(1, {2}, kNaN)},
    {.op = "take",
     .label = "out_of_range",
     .attrs = TakeAttrs{0},
     .inputs = {{.shape = {3}}, indices({3}, {3, -4, 1})},
     .dtypes = {DType::kFloat32, DType::kFloat16, DType::kFloat64},
     .reference = taken(0, {3}, kNaN),
     .gradient = false},
    {.op = "take",
     .label = "out_of_range_integers",
     .attrs = TakeAttrs{0},
     .inputs = {{.shape = {3}, .lo = 1, .hi = 9}, indices({3}, {3, -4, 1})},
     .dtypes = {DType::kInt32, DType::kBool, DType::kUInt8},
     .reference = taken(0, {3}, 0),
     .gradient = false},
    {.op = "take",
     .label = "nothing",
     .attrs = TakeAttrs{0},
     .inputs = {{.shape = {3, 2}}, indices({0}, {})},
     .reference = taken(0, {0, 2}, kNaN)},
    {.op = "take",
     .label = "from_nothing",
     .attrs = TakeAttrs{0},
     .inputs = {{.shape = {0, 2}}, indices({1}, {0})},
     .reference = taken(0, {1, 2}, kNaN),
     .gradient = false},
});

const OpRows lookups({
    {.op = "embedding_lookup",
     .label = "sentences",
     .inputs = {{.shape = {4, 3}}, indices({2, 2}, {3, 0, 3, 1}, DType::kInt64)},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16},
     .reference = taken(0, {2, 2, 3}, kNaN)},
    {.op = "embedding_lookup",
     .label = "one",
     .inputs = {{.shape = {300, 2}}, indices({}, {255}, DType::kUInt8)},
     .reference = taken(0, {2}, kNaN)},
    {.op = "embedding_lookup",
     .label = "nothing",
     .inputs = {{.shape = {3, 2}}, indices({0, 4}, {})},
     .reference = taken(0, {0, 4, 2}, kNaN)},
});

const OpRows scatters({
    {.op = "scatter_add",
     .label = "rows",
     .attrs = ScatterAddAttrs{0, 4},
     .inputs = {{.shape = {2, 2, 3}}, indices({2, 2}, {3, 0, 3, -1})},
     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16, DType::kInt64},
     .reference = scattered(0, {4, 3})},
    {.op = "scatter_add",
     .label = "columns",
     .attrs = ScatterAddAttrs{1, 3},
     .inputs = {{.shape = {2, 4}}, indices({4}, {1, 1, 7, 0}, DType::kInt64)},
     .reference = scattered(1, {2, 3})},
    {.op = "scatter_add",
     .label = "nothing",
     .attrs = ScatterAddAttrs{0, 2},
     .inputs = {{.shape = {0, 2}}, indices({0}, {})},
     .reference = scattered(0, {2, 2})},
});

Reference indicators(int64_t depth) {
  return [=](const std::vector<NdArray>& in) {
    Shape shape = in[0].shape;
    shape.push_back(depth);
    NdArray out(shape);
    for_each_index(shape, [&](const Index& at) {
      const Index which(at.begin(), at.end() - 1);
      out.at(at) = in[0].at(which) == static_cast<double>(at.back()) ? 1 : 0;
    });
    return std::vector<NdArray>{out};
  };
}

OpRow one_hot_row(const char* label, RowInput input, OneHotAttrs attrs) {
  return {.op = "one_hot",
          .label = label,
          .attrs = attrs,
          .inputs = {input},
          .dtypes = {DType::kInt32, DType::kInt64, DType::kInt8},
          .out_dtypes = {attrs.dtype},
          .reference = indicators(attrs.depth),
          .gradient = false};
}

const OpRows one_hots({
    one_hot_row("vector", {.shape = {7}, .lo = 0, .hi = 4}, {5, DType::kFloat32}),
    one_hot_row("matrix", {.shape = {2, 3}, .lo = 0, .hi = 4}, {5, DType::kBFloat16}),
    one_hot_row("out_of_range", {.shape = {4}, .values = {-1, 0, 3, 2}}, {3, DType::kBool}),
    one_hot_row("scalar", {.values = {1}}, {3, DType::kInt64}),
    one_hot_row("empty", {.shape = {0}}, {3, DType::kFloat64}),
    one_hot_row("no_depth", {.shape = {2}, .values = {0, 1}}, {0, DType::kFloat32}),
});

TEST(ScatterAdd, ThreadsDoNotChangeIt) {
  std::vector<float> values(40000);
  std::vector<int> where(10000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i % 89 + 1);
  for (size_t i = 0; i < where.size(); ++i) where[i] = static_cast<int>(i * i % 37);
  const Tensor updates = Tensor::from(values, {10000, 4}), at = Tensor::from(where, {10000});
  const int before = num_threads();
  set_num_threads(1);
  const auto alone = scatter_add(updates, at, 0, 37).to_vector<float>();
  set_num_threads(4);
  EXPECT_EQ(scatter_add(updates, at, 0, 37).to_vector<float>(), alone);
  set_num_threads(before);
}

/// The message of the InvalidArgument that looking at the rows gives.
std::string lookup_error(const Tensor& table, const Tensor& ids) {
  try {
    embedding_lookup(table, ids).eval();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(EmbeddingLookup, ErrorsSayWhichIdWhereAndWhatThereIs) {
  const Tensor table = Tensor::from(std::vector<float>(12), {4, 3});
  EXPECT_EQ(
      lookup_error(table, Tensor::from<int>(std::vector<int>{0, 3, 1, 4}, {2, 2})),
      "embedding_lookup: id 4 at place (1, 1) is not a row of the table: its 4 rows have the ids 0 to 3");
  EXPECT_NE(lookup_error(table, Tensor::from<int64_t>({0, -1})).find("id -1 at place (1,)"),
            std::string::npos);
  EXPECT_NE(lookup_error(table, Tensor::from<uint8_t>({200})).find("id 200"), std::string::npos);
  EXPECT_THROW(embedding_lookup(Tensor::from<float>({1, 2}), Tensor::from<int>({0})), InvalidArgument);
  EXPECT_THROW(embedding_lookup(table, Tensor::from<float>({0})), InvalidArgument);
}

TEST(EmbeddingLookup, GoesOnAfterAnError) {
  const Function f =
      compile([](const std::vector<Tensor>& a) { return std::vector{embedding_lookup(a[0], a[1])}; });
  const Tensor table = Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(f({table, Tensor::from<int>({1})})[0].to_vector<float>(), (std::vector<float>{3, 4}));
  EXPECT_THROW(f({table, Tensor::from<int>({2})})[0].eval(), InvalidArgument);
  EXPECT_EQ(f({table, Tensor::from<int>({0})})[0].to_vector<float>(), (std::vector<float>{1, 2}));
}

// Of more indices than one thread takes, in range and out of it.
TEST(Take, ManySingleElements) {
  const int64_t rows = 3, extent = 1000, count = 40000;
  std::vector<float> x;
  for (int64_t i = 0; i < rows * extent; ++i) x.push_back(static_cast<float>(i));
  std::vector<int32_t> indices;
  for (int64_t k = 0; k < count; ++k) indices.push_back(static_cast<int32_t>(k * 7919 % 2402 - 1201));
  const auto taken = take(Tensor::from(x, {rows, extent}), Tensor::from(indices), 1).to_vector<float>();
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t k = 0; k < count; ++k) {
      int64_t index = indices[static_cast<size_t>(k)];
      if (index < 0) index += extent;
      const float found = taken[static_cast<size_t>(row * count + k)];
      if (index < 0 || index >= extent) {
        ASSERT_TRUE(std::isnan(found)) << k;
      } else {
        ASSERT_EQ(found, static_cast<float>(row * extent + index)) << k;
      }
    }
  }
}

TEST(Take, Errors) {
  const Tensor x = Tensor::from<float>({1, 2});
  EXPECT_THROW(take(x, Tensor::from<float>({0})), InvalidArgument);
  EXPECT_THROW(take(x, Tensor::from<int>({0}), 1), InvalidArgument);
  EXPECT_THROW(scatter_add(x, Tensor::from<int>({0, 1, 2}), 0, 3), InvalidArgument);
  EXPECT_THROW(scatter_add(x, Tensor::from<int>({0, 1}), 0, -3), InvalidArgument);
  EXPECT_THROW(one_hot(x, 3), InvalidArgument);
  EXPECT_THROW(one_hot(Tensor::from<int>({0}), -1), InvalidArgument);
}

TEST(TakeAlongAxis, TakesOneElementForEachIndex) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 10, 11, 12}, {2, 3});
  const auto at = [](std::vector<int> places, const Shape& shape) { return Tensor::from(places, shape); };
  EXPECT_EQ(take_along_axis(x, at({2, -1, 0, 1}, {2, 2}), 1).to_vector<float>(),
            (std::vector<float>{2, 2, 10, 11}));
  EXPECT_EQ(take_along_axis(x, at({1, 0, -2}, {1, 3}), 0).to_vector<float>(), (std::vector<float>{10, 1, 2}));
  EXPECT_EQ(take_along_axis(x, at({5, -6}, {2})).to_vector<float>(), (std::vector<float>{12, 0}));
  EXPECT_EQ(take_along_axis(x, at({1}, {1, 1}), -1).to_vector<float>(), (std::vector<float>{1, 11}));
  const auto beyond = take_along_axis(x, at({3, -4}, {2, 1}), 1).to_vector<float>();
  EXPECT_TRUE(std::isnan(beyond[0]) && std::isnan(beyond[1]));
}

TEST(TakeAlongAxis, SendsGradientsBack) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 10, 11, 12}, {2, 3});
  const Tensor places = Tensor::from(std::vector<int>{1, 1, 0, 7}, {2, 2});
  const auto loss = [&](const std::vector<Tensor>& in) {
    const Tensor taken = take_along_axis(in[0], places, 1);
    return sum(where(isnan(taken), 0.0, taken * Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2})));
  };
  EXPECT_EQ(grad(loss)({x})[0].to_vector<float>(), (std::vector<float>{0, 3, 0, 3, 0, 0}));
}

TEST(TakeAlongAxis, Errors) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 10, 11, 12}, {2, 3});
  EXPECT_THROW(take_along_axis(x, zeros({2, 3}), 1), InvalidArgument);
  EXPECT_THROW(take_along_axis(x, zeros({2}, DType::kInt32), 1), InvalidArgument);
  EXPECT_THROW(take_along_axis(x, zeros({3, 1}, DType::kInt32), 1), InvalidArgument);
  EXPECT_THROW(take_along_axis(x, zeros({2, 1}, DType::kInt32), 2), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
