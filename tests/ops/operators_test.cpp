// Operators, indexing and members of tensors, as people type them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

using Floats = std::vector<float>;
using Ints = std::vector<int>;

Tensor sample() { return Tensor::from<float>({{1, -2, 3}, {-4, 5, -6}}); }

Ints bits(const Tensor& x) {
  EXPECT_EQ(x.dtype(), DType::kBool);
  return x.to_vector<int>();
}

TEST(Operators, Compare) {
  const Tensor x = Tensor::from<float>({1, 2, 3});
  const Tensor y = Tensor::from<float>({3, 2, 1});
  EXPECT_EQ(bits(x == y), (Ints{0, 1, 0}));
  EXPECT_EQ(bits(x != y), (Ints{1, 0, 1}));
  EXPECT_EQ(bits(x < y), (Ints{1, 0, 0}));
  EXPECT_EQ(bits(x <= y), (Ints{1, 1, 0}));
  EXPECT_EQ(bits(x > y), (Ints{0, 0, 1}));
  EXPECT_EQ(bits(x >= y), (Ints{0, 1, 1}));
  EXPECT_EQ(bits(x > 1), (Ints{0, 1, 1}));
  EXPECT_EQ(bits(x == 2), (Ints{0, 1, 0}));
  EXPECT_EQ(bits(x != 2.0f), (Ints{1, 0, 1}));
  EXPECT_EQ(bits(1.5 < x), (Ints{0, 1, 1}));
  EXPECT_EQ(bits(2 >= x), (Ints{1, 1, 0}));
  EXPECT_EQ(bits(2 == x), (Ints{0, 1, 0}));
  EXPECT_EQ(bits(2 != x), (Ints{1, 0, 1}));
  EXPECT_EQ(bits(2 > x), (Ints{1, 0, 0}));
  EXPECT_EQ(bits(2 <= x), (Ints{0, 1, 1}));
}

TEST(Operators, Logic) {
  const Tensor x = Tensor::from<float>({1, 2, 3});
  EXPECT_EQ(bits(x > 1 && x < 3), (Ints{0, 1, 0}));
  EXPECT_EQ(bits(x < 2 || x > 2), (Ints{1, 0, 1}));
  EXPECT_EQ(bits(!(x > 1)), (Ints{1, 0, 0}));
}

TEST(Operators, AssignAndLeaveOtherHandlesAlone) {
  Tensor x = Tensor::from<float>({1, 2});
  const Tensor old = x;
  x += 1;
  x *= Tensor::from<float>({2, 3});
  x -= 0.5;
  x /= 2;
  EXPECT_EQ(x.to_vector<float>(), (Floats{1.75f, 4.25f}));
  EXPECT_EQ(old.to_vector<float>(), (Floats{1, 2}));
  Tensor ints = Tensor::from<int>({1, 2});
  ints += 1;
  EXPECT_EQ(ints.dtype(), DType::kInt32);
  ints += 0.5;
  EXPECT_EQ(ints.dtype(), DType::kFloat32);
  Tensor y = Tensor::from<float>({8, 8});
  y += y;
  y -= Tensor(1);
  y /= Tensor::from<float>({3, 5});
  EXPECT_EQ(y.to_vector<float>(), (Floats{5, 3}));
}

TEST(Operators, AssignmentsAreDifferentiated) {
  const auto f = [](const std::vector<Tensor>& a) {
    Tensor y = a[0];
    y *= a[0];
    y += 3;
    return y.sum();
  };
  EXPECT_EQ(grad(f)({Tensor::from<float>({1, 2})})[0].to_vector<float>(), (Floats{2, 4}));
}

TEST(Operators, IndexAsNumPyDoes) {
  const Tensor x = sample();
  EXPECT_EQ(x[0].to_vector<float>(), (Floats{1, -2, 3}));
  EXPECT_EQ(x[-1].shape(), Shape{3});
  EXPECT_EQ(x[size_t{1}][2].item(), -6);
  EXPECT_EQ((x[{1, 2}].item()), -6);
  EXPECT_EQ((x[{ellipsis, 0}].to_vector<float>()), (Floats{1, -4}));
  EXPECT_EQ((x[{0, Slice{1, 3}}].to_vector<float>()), (Floats{-2, 3}));
  EXPECT_EQ((x[Slice{0, 1}].shape()), (Shape{1, 3}));
  EXPECT_EQ((x[{newaxis, 0}].shape()), (Shape{1, 3}));
  EXPECT_THROW(x[2], InvalidArgument);
  EXPECT_THROW((x[{0, 0, 0}]), InvalidArgument);
}

