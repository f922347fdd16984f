// A program that opens std and lamina as a whole: every op is called, and std's classes of the same names are
// used beside them. Mostly a test that this compiles.
#include <gtest/gtest.h>

#include <algorithm>
#include <any>
#include <array>
#include <cmath>
#include <complex>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ranges>
#include <span>
#include <sstream>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/core/dlpack.h"
#include "lamina/core/grad.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

using namespace std;
using namespace lamina;

namespace {

TEST(BothNamespaces, TheStandardsClassesAreTheStandards) {
  priority_queue<int, vector<int>, greater<int>> queue;
  queue.push(2);
  queue.push(1);
  EXPECT_EQ(queue.top(), 1);
  any anything = 3;
  EXPECT_EQ(any_cast<int>(anything), 3);
  EXPECT_TRUE((less<int>()(1, 2)));
  EXPECT_TRUE((logical_and<bool>()(true, true)));
  EXPECT_TRUE(logical_not<bool>()(false));
  EXPECT_TRUE((greater_equal<>()(2, 2) && less_equal<>()(2, 2) && logical_or<>()(false, true)));
  EXPECT_EQ((plus<int>()(1, 2)) + (minus<int>()(2, 1)), 4);
  EXPECT_TRUE((equal_to<int>()(1, 1)));
  array<float, 2> values = {1, 2};
  EXPECT_EQ(size(values), 2u);
  EXPECT_EQ(data(values), values.data());
  EXPECT_EQ(max(1, 2) + min(1, 2), 3);
  EXPECT_EQ(std::abs(-1), 1);
  EXPECT_EQ(Tensor::from(span<const float>(values), {2}).sum().item(), 3);
}

TEST(BothNamespaces, EveryElementwiseOpCanBeCalled) {
  const Tensor x = Tensor::from({{0.5f, 0.25f}, {0.125f, 1.0f}});
  const Tensor y = x + 1.0;
  for (const Tensor& result : {negative(x),
                               abs(x),
                               sign(x),
                               exp(x),
                               expm1(x),
                               log(x),
                               log1p(x),
                               sqrt(x),
                               rsqrt(x),
                               square(x),
                               reciprocal(x),
                               sin(x),
                               cos(x),
                               tan(x),
                               tanh(x),
                               sigmoid(x),
                               relu(x),
                               erf(x),
                               floor(x),
                               ceil(x),
                               round(x),
                               isnan(x),
                               isfinite(x),
                               ops::logical_not(x),
                               add(x, y),
                               subtract(x, y),
                               multiply(x, y),
                               divide(x, y),
                               power(x, y),
                               maximum(x, y),
                               minimum(x, y),
                               mod(x, y),
                               floor_divide(x, y),
                               clip(x, 0, 1),
                               equal(x, y),
                               not_equal(x, y),
                               ops::greater(x, y),
                               ops::greater_equal(x, 1),
                               ops::less(x, y),
                               ops::less_equal(x, y),
                               ops::logical_and(x, y),
                               ops::logical_or(x, y),
                               x == y,
                               x != 1,
                               x<y, x> 0,
                               x <= y,
                               1 >= x,
                               x && y,
                               x || y,
                               !x,
                               -x,
                               where(x > 0.3, x, y),
                               cast(x, DType::kInt32),
                               softmax(x),
                               log_softmax(x),
                               flip(x),
                               zeros_like(x),
                               ones_like(x)}) {
    EXPECT_EQ(result.shape(), x.shape());
    EXPECT_EQ(result.to_vector<float>().size(), 4u);
  }
}

TEST(BothNamespaces, EveryOtherOpCanBeCalled) {
  const Tensor x = Tensor::from({{0.5f, 0.25f}, {0.125f, 1.0f}});
  EXPECT_TRUE(x.any().item<bool>());
  EXPECT_TRUE(ops::any(x, 0).all().item<bool>());
  EXPECT_TRUE(all(x).item<bool>());
  EXPECT_EQ(max(x).item(), 1);
  EXPECT_EQ(min(x, 0).to_vector<float>(), (vector<float>{0.125f, 0.25f}));
  EXPECT_EQ(ops::max(x, {0, 1}).item(), ops::sum(x[{1, 1}]).item());
  for (const Tensor& scalar : {sum(x), mean(x), prod(x), variance(x), logsumexp(x), argmax(x), argmin(x)})
    EXPECT_EQ(scalar.shape(), Shape{});
  EXPECT_EQ(concatenate({x, x}).shape(), (Shape{4, 2}));
  EXPECT_EQ(stack({x, x}).shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(take(x, Tensor::from({0, 3})).size(), 2);
  EXPECT_EQ(scatter_add(x, Tensor::from({0, 0}), 0, 1).shape(), (Shape{1, 2}));
  EXPECT_EQ(slice(x, {0}, {1}).shape(), (Shape{1, 2}));
  EXPECT_EQ(index(x, {0, newaxis}).shape(), (Shape{1, 2}));
  EXPECT_EQ(reshape(x, {4}).shape(), Shape{4});
  EXPECT_EQ(squeeze(expand_dims(x, 0)).shape(), x.shape());
  EXPECT_EQ(flatten(x).shape(), x.shape());
  EXPECT_EQ(transpose(x).shape(), x.shape());
  EXPECT_EQ(broadcast_to(x, {3, 2, 2}).size(), 12);
  EXPECT_EQ(tile(x, {2, 1}).shape(), (Shape{4, 2}));
  EXPECT_EQ(pad(x, {{1, 1}, {0, 0}}).shape(), (Shape{4, 2}));
  EXPECT_EQ(one_hot(Tensor::from({0, 1}), 3).shape(), (Shape{2, 3}));
  EXPECT_EQ(matmul(x, x).shape(), x.shape());
  EXPECT_EQ(zeros(2).size() + ones(3).size() + full(4, 1).size() + arange(5).size(), 14);
  const Tensor image = ones({1, 4, 4, 1});
  EXPECT_EQ(conv2d(image, ones({3, 3, 1, 2})).shape(), (Shape{1, 2, 2, 2}));
  EXPECT_EQ(max_pool2d(image, {2, 2}, {2, 2}).size() + avg_pool2d(image, {2, 2}, {2, 2}).size(), 8);
  EXPECT_EQ(random_normal(random_key(1), {3}).size() + random_uniform(random_key(1), {3}).size(), 6);
  EXPECT_EQ(categorical_crossentropy(x, softmax(x)).shape(), Shape{2});
  EXPECT_EQ(binary_crossentropy(x, x).defined(), true);
  const auto f = compile([](const vector<Tensor>& a) { return vector<Tensor>{a[0] * a[0]}; });
  EXPECT_EQ(f({x})[0].shape(), x.shape());
  EXPECT_EQ(grad([](const vector<Tensor>& a) { return sum(stop_gradient(a[0]) * a[0]); })({x})[0].shape(),
            x.shape());
  eval(vector<Tensor>{x + 1.0});
  ostringstream text;
  text << x << x.shape() << x.dtype();
  EXPECT_NE(text.str().find("float32"), string::npos);
}

}  // namespace
