// The functions over the shape ops: conveniences, their errors, and gradients through them.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// 0, 1, 2, ... of `shape`.
Tensor counted(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return Tensor::from(values, shape);
}

std::vector<float> values(const Tensor& x) { return x.to_vector<float>(); }
using Values = std::vector<float>;

template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(Reshape, FillsInOneExtent) {
  EXPECT_EQ(reshape(counted({2, 6}), {-1, 4}).shape(), (Shape{3, 4}));
  EXPECT_EQ(reshape(counted({0, 3}), {-1, 3}).shape(), (Shape{0, 3}));
  EXPECT_EQ(reshape(counted({1}), Shape{}).shape(), Shape{});
}

TEST(Reshape, SaysWhatDoesNotFit) {
  const std::string text = message([] { reshape(counted({2, 3}), {4, 2}); });
  EXPECT_NE(text.find("(2, 3)"), std::string::npos) << text;
  EXPECT_NE(text.find("(4, 2)"), std::string::npos) << text;
  EXPECT_THROW(reshape(counted({2, 3}), {-1, 4}), InvalidArgument);
  EXPECT_THROW(reshape(counted({2, 3}), {-1, -1}), InvalidArgument);
  EXPECT_THROW(reshape(counted({0, 3}), {-1, 0}), InvalidArgument);
}