TEST(Operators, AxesAreOneOrSeveral) {
  const Tensor x = sample();
  EXPECT_EQ(sum(x, 0).to_vector<float>(), (Floats{-3, 3, -3}));
  EXPECT_EQ(sum(x, -1, true).shape(), (Shape{2, 1}));
  EXPECT_EQ(sum(x, {0, 1}).item(), -3);
  EXPECT_EQ(sum(x, {0}).shape(), Shape{3});
  EXPECT_EQ(sum(x, {}).item(), -3);
  EXPECT_EQ(sum(x, std::vector<int>{1}).shape(), Shape{2});
  EXPECT_EQ(flip(x, 0).to_vector<float>(), (Floats{-4, 5, -6, 1, -2, 3}));
  static_assert(!std::is_constructible_v<Axes, bool>);
}

TEST(Operators, MembersAreTheFunctions) {
  const Tensor x = sample();
  EXPECT_EQ(x.sum().item(), -3);
  EXPECT_EQ(x.mean(0).to_vector<float>(), (Floats{-1.5f, 1.5f, -1.5f}));
  EXPECT_EQ(x.max(1).to_vector<float>(), (Floats{3, 5}));
  EXPECT_EQ(x.min().item(), -6);
  EXPECT_EQ(x.prod().item(), -720);
  EXPECT_TRUE((x > 4).any().item<bool>());
  EXPECT_FALSE((x > 4).all().item<bool>());
  EXPECT_EQ(x.argmax().item<int>(), 4);
  EXPECT_EQ(x.argmin(1).to_vector<int>(), (Ints{1, 2}));
  EXPECT_EQ(x.reshape({3, -1}).shape(), (Shape{3, 2}));
  EXPECT_EQ(x.reshape({1, 6}).squeeze().shape(), Shape{6});
  EXPECT_EQ(x.transpose().shape(), (Shape{3, 2}));
  EXPECT_EQ(x.astype(DType::kInt64).dtype(), DType::kInt64);
}

TEST(Operators, ArgmaxTakeAndConcatenateDefaultToKeras) {
  const Tensor x = sample();
  EXPECT_EQ(argmax(x).shape(), Shape{});
  EXPECT_EQ(argmax(x).item<int>(), 4);
  EXPECT_EQ(argmin(x).item<int>(), 5);
  EXPECT_EQ(argmin(x, std::nullopt, true).shape(), (Shape{1, 1}));
  EXPECT_EQ(argmax(x, -1).to_vector<int>(), (Ints{2, 1}));
  EXPECT_EQ(argmax(Tensor(3.0f)).item<int>(), 0);
  EXPECT_THROW(argmax(Tensor::from(std::vector<float>{}, {0, 2})), InvalidArgument);
  EXPECT_EQ(take(x, Tensor::from<int>({0, 4, -1})).to_vector<float>(), (Floats{1, 5, -6}));
  EXPECT_EQ(take(x, Tensor::from<int>({1}), 0).shape(), (Shape{1, 3}));
  EXPECT_EQ(concatenate({x, x}).shape(), (Shape{4, 3}));
}

// Where std is not opened as a whole, Keras's names need no qualification.
TEST(Operators, KerasNamesAreFoundByTheirArguments) {
  const Tensor x = Tensor::from<float>({1, 2});
  EXPECT_EQ(bits(greater(x, 1)), (Ints{0, 1}));
  EXPECT_EQ(bits(less_equal(x, 1)), (Ints{1, 0}));
  EXPECT_EQ(bits(logical_and(greater_equal(x, 1), less(x, 2))), (Ints{1, 0}));
  EXPECT_EQ(bits(logical_or(logical_not(x), any(x))), (Ints{1, 1}));
}

}  // namespace
}  // namespace lamina
