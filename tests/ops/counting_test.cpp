// bincount, multi_hot, unique.
#include "lamina/ops/counting.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"

namespace lamina {
namespace {

using Ints = std::vector<int32_t>;
using Floats = std::vector<float>;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(Bincount, CountsAndSums) {
  const Tensor x = Tensor::from<int>({1, 5, 1, 3});
  EXPECT_EQ(bincount(x).to_vector<int32_t>(), (Ints{0, 2, 0, 1, 0, 1}));
  EXPECT_EQ(bincount(x, {}, 8).to_vector<int32_t>(), (Ints{0, 2, 0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(bincount(x, Tensor::from<float>({1, 2, 4, 0.5f})).to_vector<float>(),
            (Floats{0, 5, 0, 0.5f, 0, 2}));
  EXPECT_EQ(bincount(x, {}, 0, 4).to_vector<int32_t>(), (Ints{0, 2, 0, 1}));
  EXPECT_EQ(bincount(zeros({0}, DType::kInt32)).shape(), (Shape{0}));
  EXPECT_EQ(bincount(zeros({0}, DType::kInt32), {}, 2).to_vector<int32_t>(), (Ints{0, 0}));
}

TEST(Bincount, CountsEveryRow) {
  const Tensor x = Tensor::from(std::vector<int64_t>{0, 2, 2, 1, 1, 0}, {2, 3});
  EXPECT_EQ(bincount(x).to_vector<int32_t>(), (Ints{1, 0, 2, 1, 2, 0}));
  EXPECT_EQ(bincount(x).dtype(), DType::kInt32);
}

TEST(Bincount, WeightsHaveGradients) {
  const Tensor x = Tensor::from<int>({1, 0, 1});
  const auto loss = [&](const std::vector<Tensor>& weights) {
    return sum(bincount(x, weights[0], 0, 3) * Tensor::from<float>({2, 3, 4}));
  };
  EXPECT_EQ(grad(loss)({Tensor::from<float>({1, 1, 1})})[0].to_vector<float>(), (Floats{3, 2, 3}));
}

TEST(Bincount, RefusesWhatCannotBeCounted) {
  EXPECT_THROW(bincount(Tensor::from<int>({1, -1})).eval(), InvalidArgument);
  EXPECT_THROW(bincount(Tensor::from<int>({-3, -1})).eval(), InvalidArgument);
  EXPECT_THROW(bincount(Tensor::from<float>({1, 2})), InvalidArgument);
  EXPECT_THROW(bincount(full(Shape{}, 1, DType::kInt32)), InvalidArgument);
  EXPECT_THROW(bincount(Tensor::from<int>({1, 2}), Tensor::from<float>({1})), InvalidArgument);
  EXPECT_THROW(bincount(Tensor::from<int>({1, 2}), {}, -1), InvalidArgument);
  EXPECT_THROW(bincount(Tensor::from<int>({1, 2}), {}, 0, -1), InvalidArgument);
  EXPECT_THROW(bincount(Tensor::from<int64_t>({1, std::numeric_limits<int64_t>::max() - 1})).eval(), Error);
}

TEST(MultiHot, SaysWhichClassesThereAre) {
  const Tensor x = Tensor::from(std::vector<int32_t>{0, 3, 3, 1, -1, 9}, {2, 3});
  EXPECT_EQ(multi_hot(x, 4).to_vector<float>(), (Floats{1, 0, 0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(multi_hot(Tensor::from<int>({2, 0}), 3, DType::kInt32).to_vector<int32_t>(), (Ints{1, 0, 1}));
  EXPECT_THROW(multi_hot(x, -1), InvalidArgument);
  EXPECT_THROW(multi_hot(full(Shape{}, 1, DType::kInt32), 2), InvalidArgument);
}

TEST(Unique, FindsValuesPlacesAndCounts) {
  const Tensor x = Tensor::from(std::vector<int32_t>{3, 1, 2, 1, 3, 3}, {2, 3});
  const Unique found = unique(x);
  EXPECT_EQ(found.values.to_vector<int32_t>(), (Ints{1, 2, 3}));
  EXPECT_EQ(found.index.to_vector<int32_t>(), (Ints{1, 2, 0}));
  EXPECT_EQ(found.inverse.to_vector<int32_t>(), (Ints{2, 0, 1, 0, 2, 2}));
  EXPECT_EQ(found.inverse.shape(), x.shape());
  EXPECT_EQ(found.counts.to_vector<int32_t>(), (Ints{2, 1, 3}));
}

TEST(Unique, KeepsToItsSize) {
  const Tensor x = Tensor::from<int>({3, 1, 2, 1});
  const Unique more = unique(x, 5, 9), less = unique(x, 2);
  EXPECT_EQ(more.values.to_vector<int32_t>(), (Ints{1, 2, 3, 9, 9}));
  EXPECT_EQ(more.index.to_vector<int32_t>(), (Ints{1, 2, 0, 1, 1}));
  EXPECT_EQ(more.counts.to_vector<int32_t>(), (Ints{2, 1, 1, 0, 0}));
  EXPECT_EQ(less.values.to_vector<int32_t>(), (Ints{1, 2}));
  EXPECT_EQ(less.counts.to_vector<int32_t>(), (Ints{2, 1}));
  EXPECT_EQ(less.inverse.to_vector<int32_t>(), (Ints{2, 0, 1, 0}));
  const Function f =
      compile([](const std::vector<Tensor>& a) { return std::vector{unique(a[0], 3).values}; });
  EXPECT_EQ(f({x})[0].to_vector<int32_t>(), (Ints{1, 2, 3}));
}

TEST(Unique, OfNaNsAndZerosAndNothing) {
  const Unique found = unique(Tensor::from<float>({kNaN, 0, -0.0f, kNaN, -1}));
  const Floats values = found.values.to_vector<float>();
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0], -1);
  EXPECT_EQ(values[1], 0);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(found.counts.to_vector<int32_t>(), (Ints{1, 2, 2}));
  EXPECT_EQ(unique(zeros({0})).values.shape(), (Shape{0}));
  EXPECT_EQ(unique(zeros({0, 2}), 2, 7).values.to_vector<float>(), (Floats{7, 7}));
  EXPECT_EQ(unique(full(Shape{}, 4)).values.to_vector<float>(), (Floats{4}));
  EXPECT_THROW(unique(zeros({2}), -1), InvalidArgument);
}

TEST(Unique, GradientsGoToTheFirstOccurrence) {
  const auto loss = [](const std::vector<Tensor>& x) {
    return sum(unique(x[0], 2).values * Tensor::from<float>({2, 5}));
  };
  EXPECT_EQ(grad(loss)({Tensor::from<float>({3, 1, 3})})[0].to_vector<float>(), (Floats{5, 2, 0}));
}

}  // namespace
}  // namespace lamina