TEST(Reshape, AxesOfOne) {
  EXPECT_EQ(expand_dims(counted({2, 3}), 0).shape(), (Shape{1, 2, 3}));
  EXPECT_EQ(expand_dims(counted({2, 3}), -1).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(expand_dims(counted({2, 3}), -3).shape(), (Shape{1, 2, 3}));
  EXPECT_THROW(expand_dims(counted({2, 3}), 3), InvalidArgument);
  EXPECT_EQ(squeeze(counted({1, 2, 1})).shape(), Shape{2});
  EXPECT_EQ(squeeze(counted({1, 2, 1}), {-1}).shape(), (Shape{1, 2}));
  EXPECT_THROW(squeeze(counted({1, 2}), {1}), InvalidArgument);
  EXPECT_EQ(flatten(counted({2, 3, 4})).shape(), (Shape{2, 12}));
  EXPECT_EQ(flatten(counted({5})).shape(), (Shape{5, 1}));
  EXPECT_EQ(flatten(counted({0, 3, 4})).shape(), (Shape{0, 12}));
  EXPECT_EQ(flatten(Tensor(1.0f)).shape(), (Shape{1, 1}));
}

TEST(Transpose, DefaultReversesAndNegativeAxesCount) {
  EXPECT_EQ(transpose(counted({2, 3, 4})).shape(), (Shape{4, 3, 2}));
  EXPECT_EQ(values(transpose(counted({2, 3}), {-1, 0})), (Values{0, 3, 1, 4, 2, 5}));
  EXPECT_THROW(transpose(counted({2, 3}), {0, 0}), InvalidArgument);
  EXPECT_THROW(transpose(counted({2, 3}), {0}), InvalidArgument);
  EXPECT_THROW(transpose(counted({2, 3}), {0, 2}), InvalidArgument);
}

TEST(BroadcastTo, Errors) {
  EXPECT_THROW(broadcast_to(counted({2, 3}), {3}), InvalidArgument);
  EXPECT_THROW(broadcast_to(counted({2, 3}), {3, 3}), InvalidArgument);
  EXPECT_THROW(broadcast_to(counted({3}), {-1, 3}), InvalidArgument);
}

TEST(Tile, AsNumPy) {
  EXPECT_EQ(values(tile(counted({2}), {2})), (Values{0, 1, 0, 1}));
  EXPECT_EQ(values(tile(counted({2, 2}), {1, 2})), (Values{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(tile(counted({2}), {3, 1, 2}).shape(), (Shape{3, 1, 4}));
  EXPECT_EQ(tile(counted({2, 3}), {2}).shape(), (Shape{2, 6}));
  EXPECT_EQ(tile(counted({2, 3}), {0, 1}).shape(), (Shape{0, 3}));
  EXPECT_THROW(tile(counted({2}), {-1}), InvalidArgument);
}

TEST(Concatenate, ErrorsNameTheReason) {
  EXPECT_THROW(concatenate({}), InvalidArgument);
  EXPECT_NE(message([] {
              concatenate({counted({2, 3}), counted({2, 4})}, 0);
            }).find("axis 0 only"),
            std::string::npos);
  EXPECT_THROW(concatenate({counted({2}), counted({2, 1})}, 0), InvalidArgument);
  EXPECT_THROW(concatenate({Tensor(1.0f), Tensor(2.0f)}, 0), InvalidArgument);
}

TEST(Stack, NewAxisAnywhere) {
  const Tensor a = counted({2}), b = counted({2}) + 10.0;
  EXPECT_EQ(values(stack({a, b})), (Values{0, 1, 10, 11}));
  EXPECT_EQ(values(stack({a, b}, -1)), (Values{0, 10, 1, 11}));
  EXPECT_THROW(stack({}), InvalidArgument);
  EXPECT_THROW(stack({a, counted({3})}), InvalidArgument);
}

TEST(Slice, PythonsBounds) {
  const Tensor x = counted({6});
  constexpr int64_t kNone = Slice::kNone;
  EXPECT_EQ(values(slice(x, {1}, {4})), (Values{1, 2, 3}));
  EXPECT_EQ(values(slice(x, {-2}, {kNone})), (Values{4, 5}));
  EXPECT_EQ(values(slice(x, {kNone}, {kNone}, {-2})), (Values{5, 3, 1}));
  EXPECT_EQ(values(slice(x, {4}, {0}, {-1})), (Values{4, 3, 2, 1}));
  EXPECT_EQ(values(slice(x, {2}, {100})), (Values{2, 3, 4, 5}));
  EXPECT_EQ(slice(x, {4}, {2}).size(), 0);
  EXPECT_EQ(slice(x, {-100}, {-50}).size(), 0);
  EXPECT_EQ(values(slice(x, {kNone}, {kNone}, {std::numeric_limits<int64_t>::max()})), Values{0});
  EXPECT_EQ(values(slice(x, {kNone}, {kNone}, {std::numeric_limits<int64_t>::min()})), Values{5});
  EXPECT_THROW(slice(x, {0}, {1}, {0}), InvalidArgument);
  EXPECT_THROW(slice(x, {0, 0}, {1, 1}), InvalidArgument);
  EXPECT_THROW(slice(x, {0}, {1, 1}), InvalidArgument);
}

TEST(Index, AsNumPy) {
  const Tensor x = counted({2, 3, 4});
  EXPECT_EQ(values(index(x, {1, 2, 3})), Values{23});
  EXPECT_EQ(index(x, {1, 2, 3}).shape(), Shape{});
  EXPECT_EQ(values(index(x, {0, -1})), (Values{8, 9, 10, 11}));
  EXPECT_EQ(values(index(x, {ellipsis, 0})), (Values{0, 4, 8, 12, 16, 20}));
  EXPECT_EQ(index(x, {ellipsis, 0}).shape(), (Shape{2, 3}));
  EXPECT_EQ(values(index(x, {1, Slice{0, 3, 2}, Slice{1, 3}})), (Values{13, 14, 21, 22}));
  EXPECT_EQ(index(x, {newaxis, ellipsis, newaxis}).shape(), (Shape{1, 2, 3, 4, 1}));
  EXPECT_EQ(index(x, {0, ellipsis, newaxis, 1}).shape(), (Shape{3, 1}));
  EXPECT_EQ(values(index(x, {0, 0, Slice{.step = -1}})), (Values{3, 2, 1, 0}));
  EXPECT_EQ(index(x, {}).shape(), x.shape());
  EXPECT_EQ(index(Tensor(1.0f), {newaxis}).shape(), Shape{1});
}

TEST(Index, Errors) {
  const Tensor x = counted({2, 3});
  EXPECT_NE(message([&] { index(x, {0, 3}); }).find("position 3"), std::string::npos);
  EXPECT_THROW(index(x, {-3}), InvalidArgument);
  EXPECT_THROW(index(x, {0, 0, 0}), InvalidArgument);
  EXPECT_THROW(index(x, {ellipsis, ellipsis}), InvalidArgument);
  EXPECT_THROW(index(x, {Slice{0, 1, 0}}), InvalidArgument);
}

TEST(Index, GradientFlowsBackToItsPlace) {
  const auto f = [](const std::vector<Tensor>& args) {
    return sum(index(args[0], {Slice{.step = 2}, 1}) * Tensor::from<float>({5, 7}));
  };
  EXPECT_EQ(values(grad(f)({counted({3, 2})})[0]), (Values{0, 5, 0, 0, 0, 7}));
}

TEST(Flip, Axes) {
  const Tensor x = counted({2, 3});
  EXPECT_EQ(values(flip(x)), (Values{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(values(flip(x, {-1})), (Values{2, 1, 0, 5, 4, 3}));
  EXPECT_THROW(flip(x, {2}), InvalidArgument);
}

TEST(Pad, PairsPerAxis) {
  EXPECT_EQ(values(pad(counted({2}), {{1, 2}}, 9)), (Values{9, 0, 1, 9, 9}));
  EXPECT_EQ(pad(counted({2, 3}), {{0, 0}, {0, 0}}).shape(), (Shape{2, 3}));
  EXPECT_THROW(pad(counted({2, 3}), {{1, 1}}), InvalidArgument);
  EXPECT_THROW(pad(counted({2}), {{-1, 0}}), InvalidArgument);
}

// As keras.ops, all by one rule: the pairs are those of Keras 3.15.1 with TensorFlow.
TEST(Promotion, IsOneForAllOpsOfSeveralTensors) {
  using enum DType;
  struct Pair {
    DType a, b, both;
  };
  for (const Pair& p :
       {Pair{kInt32, kFloat32, kFloat32}, Pair{kInt32, kInt64, kInt64}, Pair{kInt64, kFloat16, kFloat16},
        Pair{kBool, kUInt8, kUInt8}, Pair{kUInt8, kInt32, kInt32}, Pair{kFloat16, kBFloat16, kFloat32},
        Pair{kBool, kFloat64, kFloat64}}) {
    const Tensor a = ones({2}, p.a), b = ones({2}, p.b);
    const std::string pair = std::string(name(p.a)) + ", " + name(p.b);
    EXPECT_EQ(concatenate({a, b}).dtype(), p.both) << pair;
    EXPECT_EQ(concatenate({b, a}).to_vector<double>(), std::vector<double>(4, 1)) << pair;
    EXPECT_EQ(stack({a, b}).dtype(), p.both) << pair;
    EXPECT_EQ(where(ones({2}, kBool), a, b).dtype(), p.both) << pair;
    EXPECT_EQ(matmul(a, b).dtype(), p.both) << pair;
    EXPECT_EQ(maximum(a, b).dtype(), p.both) << pair;
    EXPECT_EQ(equal(a, b).dtype(), kBool) << pair;
  }
}

}  // namespace
}  // namespace lamina
